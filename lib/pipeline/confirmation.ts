import { isRefusal, type RefusedError } from '../shared/errors.js';
import type { FileTarget, Outcome } from '../types.js';
import { embeddingHeaders } from './embedding.js';
import { endingOf } from './outcome.js';
import type { Confirming, RequestState } from './request-state.js';

/** Whether a request got as far as the use that it would take. */
export function isUnconfirmed(error: unknown): error is RefusedError {
  return isRefusal(error) && error.code === 'ERR_XSENDFILE_UNCONFIRMED';
}

/** Asks the user; resolves with the outcome of the exchange. */
export async function askUser(
  refusal: RefusedError,
  file: FileTarget,
  { answer }: Confirming,
  { responder, handler, recorder }: RequestState,
): Promise<Outcome> {
  const { status, message, headers } = await answer(file);
  if (responder.isGone()) return recorder.end({ kind: 'aborted', status: 0 });
  const policy = embeddingHeaders(handler.config.refusedEmbedding, responder.response);
  const isComplete = await responder.refuse({
    status,
    message,
    headers: { ...policy, ...headers },
  });
  return recorder.end(isComplete ? { ...endingOf(refusal), status } : { kind: 'aborted', status });
}
