import type { FileIdentity } from './identity.js';

/**
 * A file changed more recently than this may change again without its times telling: file systems
 * and HTTP dates count whole seconds at worst, so a validator is weak until then.
 */
const SETTLED_AFTER_MS = 2000;

/** The times of a file, and when they were asked for. */
export interface Dated {
  readonly identity: Pick<FileIdentity, 'size' | 'mtimeNs' | 'ctimeNs'>;
  /** Milliseconds since the epoch, from before the file was opened. */
  readonly seenAt: number;
}

/**
 * Whether the times of a file prove its bytes: any later change leaves other ones. Compared with the
 * time before the file was opened, because a change may fall between that and a slow `stat`.
 */
export function isSettled({ identity: { mtimeNs, ctimeNs }, seenAt }: Dated): boolean {
  return isOld(mtimeNs > ctimeNs ? mtimeNs : ctimeNs, seenAt);
}

/**
 * Whether no later version can have the same Last-Modified, whose unit is the second. Unlike
 * {@link isSettled} this leaves out the time of the last change of metadata, which no date shows.
 */
export function isDateFinal({ identity: { mtimeNs }, seenAt }: Dated): boolean {
  return isOld(mtimeNs, seenAt);
}

function isOld(timeNs: bigint, seenAt: number): boolean {
  return seenAt - Number(timeNs / 1_000_000n) >= SETTLED_AFTER_MS;
}
