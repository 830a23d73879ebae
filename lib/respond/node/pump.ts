import { read } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { acquireBuffer, LARGEST_BUFFER, releaseBuffer } from '../../shared/buffer-pool.js';
import { fileChanged, type PumpSource } from '../sink.js';
import { isDirect } from './connection.js';
import type { NodeConnection } from './watch.js';

/**
 * Sends a range of a file. For fast clients, it reads the next chunk while the current one is sent.
 *
 * @param count - called with the number of bytes given to the connection.
 * @throws {@link XSendfileError} `ERR_XSENDFILE_FILE_CHANGED` if the file ends too early.
 */
export async function pump(
  res: ServerResponse,
  connection: NodeConnection,
  { descriptor, range: { start, end }, throttle, chunkSize, inspect }: PumpSource,
  count: (bytes: number) => void,
): Promise<void> {
  const isPooled = isDirect(res);
  let position = start;
  const readNext = (): Promise<Chunk> => {
    const most = throttle.chunkBytes;
    const size = chunkSize.next(most);
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
    chunkSize.note(bytesRead, performance.now() - began);
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
