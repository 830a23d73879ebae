import type { IncomingMessage } from 'node:http';
import { isDateFinal } from '../files/file-times.js';
import type { CheckedFile } from '../files/root-directory.js';
import { appendToList } from '../shared/header-list.js';
import { stackOf } from '../shared/stack.js';
import type { Headers, Outcome, Sender, SenderContext } from '../types.js';
import { isBodyWrapped, isGone, whenOver } from './connection.js';
import { type Delivery, describeFile, headerOf } from './delivery.js';
import type { Configuration } from './options.js';
import { endingOf } from './outcome.js';
import type { ResponseHead } from './response-head.js';

/**
 * Lets a sender answer for a file that was checked.
 *
 * @returns the outcome; undefined if this process has to send the file.
 * @throws what the sender or a function among the options throws, as long as nothing was written.
 */
export async function handOver(
  sender: Sender,
  file: CheckedFile,
  delivery: Delivery,
): Promise<Outcome | undefined> {
  const { req, res, config, head, exchange, call } = delivery;
  exchange.note({ size: Number(file.stats.size) });
  if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });
  if (dependsOnDate(req) && !isDateFinal(file)) return undefined;

  const { target, headers } = describeFile(delivery, file, {
    passesContentEncoding: sender.passesContentEncoding === true,
    now: Date.now(),
  });
  if (dropsWhatWasAsked(sender, headers, head, config)) return undefined;
  if (config.acceptRanges) headers['Accept-Ranges'] = 'bytes';
  if (isBodyWrapped(res)) {
    // A middleware has wrapped the body. Should it compress the empty one, some front ends would pass
    // its Content-Encoding on, together with a file that is not compressed.
    headers['Cache-Control'] = appendToList(
      headerOf('Cache-Control', headers, head),
      'no-transform',
    );
  }
  const hook = () => config.setHeaders?.(res, target.path, target);
  head.decide(headers, {}, hook, sender.controls);

  let isDeclined = false;
  const context: SenderContext = {
    req,
    res,
    headers: { ...res.getHeaders() } as Headers,
    decline: () => {
      isDeclined = true;
    },
  };
  try {
    // A promise that stays pending must not outlive the exchange.
    await Promise.race([sender.send(target, context), whenOver(req, res)]);
    if (isDeclined && res.headersSent) throw new Error('declined after it had begun to answer');
  } catch (error) {
    if (!res.headersSent) {
      head.reset();
      throw error;
    }
    process.emitWarning(
      `xsendfile: sender '${sender.name}' failed in the middle of an answer: ${stackOf(error)}`,
    );
    res.destroy();
    exchange.note({ sender: sender.name });
    return exchange.end({ ...endingOf(error), kind: 'failed', status: res.statusCode });
  }
  if (isDeclined) {
    head.reset();
    return undefined;
  }
  config.handshake.noteOffload();
  call?.onHandedOver();
  exchange.note({ sender: sender.name });
  const isComplete = await whenOver(req, res);
  const status = res.headersSent ? res.statusCode : 0;
  return exchange.end({ kind: isComplete ? 'offloaded' : 'aborted', status });
}

/** Front ends compare dates alone: for them all versions of one second are the same. */
function dependsOnDate({ headers }: IncomingMessage): boolean {
  return headers['if-modified-since'] !== undefined && headers['if-none-match'] === undefined;
}

/** Whether the client would miss a header that the application asked for; defaults do not count. */
function dropsWhatWasAsked(
  { dropped = [] }: Sender,
  headers: Headers,
  head: ResponseHead,
  config: Configuration,
): boolean {
  return dropped.some((header) => {
    const name = header.toLowerCase();
    return (
      head.application[name] !== undefined ||
      (name === 'content-disposition' && headers['Content-Disposition'] !== undefined) ||
      (name === 'cache-control' && config.isCacheControlGiven && 'Cache-Control' in headers)
    );
  });
}
