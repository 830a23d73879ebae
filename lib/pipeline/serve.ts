import type { Representation } from '../representation/describe.js';
import { isRefusal, isXSendfileError, refusalForFileSystemError } from '../shared/errors.js';
import type { Found, OpenedFile } from '../sources/source.js';
import type { Outcome } from '../types.js';
import { isAllowed } from './allow.js';
import { isGone, whenOver } from './connection.js';
import { type Ending, endingOf } from './outcome.js';
import { weakenIfPacked } from './packing.js';
import { type Plan, planResponse } from './plan.js';
import { rateFor } from './rate.js';
import { answerRefusal } from './refusal.js';
import { describeFor, planSourcesOf, type RequestState, targetOf } from './request-state.js';
import { sendBody } from './send-body.js';
import type { TransferResult } from './transfer.js';
import { isPlain, toFlatList } from './write-head.js';

/**
 * Sends an open file from this process.
 *
 * @throws errors of option functions; nothing was written then.
 */
export async function serve(opened: Found<OpenedFile>, state: RequestState): Promise<Outcome> {
  const { req, res, recorder } = state;
  let { file } = opened;
  recorder.record({ size: Number.isFinite(file.size) ? file.size : undefined });
  if (isGone(req, res)) return recorder.end({ kind: 'aborted', status: 0 });

  const representation = describeFor(state, opened, true);
  const sources = planSourcesOf(file, representation, state);
  const plan = planResponse(res.statusCode, sources, file.decision);
  // Without the function there is nothing to wait for.
  const isDecided = state.handler.config.allow.length === 0;
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
    answerRefusal(req, res, plan);
    const isComplete = await whenOver(req, res);
    return recorder.end(isComplete ? endingOf(plan) : { kind: 'aborted', status: plan.status });
  }
  const rate = rateFor(opened, state);
  if (isWhole(plan.body, file.size)) file = (await file.keep?.()) ?? file;
  writeHead(plan, representation, opened, state);
  const result = await sendBody(plan.body, file, rate, state);
  const ending = Object.assign(endingOfTransfer(result, plan.status), { bytes: result.bytes });
  if (plan.range === undefined) return recorder.end(ending);
  return recorder.end({ ...ending, range: Object.freeze({ ...plan.range }) });
}

function endingOfTransfer({ kind, cause, isTimedOut }: TransferResult, status: number): Ending {
  if (kind === 'failed') {
    return isXSendfileError(cause)
      ? { kind, status, code: cause.code }
      : { ...endingOf(refusalForFileSystemError(cause)), kind, status };
  }
  if (kind === 'aborted' && isTimedOut) return { kind, status, code: 'ERR_XSENDFILE_IDLE_TIMEOUT' };
  return { kind: kind === 'sent' && status === 304 ? 'not-modified' : kind, status };
}

function isWhole([part, ...more]: Plan['body'], size: number): boolean {
  if (part === undefined || more.length > 0 || Buffer.isBuffer(part)) return false;
  return part.start === 0 && part.end === size - 1;
}

function writeHead(
  plan: Plan,
  representation: Representation,
  found: Found,
  state: RequestState,
): void {
  const { status, headers, framing } = plan;
  const { res, handler, policy, overrides, head } = state;
  const { setHeaders } = handler.config;
  if (setHeaders !== undefined || policy.presets !== undefined || !isPlain(res)) {
    const hook =
      setHeaders &&
      (() => setHeaders(res, found.file.path, targetOf(state, found, representation)));
    const weakened = weakenIfPacked(plan, representation, state);
    head().decide({ ...representation.headers, ...headers, ...weakened }, framing, hook);
    try {
      res.writeHead(status);
    } catch (error) {
      // The error page must not look like the file.
      if (!res.headersSent) head().reset();
      throw error;
    }
    return;
  }
  const remembered = overrides.acceptRanges === undefined ? representation.remembered : undefined;
  // The most common heads, which depend on nothing else.
  const slot = status === 200 ? 'whole' : status === 304 ? 'notModified' : undefined;
  let list = slot && remembered?.[slot];
  if (list === undefined) {
    list = toFlatList(res, { ...representation.headers, ...headers, ...framing });
    if (slot !== undefined && remembered !== undefined) remembered[slot] = list;
  }
  res.writeHead(status, list as string[]);
}
