import { read } from 'node:fs';
import type { ServerResponse } from 'node:http';
import {
  acquireBuffer,
  LARGEST_BUFFER,
  releaseBuffer,
  SMALLEST_BUFFER,
} from '../../shared/buffer-pool.js';
import { fileChanged, type PumpSource } from '../sink.js';
import { isDirect } from './connection.js';
import type { NodeConnection } from './watch.js';

/** First chunk of every transfer, and the largest one until the client has proved to be fast. */
const USUAL_CHUNK_BYTES = 256 * 1024;
/**
 * The kernels of both sides buffer about four megabytes, whether or not the client reads: only a client that
 * has received more is known to be fast, and gets chunks of {@link LARGEST_BUFFER}.
 */
const PROVEN_AFTER_BYTES = 6 * 1024 * 1024;
/** Maximum size of the chunks of all transfers together, in bytes, as long as each has at least the smallest. */
const ALL_CHUNKS_BYTES = 16 * 1024 * 1024;
/** A client that accepts a chunk within this time, in milliseconds, gets larger ones. */
const FAST_MS = 30;
/** One that takes longer gets the smallest: a thousand slow clients must not use a megabyte each. */
const SLOW_MS = 300;

/** Number of running transfers. */
let transfers = 0;

/**
 * Sends a range of a file. For fast clients, it reads the next chunk while the current one is sent.
 *
 * @param count - called with the number of bytes given to the connection.
 * @throws {@link XSendfileError} `ERR_XSENDFILE_FILE_CHANGED` if the file ends too early.
 */
export function pump(
  res: ServerResponse,
  connection: NodeConnection,
  source: PumpSource,
  count: (bytes: number) => void,
): Promise<void> {
  transfers += 1;
  return pumpChunks(res, connection, source, count).finally(() => {
    transfers -= 1;
  });
}

async function pumpChunks(
  res: ServerResponse,
  connection: NodeConnection,
  { descriptor, range: { start, end }, throttle, inspect }: PumpSource,
  count: (bytes: number) => void,
): Promise<void> {
  const isPooled = isDirect(res);
  let chunkBytes = USUAL_CHUNK_BYTES;
  let position = start;
  const readNext = (): Promise<Chunk> => {
    const most = throttle.chunkBytes;
    const size = Math.min(chunkBytes, fairShare(), bufferFor(most));
    const length = Math.min(size, most, end + 1 - position);
    return readChunk(descriptor, size, length, position);
  };

  let ahead: Promise<Chunk> | undefined;
  while (position <= end) {
    const { buffer, bytesRead } = await (ahead ?? readNext());
    ahead = undefined;
    await throttle.take(bytesRead, connection);
    if (connection.isOver()) {
      releaseBuffer(buffer);
      return;
    }
    if (bytesRead === 0) throw fileChanged();
    if (inspect !== undefined) await inspect(buffer.subarray(0, bytesRead), position);
    position += bytesRead;
    count(bytesRead);
    const began = performance.now();
    const isRoomLeft = isPooled
      ? res.write(buffer.subarray(0, bytesRead), (error) => {
          // After an error, the connection may still use it.
          if (!error) releaseBuffer(buffer);
        })
      : // Rely on `drain` only: compression never calls the callbacks of write().
        res.write(buffer.subarray(0, bytesRead));
    if (buffer.length === LARGEST_BUFFER && position <= end) {
      ahead = readNext();
      // If the client disconnects now, this promise is not awaited, and its result does not matter.
      ahead.catch(() => {});
    }
    await connection.accepted(isRoomLeft);
    if (connection.isOver()) {
      const unused = await ahead?.catch(() => undefined);
      if (unused !== undefined) releaseBuffer(unused.buffer);
      return;
    }
    const elapsed = performance.now() - began;
    const largest = position - start < PROVEN_AFTER_BYTES ? USUAL_CHUNK_BYTES : LARGEST_BUFFER;
    if (elapsed < FAST_MS) chunkBytes = Math.min(chunkBytes * 4, largest);
    else if (elapsed > SLOW_MS) chunkBytes = SMALLEST_BUFFER;
  }
}

/** Returns one transfer's share of the memory, as a size of buffers. */
function fairShare(): number {
  const share = 2 ** Math.floor(Math.log2(ALL_CHUNKS_BYTES / transfers));
  return Math.min(Math.max(share, SMALLEST_BUFFER), LARGEST_BUFFER);
}

/** The smallest size of buffers for so many bytes. */
function bufferFor(bytes: number): number {
  return Math.max(SMALLEST_BUFFER, 2 ** Math.ceil(Math.log2(bytes)));
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
