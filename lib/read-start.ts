import { read } from 'node:fs';

/** As much as is read of a file before its size is known. */
const START_BYTES = 64 * 1024;
/** Buffers that are kept for the next files; more are under way at a time only under load. */
const KEPT_BUFFERS = 16;

const buffers: Buffer[] = [];

/**
 * The first bytes of a file, which are all of it if it is small.
 *
 * @returns undefined if the file fills the buffer, or cannot be read so: at a position, which is
 * what FIFOs and sockets refuse without losing a byte.
 */
export function readStart(descriptor: number): Promise<Buffer | undefined> {
  const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(START_BYTES);
  return new Promise((resolve) => {
    read(descriptor, buffer, 0, START_BYTES, 0, (error, bytesRead) => {
      if (error || bytesRead === START_BYTES) resolve(undefined);
      else {
        const bytes = Buffer.allocUnsafeSlow(bytesRead);
        buffer.copy(bytes, 0, 0, bytesRead);
        resolve(bytes);
      }
      if (buffers.length < KEPT_BUFFERS) buffers.push(buffer);
    });
  });
}
