/**
 * Buffers for reading, reused once the connection has released them: allocating a megabyte for each chunk of
 * a large file costs more than reading it.
 */

/** Sizes in bytes: powers of two from the smallest to the largest. */
export const SMALLEST_BUFFER = 32 * 1024;
export const LARGEST_BUFFER = 1024 * 1024;

/** Maximum size of all free buffers together, in bytes. */
const KEPT_BYTES = 16 * 1024 * 1024;

const free = new Map<number, Buffer[]>();
let keptBytes = 0;

/** @param size - a power of two from the smallest to the largest size, in bytes. */
export function acquireBuffer(size: number): Buffer {
  const buffer = free.get(size)?.pop();
  if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
  keptBytes -= size;
  return buffer;
}

/** Must be called only when nothing reads from the buffer any more. */
export function releaseBuffer(buffer: Buffer): void {
  const { length } = buffer;
  if (keptBytes + length > KEPT_BYTES) {
    // The free buffers may be of a size that is no longer needed.
    free.clear();
    keptBytes = 0;
  }
  keptBytes += length;
  const kept = free.get(length);
  if (kept === undefined) free.set(length, [buffer]);
  else kept.push(buffer);
}
