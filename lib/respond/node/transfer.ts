import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlannedBody, TransferResult } from '../../pipeline/responder.js';
import { abortResponse } from './connection.js';
import { pump } from './pump.js';
import { pumpSource } from './pump-source.js';
import { maxWriteBytes, writeInSession } from './session.js';
import { createThrottle } from './throttle.js';
import { SINGLE_WRITE_BYTES, watch } from './watch.js';

/**
 * Sends exactly these parts, or destroys the connection, so that a client does not mistake a truncated
 * body for a complete one.
 *
 * The head must have been written. Never rejects, and resolves when the exchange is over. At most the
 * current chunk and, for fast readers, the next one are in memory.
 */
export async function transfer(
  req: IncomingMessage,
  res: ServerResponse,
  { file, parts, idleTimeoutMs, rate }: PlannedBody,
): Promise<TransferResult> {
  const connection = watch(req, res, idleTimeoutMs);
  const throttle = createThrottle(rate, () => maxWriteBytes(res));
  const { body } = file;
  let bytes = 0;
  const count = (chunkBytes: number): void => {
    bytes += chunkBytes;
  };
  try {
    for (const part of parts) {
      if (connection.isOver()) break;
      if (Buffer.isBuffer(part)) {
        await connection.accepted(res.write(part));
      } else if (body.kind === 'bytes') {
        for (let start = part.start; start <= part.end && !connection.isOver(); ) {
          const step = Math.min(SINGLE_WRITE_BYTES, throttle.chunkBytes);
          const end = Math.min(start + step, part.end + 1);
          await throttle.take(end - start, connection);
          if (connection.isOver()) break;
          bytes += end - start;
          await writeInSession(body.bytes.subarray(start, end), res, connection);
          start = end;
        }
      } else if (body.kind === 'stream') {
        const source = { ...body, range: part, throttle, idleTimeoutMs };
        await pumpSource(res, connection, source, count);
      } else if (body.kind === 'descriptor') {
        await pump(res, connection, { ...body, range: part, throttle }, count);
      }
    }
    if (!connection.isOver()) res.end();
  } catch (cause) {
    abortResponse(res);
    return { kind: 'failed', bytes, cause };
  } finally {
    file.close();
  }
  const isComplete = await connection.over;
  return { kind: isComplete ? 'sent' : 'aborted', bytes, isTimedOut: connection.isTimedOut() };
}
