import { createDescribe, type Describe, type Representation } from '../representation/describe.js';
import { toFileInfo } from '../representation/file-info.js';
import { applicationHeaders, type HeaderSources, NOTHING } from '../representation/sources.js';
import type { RefusedError } from '../shared/errors.js';
import type { FileIdentity } from '../sources/identity.js';
import type { Found, FoundFile, Source } from '../sources/source.js';
import type { AllowContext, ContentCoding, FileOverrides, FileTarget, Headers } from '../types.js';
import type { Configuration } from './options.js';
import type { OutcomeRecorder } from './outcome.js';
import type { PlanSources } from './plan.js';
import type { Responder } from './responder.js';

/** State that all requests to one handler share. */
export interface HandlerState {
  readonly source: Source;
  readonly config: Configuration;
  readonly describe: Describe;
}

/** Creates the state of a handler. */
export function createHandlerState(source: Source, config: Configuration): HandlerState {
  return { source, config, describe: createDescribe(source.root, config) };
}

/** Differences between requests to a handler and calls such as `res.sendFile()`. */
export interface RequestPolicy {
  /** Accepted methods; undefined for any, because the route selects the method. */
  readonly methods: readonly string[] | undefined;
  /** Headers treated as set by the application, for responses with the file only. */
  readonly presets: Headers | undefined;
  /** Whether `res.locals` is used: applications written for `res.sendFile()` may store anything there. */
  readonly hasLocals: boolean;
  /** Whether the front end is used only if the request has the handshake. */
  readonly needsHandshake: boolean;
  /** Called when a sender has written its response. */
  readonly onHandedOver: () => void;
}

/** Policy of requests to a handler, and of `send()`. */
export const DEFAULT_POLICY: RequestPolicy = Object.freeze({
  methods: ['GET', 'HEAD'],
  presets: undefined,
  hasLocals: true,
  needsHandshake: true,
  onHandedOver: () => {},
});

/** A response in place of the file: the page with the form, or the redirect that follows it. */
type ConfirmationAnswer = Pick<RefusedError, 'status' | 'message' | 'headers'>;

/** Whether the user has confirmed that the request may take a use of the link, and how to ask. */
export interface Confirming {
  readonly given: 'missing' | 'fresh' | 'late';
  /** The confirmation, unless it is missing. */
  readonly id: string | undefined;
  /** Whether the request submits the form. */
  readonly isSubmitted: boolean;
  readonly answer: (file: FileTarget) => Promise<ConfirmationAnswer>;
}

/** Limits of the access that a link grants. */
export interface Access {
  /** Claims and validity of the link. */
  readonly claims: NonNullable<AllowContext['claims']>;
  /** Seconds until the link expires. */
  readonly remaining: number;
  /** Seconds after that during which a download can be resumed. */
  readonly resumeGrace: number;
  /** For a link in that time: the refusal of everything but the rest of a download. */
  readonly expired: RefusedError | undefined;
  /** Undefined if the user need not confirm. */
  readonly confirming: Confirming | undefined;
  /** Address of the client; undefined if it is unknown. */
  readonly clientAddress: string | undefined;
}

/** A request with an accepted path: state that the remaining steps share. */
export interface RequestState {
  readonly responder: Responder;
  readonly handler: HandlerState;
  readonly policy: RequestPolicy;
  readonly overrides: FileOverrides;
  /** Whether Node honours ranges. */
  readonly acceptRanges: boolean;
  /** Undefined for requests that need no link. */
  readonly access: Access | undefined;
  readonly recorder: OutcomeRecorder;
  /** The version of the file that the application has allowed. */
  allowed: FileIdentity | undefined;
  /** The file that the user has to confirm. */
  unconfirmed: FileTarget | undefined;
}

/** Determines the headers of a file for this request, without setting them on the response. */
export function describeFor(
  state: RequestState,
  { file, segments, coding }: Found,
  passesContentEncoding: boolean,
): Representation {
  return state.handler.describe(file, segments, sourcesOf(state, coding, passesContentEncoding));
}

/** Collects everything in this request that may affect headers. */
export function sourcesOf(
  { responder: { request, response, subject }, policy, overrides, access }: RequestState,
  coding: ContentCoding | undefined,
  passesContentEncoding: boolean,
): HeaderSources {
  return {
    request,
    subject,
    application: applicationHeaders(response, policy.presets),
    locals: (policy.hasLocals ? response.locals : undefined) ?? NOTHING,
    overrides,
    coding,
    passesContentEncoding,
    remaining: access?.remaining,
  };
}

/** Describes the file for senders and hooks; created on demand, because most requests need neither. */
export function targetOf(
  { handler }: RequestState,
  { file, segments }: Found,
  { type, validators }: Representation,
): FileTarget {
  const info = toFileInfo(handler.source.root, segments, file);
  return Object.freeze({ ...info, type, etag: validators.etag });
}

/** Everything that the plan of a response depends on. */
export function planSourcesOf(
  { size }: FoundFile,
  { type, validators, cacheControl, isEncoded }: Representation,
  { responder: { request }, acceptRanges }: RequestState,
): PlanSources {
  return { request, size, type, validators, cacheControl, acceptRanges, isEncoded };
}
