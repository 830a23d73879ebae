import { isDateFinal, isSettled } from '../files/file-times.js';
import type { OpenedFile } from '../files/root-directory.js';
import { RefusedError } from '../shared/errors.js';
import type { Outcome } from '../types.js';
import { isGone, whenOver } from './connection.js';
import { type Delivery, describeFile, headerOf } from './delivery.js';
import { endingOf } from './outcome.js';
import { type Plan, planAnswer, planWhole } from './plan.js';
import { answerRefusal } from './refusal.js';
import { transfer } from './transfer.js';
import { endingOfTransfer } from './transfer-ending.js';

/**
 * Answers a request for a file from this process. The file is closed as soon as it is not needed any more,
 * or by the caller if this throws.
 *
 * @throws what a function among the options throws; nothing was written then.
 */
export async function sendFile(file: OpenedFile, delivery: Delivery): Promise<Outcome> {
  const { req, res, config, head, exchange } = delivery;
  exchange.note({ size: Number(file.stats.size), sender: 'serve' });
  if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });

  const now = Date.now();
  const { target, headers } = describeFile(delivery, file, { passesContentEncoding: true, now });
  const { statusCode } = res;
  let plan: Plan;
  try {
    plan =
      statusCode === 200
        ? planAnswer({
            req,
            size: target.size,
            type: target.type,
            validators: {
              etag: target.etag,
              lastModified: headerOf('Last-Modified', headers, head),
              isDateStrong: isSettled(file),
              // What the application says of a date is its own business.
              isDateFinal: headers['Last-Modified'] === undefined || isDateFinal(file),
            },
            cacheControl: headerOf('Cache-Control', headers, head),
            acceptRanges: config.acceptRanges,
            isEncoded: headerOf('Content-Encoding', headers, head) !== undefined,
          })
        : planWhole(req, target.size, statusCode, false);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    file.close();
    answerRefusal(req, res, error);
    const isComplete = await whenOver(req, res);
    return exchange.end(isComplete ? endingOf(error) : { kind: 'aborted', status: error.status });
  }
  head.decide({ ...headers, ...plan.headers }, plan.framing, () =>
    config.setHeaders?.(res, target.path, target),
  );
  res.writeHead(plan.status);
  const result = await transfer(req, res, {
    file,
    parts: plan.body,
    idleTimeoutMs: config.idleTimeoutMs,
    release: file.close,
  });
  return exchange.end({
    ...endingOfTransfer(result, plan.status),
    bytes: result.bytes,
    ...(plan.range === undefined ? {} : { range: Object.freeze({ ...plan.range }) }),
  });
}
