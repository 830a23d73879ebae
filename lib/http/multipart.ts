import { randomBytes } from 'node:crypto';
import type { ByteRange } from './ranges.js';

/** A part of a body: a range of the file, or literal bytes. */
export type BodyPart = ByteRange | Buffer;

/** A body of several parts of a file, `multipart/byteranges` of RFC 9110 §14.6. */
export interface Multipart {
  readonly contentType: string;
  readonly parts: readonly BodyPart[];
  /** Length of the whole body, in bytes. */
  readonly length: number;
}

/**
 * Creates the body for several ranges of a file.
 *
 * @param type - Content-Type of the file, which each part repeats.
 * @param size - size of the file in bytes.
 */
export function createMultipart(
  ranges: readonly ByteRange[],
  type: string,
  size: number,
): Multipart {
  // 144 random bits, which the author of a file cannot predict and put into it.
  const boundary = randomBytes(18).toString('base64url');
  const parts: BodyPart[] = [];
  ranges.forEach((range, index) => {
    const delimiter = `${index === 0 ? '' : '\r\n'}--${boundary}\r\n`;
    const head = `Content-Type: ${type}\r\nContent-Range: bytes ${range.start}-${range.end}/${size}\r\n\r\n`;
    parts.push(Buffer.from(delimiter + head, 'latin1'), range);
  });
  parts.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    parts,
    length: parts.reduce((sum, part) => sum + lengthOf(part), 0),
  };
}

function lengthOf(part: BodyPart): number {
  return Buffer.isBuffer(part) ? part.length : part.end + 1 - part.start;
}
