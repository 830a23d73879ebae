import { createHmac } from 'node:crypto';
import { isSameSignature } from '../shared/constant-time.js';
import { formatHexTime } from './time.js';

/** Signed with each confirmation. Links and cookies sign other beginnings, so none of them is one. */
const VERSION = 'xsendfile-confirmation-1';
/** Seconds in which the first request must come. */
const LIFETIME = 300;
const CONFIRMATION = /^([\w-]{43})\.([0-9a-f]{8})$/;

/** What a request says about the user's consent: nothing genuine, a new one, or one whose time is over. */
export type Confirmation = 'missing' | 'fresh' | 'late';

/**
 * Returns the confirmation of a link: `<mac>.<expiry>`.
 *
 * @param key - with which the link is signed.
 * @param link - the signature of the link, which covers everything that it grants.
 * @param now - seconds since the epoch.
 */
export function formatConfirmation(key: Buffer, link: string, now: number): string {
  const expiry = formatHexTime(now + LIFETIME);
  return `${sign(key, link, expiry)}.${expiry}`;
}

/** Verifies the result of {@link formatConfirmation}. */
export function readConfirmation(
  text: string,
  key: Buffer,
  link: string,
  now: number,
): Confirmation {
  const [, mac, expiry] = CONFIRMATION.exec(text) ?? [];
  if (mac === undefined || expiry === undefined) return 'missing';
  if (!isSameSignature(mac, sign(key, link, expiry))) return 'missing';
  return now <= Number.parseInt(expiry, 16) ? 'fresh' : 'late';
}

function sign(key: Buffer, link: string, expiry: string): string {
  return createHmac('sha256', key).update(`${VERSION}\0${link}\0${expiry}`).digest('base64url');
}
