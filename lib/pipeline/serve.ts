import { isRefusal, isXSendfileError, refusalForFileSystemError } from '../shared/errors.js';
import type { Found, OpenedFile } from '../sources/source.js';
import type { Outcome } from '../types.js';
import { isAllowed } from './allow.js';
import { withEmbedding } from './embedding.js';
import { type Ending, endingOf } from './outcome.js';
import { continuesDownload, type Plan, planResponse } from './plan.js';
import { rateFor } from './rate.js';
import { describeFor, planSourcesOf, type RequestState, targetOf } from './request-state.js';
import type { TransferResult } from './responder.js';

/**
 * Sends an open file from Node.
 *
 * @throws errors of option functions, and the refusal of a link that has expired; nothing was written then.
 */
export async function serve(opened: Found<OpenedFile>, state: RequestState): Promise<Outcome> {
  const { responder, recorder, handler, policy, overrides, access } = state;
  const { allow, setHeaders, idleTimeoutMs } = handler.config;
  let { file } = opened;
  recorder.record({ size: Number.isFinite(file.size) ? file.size : undefined });
  if (responder.isGone()) return recorder.end({ kind: 'aborted', status: 0 });

  const representation = describeFor(state, opened, true);
  const sources = planSourcesOf(file, representation, state);
  const plan = planResponse(responder.response.statusCode, sources, file.decision);
  const expired = access?.expired;
  if (expired !== undefined && !continuesDownload(plan, sources)) throw expired;
  // Without the function there is nothing to wait for.
  const isDecided = allow.length === 0;
  if (!isDecided && !(await isAllowed(opened, representation, plan.status, state))) {
    return recorder.end({ kind: 'aborted', status: 0 });
  }
  if (file.reopen !== undefined && !isRefusal(plan) && plan.body.length > 0) {
    const again = await file.reopen();
    if (again === undefined) return recorder.end({ kind: 'aborted', status: 0 });
    try {
      return await serve(again, state);
    } finally {
      again.file.close();
    }
  }
  recorder.record({ sender: 'serve' });
  recorder.downloadId();
  if (isRefusal(plan)) {
    file.close();
    const refusal = withEmbedding(plan, handler.config.refusedEmbedding, responder.response);
    const isComplete = await responder.refuse(refusal);
    return recorder.end(isComplete ? endingOf(plan) : { kind: 'aborted', status: plan.status });
  }
  const rate = rateFor(opened, state);
  if (isWhole(plan.body, file.size)) file = (await file.keep?.()) ?? file;
  const result = await responder.send(
    {
      plan,
      representation,
      remembered: overrides.acceptRanges === undefined ? representation.remembered : undefined,
      presets: policy.presets,
      setHeaders:
        setHeaders &&
        ((res) => setHeaders(res, file.path, targetOf(state, opened, representation))),
    },
    { parts: plan.body, file, rate, idleTimeoutMs, isObserved: recorder.isObserved() },
  );
  const ending = Object.assign(endingOfTransfer(result, plan.status), { bytes: result.bytes });
  if (plan.range === undefined) return recorder.end(ending, result.cause);
  return recorder.end({ ...ending, range: Object.freeze({ ...plan.range }) }, result.cause);
}

function endingOfTransfer({ kind, cause, isTimedOut }: TransferResult, status: number): Ending {
  if (kind === 'failed') {
    return isXSendfileError(cause)
      ? {
          kind,
          status,
          code: cause.code,
          ...(cause.member === undefined ? {} : { member: cause.member }),
        }
      : { ...endingOf(refusalForFileSystemError(cause)), kind, status };
  }
  if (kind === 'aborted' && isTimedOut) return { kind, status, code: 'ERR_XSENDFILE_IDLE_TIMEOUT' };
  return { kind: kind === 'sent' && status === 304 ? 'not-modified' : kind, status };
}

function isWhole([part, ...more]: Plan['body'], size: number): boolean {
  if (part === undefined || more.length > 0 || Buffer.isBuffer(part)) return false;
  return part.start === 0 && part.end === size - 1;
}
