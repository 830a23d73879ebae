const MEGABYTE = 2 ** 20;

/** What the object has again and again, so that a store needs little room for it. */
export const SEGMENT = Buffer.from(
  Array.from({ length: 8 * MEGABYTE }, (_, index) => (index + (index >> 16)) % 251),
);
export const SEGMENTS = 640;
/** What it ends with. */
export const LAST = Buffer.alloc(65_536, 'the end, ');

/** Bytes of the object: 5 GB, and 64 KB. */
export const LARGE_SIZE = SEGMENTS * SEGMENT.length + LAST.length;

/** The object's bytes from `start` to `end`, both included. */
export function largeBytes(start: number, end: number): Buffer {
  const parts: Buffer[] = [];
  for (let position = start; position <= end; ) {
    const index = Math.floor(position / SEGMENT.length);
    const from = index * SEGMENT.length;
    const part = (index < SEGMENTS ? SEGMENT : LAST).subarray(position - from, end + 1 - from);
    parts.push(part);
    position += part.length;
  }
  return Buffer.concat(parts);
}
