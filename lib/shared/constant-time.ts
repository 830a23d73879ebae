import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a signature is the expected one, in a time that does not tell how much of it is right. That
 * the lengths differ may be told: how long a signature is, everybody knows.
 */
export function isSameSignature(given: string, expected: string): boolean {
  const one = Buffer.from(given);
  const other = Buffer.from(expected);
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A secret in a form of fixed length, for {@link isSameDigest}. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether two secrets are the same, in a time that tells neither length nor position. */
export function isSameDigest(one: Buffer, other: Buffer): boolean {
  return timingSafeEqual(one, other);
}
