import { isRefusal, RefusedError, XSendfileError } from '../shared/errors.js';
import type { FileOverrides, Outcome } from '../types.js';
import { isAllowed } from './allow.js';
import { chooseSender } from './can-offload.js';
import { askUser, isUnconfirmed } from './confirmation.js';
import { checkEmbedding, withEmbedding } from './embedding.js';
import { offload } from './offload.js';
import { endingOf, type OutcomeRecorder, recordOutcome } from './outcome.js';
import {
  type Access,
  DEFAULT_POLICY,
  describeFor,
  type HandlerState,
  type RequestPolicy,
  type RequestState,
} from './request-state.js';
import type { Responder } from './responder.js';
import { serve } from './serve.js';
import { type Trace, traced } from './tracing.js';
import { warnOfTraps } from './traps.js';
import { isContentLikely, WantedFile } from './wanted.js';

/** One request for a file. */
export interface FileRequest {
  readonly responder: Responder;
  /** Returns the requested file if access is allowed; throws {@link RefusedError} otherwise. */
  readonly authorize: (responder: Responder) => RequestedFile;
  /** Whether the caller waits for the outcome. */
  readonly isAwaited: boolean;
  /** @default the policy of requests to a handler */
  readonly policy?: RequestPolicy | undefined;
  /** Called with the outcome, also of a request that is refused. */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined;
}

/** The requested file, and the headers and access that come with it. */
export interface RequestedFile {
  readonly segments: readonly string[];
  /** Absolute path of the directory that the file must be in; undefined for the root. */
  readonly within?: string | undefined;
  readonly overrides?: FileOverrides | undefined;
  readonly access?: Access | undefined;
  /** Other state for this request. @default the handler's */
  readonly handler?: HandlerState | undefined;
  /** Refusal of a request whose file is known nevertheless, for the outcome. */
  readonly refusal?: RefusedError | undefined;
}

/**
 * Runs all steps of a request, and resolves with its outcome when the exchange is over.
 *
 * Rejects only if nothing was written: with a {@link RefusedError}, or with the error of an option
 * function. Either way there is exactly one outcome.
 */
export function run(handler: HandlerState, request: FileRequest): Promise<Outcome> {
  return traced(request.responder.exchange, (trace) => record(handler, request, trace));
}

async function record(
  handler: HandlerState,
  request: FileRequest,
  trace: Trace | undefined,
): Promise<Outcome> {
  const { responder, isAwaited, onOutcome } = request;
  // Adapters restore it as soon as the path has been parsed.
  const { url = '' } = responder.request;
  const recorder = recordOutcome(responder, handler.config, isAwaited, trace);
  if (onOutcome !== undefined) recorder.observe(onOutcome);
  try {
    return await process(handler, request, recorder);
  } catch (error) {
    warnOfTraps(recorder.end(endingOf(error), error), handler, request, url);
    // Frameworks treat a falsy value as no error, and would pass the request on.
    const thrown = error || new RefusedError('ERR_XSENDFILE_INTERNAL');
    throw withEmbedding(thrown, handler.config.refusedEmbedding, responder.response);
  }
}

async function process(
  given: HandlerState,
  { responder, authorize, policy = DEFAULT_POLICY }: FileRequest,
  recorder: OutcomeRecorder,
): Promise<Outcome> {
  const { request, response } = responder;
  if (response.headersSent || response.writableEnded) {
    throw new XSendfileError(
      'ERR_XSENDFILE_HEADERS_SENT',
      'xsendfile: the response to this request has already been sent. Respond once: wait for send() before anything else responds, and do not call next() after a response.',
    );
  }
  const { methods } = policy;
  if (methods !== undefined && !methods.includes(request.method ?? '')) {
    const headers = { Allow: methods.join(', ') };
    throw new RefusedError('ERR_XSENDFILE_METHOD_NOT_ALLOWED', { headers });
  }
  checkEmbedding(given.config.embedding, request, response);
  const { handler = given, ...requested } = authorize(responder);
  const { segments, within, overrides = NO_OVERRIDES, access, refusal } = requested;
  recorder.record({ path: segments.join('/') });
  if (access?.claims.id !== undefined) recorder.record({ tokenId: access.claims.id });
  if (refusal !== undefined) throw refusal;
  const state: RequestState = {
    responder,
    handler,
    policy,
    overrides,
    acceptRanges: overrides.acceptRanges ?? handler.config.acceptRanges,
    access,
    recorder,
    allowed: undefined,
    unconfirmed: undefined,
  };
  const wanted = new WantedFile(segments, within, state);
  try {
    if (access?.confirming?.isSubmitted) {
      // Not opened: a store would begin to send.
      const found = await handler.source.find(wanted);
      await isAllowed(found, describeFor(state, found, true), 200, state);
      return recorder.end({ kind: 'aborted', status: 0 });
    }
    const sender = chooseSender(state);
    const found = sender && (await handler.source.find(wanted));
    const offloaded = sender && found && (await offload(sender, found, wanted, state));
    if (offloaded !== undefined) return offloaded;
    const turn = responder.turn();
    if (turn !== undefined) {
      await turn;
      if (responder.isGone()) return recorder.end({ kind: 'aborted', status: 0 });
    }
    const open = (isContentNeeded: boolean) =>
      found?.open?.() ?? handler.source.open(wanted, isContentNeeded || isContentLikely(state));
    const opened = handler.source.takesDescriptors
      ? await responder.open(open, handler.config.idleTimeoutMs)
      : await open(false);
    try {
      return await serve(opened, state);
    } finally {
      opened.file.close();
    }
  } catch (error) {
    if (wanted.isAbort(error)) return recorder.end({ kind: 'aborted', status: 0 });
    const { unconfirmed } = state;
    if (unconfirmed && access?.confirming && isUnconfirmed(error)) {
      return askUser(error, unconfirmed, access.confirming, state);
    }
    // Whether the file exists is no longer for the client to know.
    const isTelling = isRefusal(error) && error.status < 500 && error.status !== 410;
    throw (isTelling && access?.expired) || error;
  }
}

const NO_OVERRIDES: FileOverrides = Object.freeze({});
