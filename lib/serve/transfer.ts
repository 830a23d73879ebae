import { read } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { onceOver } from './connection.js';
import type { ByteRange } from './ranges.js';

const readFrom = promisify(read);

/** Bytes per read: large enough for few round trips, small enough for many slow readers. */
const CHUNK_BYTES = 64 * 1024;

/** A part of a body: bytes of the file, or bytes of its own. */
export type BodyPart = ByteRange | Buffer;

/** What is sent, and for how long nothing may move. */
export interface TransferSource {
  readonly descriptor: number;
  readonly parts: readonly BodyPart[];
  /** Milliseconds that a reader may stop reading for; 0 for ever. */
  readonly idleTimeoutMs: number;
  /** Called when the file is not needed any more, which may be long before the reader has it all. */
  readonly release: () => void;
}

/** How the transfer of a body ended. */
export interface TransferResult {
  readonly kind: 'sent' | 'aborted' | 'failed';
  /** Bytes of the file that were given to the connection. */
  readonly bytes: number;
  /** What went wrong if it failed: the file system's error, or none if the file got shorter. */
  readonly cause?: unknown;
  /** Whether it was aborted from here, because the reader had stopped reading. */
  readonly isTimedOut?: boolean;
}

/**
 * Sends exactly these parts, or destroys the connection: a client must not take less for the whole.
 *
 * Never rejects, and resolves when the exchange is over. The head has been written. At most one
 * chunk is in memory besides what the connection buffers.
 */
export async function transfer(
  req: IncomingMessage,
  res: ServerResponse,
  { descriptor, parts, idleTimeoutMs, release }: TransferSource,
): Promise<TransferResult> {
  const connection = watch(req, res, idleTimeoutMs);
  let bytes = 0;
  try {
    for await (const chunk of readParts(descriptor, parts)) {
      if (connection.isOver()) break;
      // Only `drain` is relied on: compression never calls the callbacks of write().
      const isRoomLeft = res.write(chunk.content);
      bytes += chunk.fileBytes;
      await connection.accepted(isRoomLeft);
      if (connection.isOver()) break;
    }
  } catch (cause) {
    res.destroy();
    return { kind: 'failed', bytes, cause };
  } finally {
    release();
  }
  if (!connection.isOver()) res.end();
  const isComplete = await connection.over;
  const { isTimedOut } = connection;
  return { kind: isComplete ? 'sent' : 'aborted', bytes, isTimedOut: isTimedOut() };
}

interface Chunk {
  readonly content: Buffer;
  /** How much of it is the file's. */
  readonly fileBytes: number;
}

/** @throws undefined when the file ends too early. */
async function* readParts(
  descriptor: number,
  parts: readonly BodyPart[],
): AsyncGenerator<Chunk, void> {
  for (const part of parts) {
    if (Buffer.isBuffer(part)) {
      yield { content: part, fileBytes: 0 };
      continue;
    }
    for (let position = part.start; position <= part.end; ) {
      const length = Math.min(CHUNK_BYTES, part.end + 1 - position);
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await readFrom(descriptor, buffer, 0, length, position);
      if (bytesRead === 0) throw undefined;
      position += bytesRead;
      yield { content: buffer.subarray(0, bytesRead), fileBytes: bytesRead };
    }
  }
}

interface WatchedConnection {
  /** Resolves when the answer is complete (true) or can no longer be (false). */
  readonly over: Promise<boolean>;
  isOver(): boolean;
  isTimedOut(): boolean;
  /** To be given what write() said; resolves when more can be written, or nothing more at all. */
  accepted(isRoomLeft: boolean): Promise<void>;
}

function watch(
  req: IncomingMessage,
  res: ServerResponse,
  idleTimeoutMs: number,
): WatchedConnection {
  let isOver = false;
  let isTimedOut = false;
  let wake: (() => void) | undefined;

  const idle = idleTimeoutMs === 0 ? undefined : setTimeout(onIdle, idleTimeoutMs).unref();
  function onIdle(): void {
    isTimedOut = true;
    res.destroy();
  }
  function onDrain(): void {
    idle?.refresh();
    wake?.();
  }
  res.on('drain', onDrain);
  const over = new Promise<boolean>((resolve) => {
    onceOver(req, res, (isComplete) => {
      isOver = true;
      clearTimeout(idle);
      res.off('drain', onDrain);
      wake?.();
      resolve(isComplete);
    });
  });
  return {
    over,
    isOver: () => isOver,
    isTimedOut: () => isTimedOut,
    async accepted(isRoomLeft) {
      if (isRoomLeft) idle?.refresh();
      else if (!isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
