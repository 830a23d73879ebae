import type { BigIntStats } from 'node:fs';

/** What of a file's `stat` is kept: all that is needed to recognize it and to date it. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** In bytes. */
  readonly size: bigint;
  /** Time of last modification, in nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  /** Time of last change of the file or its metadata, in nanoseconds since the epoch. */
  readonly ctimeNs: bigint;
}

/** A stat of Node holds eighteen numbers and dates; for a cached file only these five are worth their memory. */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

/** Whether a stat is that of the same file with the same bytes, provided that the file is settled. */
export function isSameIdentity(one: FileIdentity, other: FileIdentity): boolean {
  return (
    one.ino === other.ino &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs &&
    one.size === other.size &&
    one.dev === other.dev
  );
}
