import type { Found, Wanted } from '../sources/source.js';
import type { FileTarget, Headers, Outcome, Sender } from '../types.js';
import { isAllowed } from './allow.js';
import { canOffload, dropsRequestedHeader } from './can-offload.js';
import { endingOf, type OutcomeRecorder } from './outcome.js';
import { planResponse } from './plan.js';
import { rateFor } from './rate.js';
import { describeFor, planSourcesOf, type RequestState, targetOf } from './request-state.js';

/**
 * Lets a front end, or a custom sender, respond with a file that was found.
 *
 * @returns the outcome; undefined if Node must send the file.
 * @throws {@link RefusedError}, and errors of the sender or of option functions, as long as nothing was written.
 */
export async function offload(
  chosen: Sender,
  found: Found,
  wanted: Wanted,
  state: RequestState,
): Promise<Outcome | undefined> {
  const { responder, handler, policy, recorder } = state;
  const { allow, reports, handshake, setHeaders } = handler.config;
  const { file, reference } = found;
  recorder.record({ size: Number.isFinite(file.size) ? file.size : undefined });
  if (responder.isGone()) return recorder.end({ kind: 'aborted', status: 0 });
  const sender = reference === 'path' ? chosen : reference && chosen.forRemote?.(reference);
  if (sender === undefined) return undefined;
  if (!canOffload(sender, found, state)) return undefined;
  const representation = describeFor(state, found, sender.passesContentEncoding === true);
  if (dropsRequestedHeader(sender, representation, state)) return undefined;
  const rate = rateFor(found, state);
  const rateHeaders = rate === undefined ? NO_HEADERS : sender.limitRate?.(rate);
  if (rateHeaders === undefined) return undefined;
  if (allow.length > 0 || reports !== undefined) {
    const { status } = planResponse(200, planSourcesOf(file, representation, state), undefined);
    // Some front ends would send the file instead, and it may be allowed only because of the status;
    // others would report such a status without the id.
    if (status >= 300) return undefined;
    if (!(await isAllowed(found, representation, status, state))) {
      return recorder.end({ kind: 'aborted', status: 0 });
    }
    // The front end opens a name, which may refer to another file since `allow` has decided.
    if (allow.length > 0 && !(await handler.source.isStill(found, wanted))) return undefined;
    if (responder.isGone()) return recorder.end({ kind: 'aborted', status: 0 });
  }
  const target = (): FileTarget => targetOf(state, found, representation);
  const result = await responder.offload(sender, {
    representation,
    target,
    acceptRanges: state.acceptRanges,
    rate,
    rateHeaders,
    idHeaders: idHeadersOf(sender, recorder),
    restoresHeaders: handshake.restoresHeaders(responder.request),
    presets: policy.presets,
    setHeaders: setHeaders && ((res) => setHeaders(res, file.path, target())),
  });
  if (result === 'declined') return undefined;
  recorder.record({ sender: sender.name });
  const { response } = responder;
  if (result !== 'offloaded') {
    const { failed } = result;
    const { statusCode: status } = response;
    return recorder.end({ ...endingOf(failed), kind: 'failed', status }, failed);
  }
  if (policy.needsHandshake) handshake.recordOffload();
  policy.onHandedOver();
  const isComplete = await responder.over(recorder.isObserved());
  const status = response.headersSent ? response.statusCode : 0;
  return recorder.end({ kind: isComplete ? 'offloaded' : 'aborted', status });
}

const NO_HEADERS: Headers = Object.freeze({});

function idHeadersOf({ downloadIdHeader }: Sender, recorder: OutcomeRecorder): Headers | undefined {
  if (downloadIdHeader === undefined) return undefined;
  const id = recorder.downloadId();
  return id === undefined ? undefined : { [downloadIdHeader]: id };
}
