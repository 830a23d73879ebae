/**
 * Buffers for reading, used again when the connection has let go of them: to allocate a megabyte
 * for each chunk of a large file costs more than to read it.
 */

/** Sizes in bytes; each the double of the one before. */
export const SMALLEST_BUFFER = 32 * 1024;
export const LARGEST_BUFFER = 1024 * 1024;

/** What is kept of one size, in bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;

const free = new Map<number, Buffer[]>();

/** @param size - one of the sizes. */
export function acquireBuffer(size: number): Buffer {
  return free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
}

/** To be called only when nobody reads from the buffer any more. */
export function releaseBuffer(buffer: Buffer): void {
  const { length } = buffer;
  const kept = free.get(length);
  if (kept === undefined) free.set(length, [buffer]);
  else if (kept.length * length < KEPT_BYTES) kept.push(buffer);
}
