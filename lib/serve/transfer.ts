import { read } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenedFile } from '../root-directory.js';
import { acquireBuffer, LARGEST_BUFFER, releaseBuffer, SMALLEST_BUFFER } from './buffer-pool.js';
import { onceOver } from './connection.js';
import type { ByteRange } from './ranges.js';

/** Where every transfer begins. */
const FIRST_CHUNK_BYTES = 64 * 1024;
/**
 * As much as the buffers of both systems may take at once, whether anybody reads or not: who has got
 * more is a reader, and gets larger chunks, and the next one read ahead.
 */
const PROVEN_BYTES = 4 * 1024 * 1024;
const LARGEST_UNPROVEN_BUFFER = 256 * 1024;
/** A reader who takes a chunk within so many milliseconds gets larger ones. */
const FAST_MS = 30;
/** One who takes longer gets smaller ones: a thousand slow readers must not hold a megabyte each. */
const SLOW_MS = 300;

/** A part of a body: bytes of the file, or bytes of its own. */
export type BodyPart = ByteRange | Buffer;

/** What is sent, and for how long nothing may move. */
export interface TransferSource {
  readonly file: Pick<OpenedFile, 'descriptor' | 'content'>;
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
 * Never rejects, and resolves when the exchange is over. The head has been written. In memory are at
 * most the chunk that the connection has and, for fast readers, the next one.
 */
export async function transfer(
  req: IncomingMessage,
  res: ServerResponse,
  { file, parts, idleTimeoutMs, release }: TransferSource,
): Promise<TransferResult> {
  const connection = watch(req, res, idleTimeoutMs);
  let bytes = 0;
  try {
    for (const part of parts) {
      if (connection.isOver()) break;
      if (Buffer.isBuffer(part)) {
        await connection.accepted(res.write(part));
      } else if (file.content !== undefined) {
        const content = file.content.subarray(part.start, part.end + 1);
        bytes += content.length;
        await connection.accepted(res.write(content));
      } else {
        const count = (chunkBytes: number): void => {
          bytes += chunkBytes;
        };
        await pump(res, connection, file.descriptor, part, count);
      }
    }
  } catch (cause) {
    res.destroy();
    return { kind: 'failed', bytes, cause };
  } finally {
    release();
  }
  if (!connection.isOver()) res.end();
  const isComplete = await connection.over;
  return { kind: isComplete ? 'sent' : 'aborted', bytes, isTimedOut: connection.isTimedOut() };
}

/**
 * Sends a range of a file, reading the next chunk while a fast reader takes this one.
 *
 * @param count - told how many bytes were given to the connection.
 * @throws undefined when the file ends too early.
 */
async function pump(
  res: ServerResponse,
  connection: WatchedConnection,
  descriptor: number | undefined,
  { start, end }: ByteRange,
  count: (bytes: number) => void,
): Promise<void> {
  if (descriptor === undefined) throw undefined;
  // A middleware that has wrapped write() may keep what it is given for as long as it likes.
  const isPooled = !Object.hasOwn(res, 'write');
  let chunkBytes = FIRST_CHUNK_BYTES;
  let position = start;
  const readNext = (): Promise<Chunk> =>
    readChunk(descriptor, chunkBytes, Math.min(chunkBytes, end + 1 - position), position);

  let ahead: Promise<Chunk> | undefined;
  while (position <= end) {
    const { buffer, bytesRead } = await (ahead ?? readNext());
    ahead = undefined;
    if (connection.isOver()) {
      releaseBuffer(buffer);
      return;
    }
    if (bytesRead === 0) throw undefined;
    position += bytesRead;
    count(bytesRead);
    const began = performance.now();
    const isRoomLeft = isPooled
      ? res.write(buffer.subarray(0, bytesRead), (error) => {
          // After an error the connection may still have it.
          if (!error) releaseBuffer(buffer);
        })
      : // Only `drain` is relied on then: compression never calls the callbacks of write().
        res.write(buffer.subarray(0, bytesRead));
    if (chunkBytes > LARGEST_UNPROVEN_BUFFER && position <= end) {
      ahead = readNext();
      // Should the client leave now, nobody awaits it; its outcome does not matter then.
      ahead.catch(() => {});
    }
    await connection.accepted(isRoomLeft);
    if (connection.isOver()) {
      const unused = await ahead?.catch(() => undefined);
      if (unused !== undefined) releaseBuffer(unused.buffer);
      return;
    }
    const elapsed = performance.now() - began;
    const largest = position - start < PROVEN_BYTES ? LARGEST_UNPROVEN_BUFFER : LARGEST_BUFFER;
    if (elapsed < FAST_MS) chunkBytes = Math.min(chunkBytes * 2, largest);
    else if (elapsed > SLOW_MS) chunkBytes = Math.max(chunkBytes / 2, SMALLEST_BUFFER);
  }
}

interface Chunk {
  readonly buffer: Buffer;
  readonly bytesRead: number;
}

function readChunk(
  descriptor: number,
  size: number,
  length: number,
  position: number,
): Promise<Chunk> {
  const buffer = acquireBuffer(size);
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, length, position, (error, bytesRead) => {
      if (!error) return resolve({ buffer, bytesRead });
      releaseBuffer(buffer);
      reject(error);
    });
  });
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
