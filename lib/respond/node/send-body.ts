import type { PlannedBody, TransferResult } from '../../pipeline/responder.js';
import { LONGEST_TIMER } from '../../shared/option-reader.js';
import type { Exchange } from '../../shared/views.js';
import { SINGLE_WRITE_BYTES, type Sink } from '../sink.js';
import { transfer } from '../transfer.js';
import { abortResponse, isDirect, isFlushed } from './connection.js';
import { canSeeProgress, whenStalled } from './progress.js';
import { pump } from './pump.js';
import { countBody, maxWriteBytes, writeInSession } from './session.js';
import { NodeConnection } from './watch.js';

/** Sends a body whose head has been written. Never rejects. */
export async function sendBody(body: PlannedBody, exchange: Exchange): Promise<TransferResult> {
  const { res } = exchange;
  const { parts, file, rate, idleTimeoutMs } = body;
  // Checked now, because afterwards the response no longer has a connection.
  const isLendable = isDirect(res);
  const isLimited = rate !== undefined && parts.length > 0;
  const endBody = parts.length === 0 ? undefined : countBody(res, file);
  const bytes = isLimited ? undefined : bytesAtHand(body, exchange);
  let result: TransferResult;
  if (bytes === undefined) {
    result = await transfer(sinkOf(exchange, idleTimeoutMs), body);
  } else {
    file.close();
    result = await sendAtOnce(bytes, body, exchange);
  }
  endBody?.();
  // After anything else, the connection may still use the buffer.
  if (result.kind === 'sent' && isLendable && file.body.kind === 'bytes') file.body.recycle?.();
  return result;
}

function sinkOf(exchange: Exchange, idleTimeoutMs: number): Sink {
  const { res } = exchange;
  const connection = new NodeConnection(exchange, idleTimeoutMs);
  return {
    connection,
    maxWriteBytes: () => maxWriteBytes(res),
    async write(bytes) {
      await writeInSession(bytes, res, connection);
      return true;
    },
    pump: (source, count) => pump(res, connection, source, count),
    end: () => void res.end(),
    abort: () => abortResponse(res),
  };
}

const NOTHING = Buffer.alloc(0);

/** Maximum bytes of a single write whose progress can be seen; each write more costs as much as 64 KiB. */
const LARGEST_WRITE_BYTES = 1024 * 1024;

/** Returns the body, if it is in memory and small enough for a single write. */
function bytesAtHand(
  { parts: [part, ...more], file: { body } }: PlannedBody,
  exchange: Exchange,
): Buffer | undefined {
  if (part === undefined) return NOTHING;
  if (more.length > 0 || body.kind !== 'bytes' || Buffer.isBuffer(part)) return undefined;
  const bytes = part.end + 1 - part.start;
  if (bytes > Math.min(LARGEST_WRITE_BYTES, maxWriteBytes(exchange.res))) return undefined;
  if (bytes > SINGLE_WRITE_BYTES && !canSeeProgress(exchange)) return undefined;
  return body.bytes.subarray(part.start, part.end + 1);
}

async function sendAtOnce(
  bytes: Buffer,
  { idleTimeoutMs, isObserved }: PlannedBody,
  exchange: Exchange,
): Promise<TransferResult> {
  const { res } = exchange;
  const { length } = bytes;
  try {
    if (length === 0) res.end();
    else res.end(bytes);
  } catch (cause) {
    abortResponse(res);
    return { kind: 'failed', bytes: 0, cause };
  }
  // Without an observer, nothing waits after the kernel has the response.
  if (!isObserved && isFlushed(exchange)) return { kind: 'sent', bytes: length };
  // In total, as much time as smaller writes would have.
  const writes = Math.max(1, Math.ceil(length / SINGLE_WRITE_BYTES));
  const timeoutMs = Math.min(idleTimeoutMs * writes, LONGEST_TIMER * 1000);
  const connection = new NodeConnection(exchange, timeoutMs);
  if (writes > 1 && idleTimeoutMs > 0) {
    whenStalled(res, idleTimeoutMs, () => connection.timeOut());
  }
  const kind = (await connection.over) ? 'sent' : 'aborted';
  return { kind, bytes: length, isTimedOut: connection.isTimedOut() };
}
