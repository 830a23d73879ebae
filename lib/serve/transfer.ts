import { read } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { onceOver } from './connection.js';
import type { ByteRange } from './ranges.js';

const readFrom = promisify(read);

/** Bytes per read: large enough for few round trips, small enough for many slow readers. */
const CHUNK_BYTES = 64 * 1024;

/** How the transfer of a body ended. */
export interface TransferResult {
  readonly kind: 'sent' | 'aborted' | 'failed';
  /** Bytes that were given to the connection. */
  readonly bytes: number;
  /** What went wrong, if it `failed`: an error of the file system, or none if the file got shorter. */
  readonly cause?: unknown;
}

/**
 * Sends exactly the bytes of `range`, or destroys the connection: a client must not take a part
 * for the whole. Never rejects, and returns when the exchange is over. The head has been written.
 */
export async function transfer(
  req: IncomingMessage,
  res: ServerResponse,
  descriptor: number,
  { start, end }: ByteRange,
): Promise<TransferResult> {
  const connection = watch(req, res);
  let position = start;
  const bytesSent = (): number => position - start;
  try {
    while (position <= end && !connection.isOver()) {
      const length = Math.min(CHUNK_BYTES, end + 1 - position);
      const { bytesRead, buffer } = await readFrom(
        descriptor,
        Buffer.allocUnsafe(length),
        0,
        length,
        position,
      );
      if (connection.isOver()) break;
      if (bytesRead === 0) throw undefined;
      position += bytesRead;
      // Only `drain` is relied on: compression never calls the callbacks of write().
      if (!res.write(buffer.subarray(0, bytesRead))) await connection.drained();
    }
  } catch (cause) {
    res.destroy();
    return { kind: 'failed', bytes: bytesSent(), cause };
  }
  if (!connection.isOver()) res.end();
  const isComplete = await connection.over;
  return { kind: isComplete ? 'sent' : 'aborted', bytes: bytesSent() };
}

interface WatchedConnection {
  /** Resolves when the answer is complete (true) or can no longer be (false). */
  readonly over: Promise<boolean>;
  isOver(): boolean;
  /** Resolves when more can be written, or nothing more at all. */
  drained(): Promise<void>;
}

function watch(req: IncomingMessage, res: ServerResponse): WatchedConnection {
  let isOver = false;
  let wake: (() => void) | undefined;
  const onDrain = (): void => wake?.();
  res.on('drain', onDrain);
  const over = new Promise<boolean>((resolve) => {
    onceOver(req, res, (isComplete) => {
      isOver = true;
      res.off('drain', onDrain);
      wake?.();
      resolve(isComplete);
    });
  });
  return {
    over,
    isOver: () => isOver,
    drained: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (isOver) resolve();
      }),
  };
}
