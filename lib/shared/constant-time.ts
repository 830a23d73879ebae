import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a signature is the expected one, compared in constant time. Only a difference in length is
 * observable, and the length of signatures is not secret.
 */
export function isSameSignature(signature: string, expected: string): boolean {
  const one = Buffer.from(signature);
  const other = Buffer.from(expected);
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Returns the SHA-256 of a secret, for {@link isSameDigest}. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether two secrets are equal, compared in a time that reveals neither length nor position. */
export function isSameDigest(one: Buffer, other: Buffer): boolean {
  return timingSafeEqual(one, other);
}
