import { toFileInfo } from '../representation/file-info.js';
import { type HeaderSources, NOTHING } from '../representation/sources.js';
import { callObserver } from '../shared/call-observer.js';
import type { ApplicationView, RequestView } from '../shared/views.js';
import type { FoundFile } from '../sources/source.js';
import type { AllowContext, AllowFunction, Delivery, FileTarget, Outcome } from '../types.js';
import { askAll } from './allow.js';
import { endingOf } from './outcome.js';
import type { HandlerState } from './request-state.js';

/** A request that an archive is made for, before there is a response. */
export interface ArchiveRequest extends ApplicationView {
  readonly request: RequestView;
}

/** What the `allow` functions that decide about the members of an archive have registered. */
export interface MemberObservers {
  /** The functions. */
  readonly allow: readonly AllowFunction[];
  /** Calls those that wait for the outcome of the archive; each once, even if it was registered for many members. */
  end(outcome: Outcome): void;
  /** The same for an archive that could not be made. */
  fail(error: unknown): void;
  /** Those that wait for its delivery. */
  readonly delivery: ReadonlySet<(delivery: Delivery) => void>;
}

/** Decides about the members of one archive. */
export interface MemberGate {
  readonly observers: MemberObservers;
  /**
   * Asks the `allow` functions of the handler about a file.
   *
   * @returns its ETag.
   * @throws {@link RefusedError} 404 if one of them refuses, or what one of them throws.
   */
  check(file: FoundFile, segments: readonly string[]): Promise<string | undefined>;
}

/** @param archive - its name, for the functions. */
export function createMemberGate(
  { config: { allow }, source, describe }: HandlerState,
  view: ArchiveRequest,
  archive: string,
): MemberGate {
  const startedAt = new Date();
  const finish: Set<(outcome: Outcome) => void> = new Set();
  const delivery: Set<(delivery: Delivery) => void> = new Set();
  const context: AllowContext = Object.freeze({
    ...view.named,
    claims: undefined,
    clientAddress: undefined,
    resumeGrace: 0,
    isExpired: false,
    status: 200,
    archive,
    onFinish: (observer) => void finish.add(observer),
    onDelivered: (observer) => void delivery.add(observer),
  } satisfies AllowContext);
  const { request, subject } = view;
  // Headers of members are not sent, so there is no response that could affect them.
  const sources: HeaderSources = {
    request,
    subject,
    application: NOTHING,
    locals: NOTHING,
    overrides: {},
    coding: undefined,
    passesContentEncoding: false,
    remaining: undefined,
  };

  function end(outcome: Outcome): void {
    for (const observer of finish) callObserver('an observer', () => observer(outcome));
    finish.clear();
  }

  function fail(error: unknown): void {
    end(
      Object.freeze({
        ...endingOf(error),
        method: request.method ?? '',
        path: archive,
        size: undefined,
        bytes: 0,
        sender: undefined,
        startedAt,
        durationMs: Date.now() - startedAt.getTime(),
      }),
    );
  }

  return {
    observers: { allow, end, fail, delivery },
    async check(file, segments) {
      const { type, validators } = describe(file, segments, sources);
      const { etag } = validators;
      if (allow.length > 0) {
        const info = toFileInfo(source.root, segments, file);
        const target: FileTarget = Object.freeze({ ...info, type, etag });
        await askAll(allow, target, context);
      }
      return etag;
    },
  };
}
