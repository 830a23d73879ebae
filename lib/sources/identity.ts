import type { BigIntStats } from 'node:fs';

/** The fields of a file's `stat` that identify it and its version. */
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

/** Extracts the identity, because a whole stat of Node takes three times as much memory. */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

/** Whether a stat describes the same file with the same bytes, provided that the file is settled. */
export function isSameIdentity(one: FileIdentity, other: FileIdentity): boolean {
  return (
    one.ino === other.ino &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs &&
    one.size === other.size &&
    one.dev === other.dev
  );
}
