/**
 * Buffers for reading, used again when the connection has let go of them: to allocate a megabyte
 * for each chunk of a large file costs more than to read it.
 */

/** Sizes in bytes; each the double of the one before. */
export const SMALLEST_BUFFER = 32 * 1024;
export const LARGEST_BUFFER = 1024 * 1024;

/** What is kept of all sizes together, in bytes. */
const KEPT_BYTES = 16 * 1024 * 1024;

const free = new Map<number, Buffer[]>();
let keptBytes = 0;

/** @param size - one of the sizes. */
export function acquireBuffer(size: number): Buffer {
  const buffer = free.get(size)?.pop();
  if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
  keptBytes -= size;
  return buffer;
}

/** To be called only when nobody reads from the buffer any more. */
export function releaseBuffer(buffer: Buffer): void {
  const { length } = buffer;
  if (keptBytes + length > KEPT_BYTES) {
    // What was needed a moment ago may be of a size that nobody asks for now.
    free.clear();
    keptBytes = 0;
  }
  keptBytes += length;
  const kept = free.get(length);
  if (kept === undefined) free.set(length, [buffer]);
  else kept.push(buffer);
}
