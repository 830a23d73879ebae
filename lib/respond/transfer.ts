import type { PlannedBody, TransferResult } from '../pipeline/responder.js';
import { aboutMember, isXSendfileError, refusalForFileSystemError } from '../shared/errors.js';
import type { Body, Inspect, Piece, Pieces } from '../sources/source.js';
import { ChunkSize } from './chunk-size.js';
import { pumpSource, stalled } from './pump-source.js';
import { SINGLE_WRITE_BYTES, type Sink } from './sink.js';
import { createThrottle, type Throttle } from './throttle.js';

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
  const chunkSize = new ChunkSize();
  const shared = { body: file.body, throttle, chunkSize, idleTimeoutMs };
  let bytes = 0;
  const count = (chunkBytes: number): void => {
    bytes += chunkBytes;
  };
  try {
    for (const part of parts) {
      if (connection.isOver()) break;
      if (Buffer.isBuffer(part)) await sink.write(part);
      else await sendPart(sink, { ...part, ...shared }, count);
    }
    if (!connection.isOver()) sink.end();
  } catch (cause) {
    sink.abort();
    return { kind: 'failed', bytes, cause };
  } finally {
    chunkSize.release();
    file.close();
  }
  const isComplete = await connection.over;
  return { kind: isComplete ? 'sent' : 'aborted', bytes, isTimedOut: connection.isTimedOut() };
}

/** A range of a body to send. */
interface BodyPart {
  readonly body: Body;
  readonly start: number;
  readonly end: number;
  readonly throttle: Throttle;
  readonly chunkSize: ChunkSize;
  readonly idleTimeoutMs: number;
  readonly inspect?: Inspect | undefined;
}

async function sendPart(sink: Sink, part: BodyPart, count: (bytes: number) => void): Promise<void> {
  const { body, start, end, throttle, chunkSize, idleTimeoutMs, inspect } = part;
  const { connection } = sink;
  if (body.kind === 'bytes') {
    for (let from = start; from <= end && !connection.isOver(); ) {
      const step = Math.min(SINGLE_WRITE_BYTES, throttle.chunkBytes);
      const to = Math.min(from + step, end + 1);
      await throttle.take(to - from, connection);
      if (connection.isOver()) break;
      if (await sink.write(body.bytes.subarray(from, to))) count(to - from);
      from = to;
    }
  } else if (body.kind === 'stream') {
    const source = { ...body, range: { start, end }, throttle, idleTimeoutMs, inspect };
    await pumpSource(sink, source, count);
  } else if (body.kind === 'descriptor') {
    const source = { ...body, range: { start, end }, throttle, chunkSize, inspect };
    await sink.pump(source, count);
  } else if (body.kind === 'pieces') {
    const pieces = body.read(start, end);
    try {
      await sendPieces(sink, pieces, (piece) => sendPart(sink, { ...part, ...piece }, count));
    } finally {
      pieces.destroy();
    }
  }
}

/** Sends the pieces of a body; the idle timeout applies to the work on each. */
async function sendPieces(
  { connection }: Sink,
  pieces: Pieces,
  send: (piece: Piece) => Promise<void>,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  while (!connection.isOver()) {
    const next = await connection.await(iterator.next());
    if (next === 'late') throw stalled();
    if (next === undefined || next.done) return;
    try {
      await send(next.value);
    } catch (error) {
      const thrown = isXSendfileError(error) ? error : refusalForFileSystemError(error);
      const { member } = next.value;
      throw member === undefined ? thrown : aboutMember(thrown, member);
    }
  }
}
