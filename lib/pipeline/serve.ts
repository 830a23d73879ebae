import type { OpenedFile } from '../files/root-directory.js';
import type { Representation } from '../representation/describe.js';
import { RefusedError } from '../shared/errors.js';
import type { Outcome } from '../types.js';
import { cutOff, isDirect, isFlushed, isGone, whenOver } from './connection.js';
import { type Delivery, describeFor } from './delivery.js';
import { endingOf } from './outcome.js';
import { type Plan, planAnswer, planWhole } from './plan.js';
import { answerRefusal } from './refusal.js';
import { SINGLE_WRITE_BYTES, type TransferResult, transfer } from './transfer.js';
import { endingOfTransfer } from './transfer-ending.js';
import { watch } from './watch.js';
import { isPlain, toFlatList } from './write-head.js';

/**
 * Sends a file from this process. Closes the file as soon as it is no longer needed; if this throws, the
 * caller must close it.
 *
 * @throws errors of option functions; nothing was written then.
 */
export async function serve(file: OpenedFile, delivery: Delivery): Promise<Outcome> {
  const { req, res, site, exchange } = delivery;
  exchange.note({ size: Number(file.stats.size), sender: 'serve' });
  if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });

  const representation = describeFor(delivery, file, true);
  const { target, validators, cacheControl, isEncoded } = representation;
  const { size, type } = target;
  const { acceptRanges } = site.config;
  let plan: Plan;
  try {
    plan =
      res.statusCode === 200
        ? planAnswer({ req, size, type, validators, cacheControl, acceptRanges, isEncoded })
        : planWhole(req, size, res.statusCode, false);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    file.close();
    answerRefusal(req, res, error);
    const isComplete = await whenOver(req, res);
    return exchange.end(isComplete ? endingOf(error) : { kind: 'aborted', status: error.status });
  }
  writeHead(plan, representation, file, delivery);
  const result = await sendBody(plan, file, delivery);
  const ending = Object.assign(endingOfTransfer(result, plan.status), { bytes: result.bytes });
  if (plan.range === undefined) return exchange.end(ending);
  return exchange.end({ ...ending, range: Object.freeze({ ...plan.range }) });
}

/** Heads of responses with whole files, the most common ones. */
const wholeHeads = new WeakMap<Representation, string[]>();

function writeHead(
  { status, headers, framing }: Plan,
  representation: Representation,
  file: OpenedFile,
  { res, site, policy, head }: Delivery,
): void {
  const { setHeaders } = site.config;
  const { target } = representation;
  if (setHeaders !== undefined || policy.presets !== undefined || !isPlain(res)) {
    const hook = setHeaders && (() => setHeaders(res, target.path, target));
    head().decide({ ...representation.headers, ...headers }, framing, hook);
    try {
      res.writeHead(status);
    } catch (error) {
      // The error page must not look like the file.
      if (!res.headersSent) head().reset();
      throw error;
    }
    return;
  }
  let list = status === 200 ? wholeHeads.get(representation) : undefined;
  if (list === undefined) {
    list = toFlatList(res, { ...representation.headers, ...headers, ...framing });
    if (status === 200 && file.isKept === true) wholeHeads.set(representation, list);
  }
  res.writeHead(status, list);
}

async function sendBody(
  { body }: Plan,
  file: OpenedFile,
  { req, res, site, exchange }: Delivery,
): Promise<TransferResult> {
  const { idleTimeoutMs } = site.config;
  const bytes = bytesAtHand(body, file);
  if (bytes === undefined) {
    return transfer(req, res, { file, parts: body, idleTimeoutMs, release: file.close });
  }
  file.close();
  const { length } = bytes;
  try {
    if (length === 0) {
      file.recycle?.();
      res.end();
    } else {
      if (file.recycle !== undefined && isDirect(res)) res.once('finish', file.recycle);
      res.end(bytes);
    }
  } catch (cause) {
    cutOff(res);
    return { kind: 'failed', bytes: 0, cause };
  }
  // Without an observer there is no need to wait once the kernel has the response.
  if (!exchange.isObserved && isFlushed(req, res)) return { kind: 'sent', bytes: length };
  const connection = watch(req, res, idleTimeoutMs);
  const isComplete = await connection.over;
  const kind = isComplete ? 'sent' : 'aborted';
  return { kind, bytes: length, isTimedOut: connection.isTimedOut() };
}

const NOTHING = Buffer.alloc(0);

/** Returns the body, if it is in memory and small enough for a single write. */
function bytesAtHand([part, ...more]: Plan['body'], { content }: OpenedFile): Buffer | undefined {
  if (part === undefined) return NOTHING;
  if (more.length > 0 || content === undefined || Buffer.isBuffer(part)) return undefined;
  if (part.end + 1 - part.start > SINGLE_WRITE_BYTES) return undefined;
  return content.subarray(part.start, part.end + 1);
}
