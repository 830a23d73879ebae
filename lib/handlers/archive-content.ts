import type { MemberObservers } from '../pipeline/allow-member.js';
import { createHandlerState, type HandlerState } from '../pipeline/request-state.js';
import type { Responder } from '../pipeline/responder.js';
import type { RequestedFile } from '../pipeline/run.js';
import type { Source } from '../sources/source.js';
import type { AllowFunction } from '../types.js';

/** Content with a source: an archive of files that have been checked. */
export interface ArchiveContent {
  readonly name: string;
  createSource(root: string): Source;
  /** The request for which {@link observers} have decided about the files; undefined if there are none. */
  readonly decidedFor: object | undefined;
  readonly observers: MemberObservers;
}

/** Registered, because the ESM and the CommonJS build have separate modules. */
const ARCHIVE = Symbol.for('xsendfile.archive');

/** Attaches an archive to the content that applications see. */
export function markAsArchive<Content extends object>(
  content: Content,
  archive: ArchiveContent,
): Content {
  return Object.defineProperty(content, ARCHIVE, { value: archive });
}

/** Returns the archive of content; undefined for any other. */
export function archiveOf(content: unknown): ArchiveContent | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  return (content as { [ARCHIVE]?: ArchiveContent })[ARCHIVE];
}

/** The state of a handler for an archive, and what a request for it is for. */
interface PreparedArchive {
  readonly state: HandlerState;
  readonly authorize: (responder: Responder) => RequestedFile;
}

/** Prepares an archive to be sent as content. */
export function prepareArchive(
  { name, createSource, decidedFor, observers }: ArchiveContent,
  { source, config }: HandlerState,
): PreparedArchive {
  const { allow, onFinish, disposition = 'attachment' } = config;
  const state = createHandlerState(createSource(source.root), {
    ...config,
    disposition,
    onFinish(outcome, exchange) {
      observers.end(outcome);
      onFinish?.(outcome, exchange);
    },
  });
  const observeDelivery: AllowFunction = (_file, { onDelivered }) => {
    for (const observer of observers.delivery) onDelivered(observer);
    return true;
  };
  // The same functions have already decided about each member for this request.
  const decided = { ...state, config: { ...state.config, allow: [observeDelivery] } };
  return {
    state,
    authorize: ({ subject }) => ({
      segments: [name],
      handler: subject === decidedFor && allow === observers.allow ? decided : state,
    }),
  };
}
