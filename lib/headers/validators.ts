import type { FileInfo } from '../types.js';
import { badHeader } from './header-value.js';

/**
 * A file changed more recently than this may change again without its times telling: file systems
 * and HTTP dates count whole seconds at worst, so a validator is weak until then.
 */
export const SETTLED_AFTER_MS = 2000;

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const TAG_CHARACTERS = /^[\x21\x23-\x7e\x80-\xff]+$/;

/** Whether the file's time stamps are old enough to vouch for its bytes. */
export function isSettled(file: FileInfo, now: number): boolean {
  return now - Math.max(file.mtime.getTime(), file.ctime.getTime()) >= SETTLED_AFTER_MS;
}

/**
 * ETag in nginx's form, `"<mtime, hex seconds>-<size, hex>"`: a download that nginx began can be
 * resumed here, and the other way round.
 */
export function entityTagOf(file: FileInfo, now: number): string {
  const seconds = BigInt.asUintN(64, BigInt(Math.floor(file.mtime.getTime() / 1000)));
  const tag = `"${seconds.toString(16)}-${file.size.toString(16)}"`;
  return isSettled(file, now) ? tag : `W/${tag}`;
}

/**
 * An entity tag that the application made; quotes are added if it left them out.
 *
 * @throws {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER`.
 */
export function checkEntityTag(tag: unknown): string {
  if (typeof tag === 'string') {
    if (ENTITY_TAG.test(tag)) return tag;
    if (TAG_CHARACTERS.test(tag)) return `"${tag}"`;
  }
  throw badHeader('ETag', tag, 'options.etag');
}

/** Last-Modified; never later than the answer itself (RFC 9110 §8.8.2.1). */
export function lastModifiedOf(file: FileInfo, now: number): string {
  return new Date(Math.min(file.mtime.getTime(), now)).toUTCString();
}
