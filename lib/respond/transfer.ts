import type { PlannedBody, TransferResult } from '../pipeline/responder.js';
import { pumpSource } from './pump-source.js';
import { SINGLE_WRITE_BYTES, type Sink } from './sink.js';
import { createThrottle } from './throttle.js';

/**
 * Sends exactly these parts, or aborts the response, so that a client does not mistake a truncated
 * body for a complete one.
 *
 * The head must have been written. Never rejects, and resolves when the exchange is over. At most the
 * current chunk and, for fast readers, the next one are in memory.
 */
export async function transfer(
  sink: Sink,
  { file, parts, idleTimeoutMs, rate }: PlannedBody,
): Promise<TransferResult> {
  const { connection } = sink;
  const throttle = createThrottle(rate, () => sink.maxWriteBytes());
  const { body } = file;
  let bytes = 0;
  const count = (chunkBytes: number): void => {
    bytes += chunkBytes;
  };
  try {
    for (const part of parts) {
      if (connection.isOver()) break;
      if (Buffer.isBuffer(part)) {
        await sink.write(part);
      } else if (body.kind === 'bytes') {
        for (let start = part.start; start <= part.end && !connection.isOver(); ) {
          const step = Math.min(SINGLE_WRITE_BYTES, throttle.chunkBytes);
          const end = Math.min(start + step, part.end + 1);
          await throttle.take(end - start, connection);
          if (connection.isOver()) break;
          if (await sink.write(body.bytes.subarray(start, end))) count(end - start);
          start = end;
        }
      } else if (body.kind === 'stream') {
        const source = { ...body, range: part, throttle, idleTimeoutMs };
        await pumpSource(sink, source, count);
      } else if (body.kind === 'descriptor') {
        await sink.pump({ ...body, range: part, throttle }, count);
      }
    }
    if (!connection.isOver()) sink.end();
  } catch (cause) {
    sink.abort();
    return { kind: 'failed', bytes, cause };
  } finally {
    file.close();
  }
  const isComplete = await connection.over;
  return { kind: isComplete ? 'sent' : 'aborted', bytes, isTimedOut: connection.isTimedOut() };
}
