import { isSettled } from '../sources/file-times.js';
import type { FileIdentity } from '../sources/identity.js';
import { crc32 } from './crc32.js';

/** CRC-32 of the first bytes of a member, which grows as they are read: for several responses, if they share it. */
export class Sum {
  /** Number of bytes that it is the sum of. */
  position: number;
  value: number;

  constructor(position = 0, value = 0) {
    this.position = position;
    this.value = value;
  }

  /** Adds bytes, unless it has them, or bytes before them are missing. */
  add(bytes: Uint8Array, position: number): void {
    const known = this.position - position;
    if (known < 0 || known >= bytes.length) return;
    this.value = crc32(known === 0 ? bytes : bytes.subarray(known), this.value);
    this.position = position + bytes.length;
  }
}

/** Maximum number of remembered sums, each of about 250 bytes. */
const MAX_SUMS = 128 * 1024;

/** In the order of last use: the first one is forgotten next. */
const remembered = new Map<string, Sum>();

/**
 * Returns the key by which the sum of a file is remembered; undefined for a file that may change without a different
 * identity.
 */
export function sumKeyOf(file: {
  readonly identity: FileIdentity;
  readonly checkedAtMs: number;
}): string | undefined {
  if (!isSettled(file)) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs } = file.identity;
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Returns the remembered sum, or begins one. */
export function sumOf(key: string): Sum {
  const sum = remembered.get(key) ?? new Sum();
  remembered.delete(key);
  remembered.set(key, sum);
  const [oldest] = remembered.keys();
  if (remembered.size > MAX_SUMS && oldest !== undefined) remembered.delete(oldest);
  return sum;
}

/** Returns the number of bytes whose sum is remembered. */
export function summedBytesOf(key: string): number {
  return remembered.get(key)?.position ?? 0;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a task after all earlier ones: sums of bytes that are not sent are computed one at a time, so that requests for
 * the same sum read the file once, and many requests do not read many files.
 */
export function oneAtATime<Result>(task: () => Promise<Result>): Promise<Result> {
  const turn = last.then(task);
  last = turn.catch(() => {});
  return turn;
}
