import { type Dated, isDateFinal, isSettled, isTelling } from '../sources/file-times.js';
import type { FoundFile } from '../sources/source.js';
import { badHeader } from './header-value.js';

const NANOSECONDS = 1_000_000_000n;
const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const TAG_CHARACTERS = /^[\x21\x23-\x7e\x80-\xff]+$/;

/**
 * Returns an ETag in nginx's format, `"<mtime, hex seconds>-<size, hex>"`: a download that nginx began
 * can be resumed here, and vice versa.
 *
 * While the file may still change within the same second, the tag is weak and includes the time of the
 * last change in nanoseconds. It then matches neither another version nor the later strong tag.
 *
 * If the time of modification is meaningless, the tag includes values that do change: the time of the last change and
 * the inode. Undefined if that time is meaningless, too.
 */
export function entityTagOf(file: Pick<FoundFile, 'identity' | 'checkedAtMs'>): string | undefined {
  const { mtimeNs, ctimeNs, size, ino } = file.identity;
  const tag = `${hex(floorToSeconds(mtimeNs))}-${hex(size)}`;
  if (!isSettled(file)) return `W/"${tag}-${hex(ctimeNs)}"`;
  if (isTelling(mtimeNs)) return `"${tag}"`;
  return isTelling(ctimeNs) ? `"${tag}-${hex(ctimeNs)}-${hex(ino)}"` : undefined;
}

function floorToSeconds(timeNs: bigint): bigint {
  const seconds = timeNs / NANOSECONDS;
  return timeNs % NANOSECONDS < 0n ? seconds - 1n : seconds;
}

function hex(number: bigint): string {
  return BigInt.asUintN(64, number).toString(16);
}

/**
 * Checks an entity tag of the application, and adds missing quotes.
 *
 * @throws {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER`.
 */
export function checkEntityTag(tag: unknown, source = 'options.etag'): string {
  if (typeof tag === 'string') {
    if (ENTITY_TAG.test(tag)) return tag;
    if (TAG_CHARACTERS.test(tag)) return `"${tag}"`;
  }
  throw badHeader('ETag', tag, source);
}

/**
 * Returns the entity tag of a precompressed file: files that were made within one second may have
 * the same size, and only the coding distinguishes them.
 */
export function tagInCoding(tag: string, coding: string | undefined): string {
  return coding === undefined ? tag : `${tag.slice(0, -1)}-${coding}"`;
}

/**
 * Returns the Last-Modified of a file, never later than the response itself (RFC 9110 §8.8.2.1); undefined if its
 * time is meaningless.
 *
 * While the file may change again within the same second, it is the second before: otherwise a later
 * request could get 304 for a newer version.
 *
 * @param now - milliseconds since the epoch.
 */
export function lastModifiedOf(file: Dated, now: number): string | undefined {
  if (!isTelling(file.identity.mtimeNs)) return undefined;
  const seconds = Number(floorToSeconds(file.identity.mtimeNs)) - (isDateFinal(file) ? 0 : 1);
  return new Date(Math.min(seconds * 1000, now)).toUTCString();
}
