import type { FileIdentity } from './identity.js';

/**
 * A file that changed more recently than this may change again without a different timestamp: file systems and
 * HTTP dates may have a resolution of one second, so validators are weak until then.
 */
const SETTLED_AFTER_MS = 2000;

/**
 * Times up to 1980-01-02 UTC say nothing about the bytes: Nix, reproducible images and ZIP archives give them to
 * every version of every file.
 */
const TELLING_SINCE_NS = BigInt(Date.UTC(1980, 0, 3)) * 1_000_000n;

/** The times of a file, and when they were read. */
export interface Dated {
  readonly identity: Pick<FileIdentity, 'size' | 'mtimeNs' | 'ctimeNs'>;
  /** Milliseconds since the epoch, from before the file was opened. */
  readonly checkedAtMs: number;
}

/**
 * Whether the times of a file prove its bytes, because any later change produces different ones. They are
 * compared with the time before the file was opened: a change may happen between that and a slow `stat`.
 */
export function isSettled({ identity: { mtimeNs, ctimeNs }, checkedAtMs }: Dated): boolean {
  return isOld(mtimeNs > ctimeNs ? mtimeNs : ctimeNs, checkedAtMs);
}

/** Whether a time differs between two versions of a file. */
export function isTelling(timeNs: bigint): boolean {
  return timeNs >= TELLING_SINCE_NS;
}

/**
 * Whether no later version can have the same Last-Modified, which has a resolution of one second. Unlike
 * {@link isSettled}, this ignores the time of the last metadata change, which is in no header.
 */
export function isDateFinal({ identity: { mtimeNs }, checkedAtMs }: Dated): boolean {
  return isTelling(mtimeNs) && isOld(mtimeNs, checkedAtMs);
}

function isOld(timeNs: bigint, checkedAtMs: number): boolean {
  return checkedAtMs - Number(timeNs / 1_000_000n) >= SETTLED_AFTER_MS;
}
