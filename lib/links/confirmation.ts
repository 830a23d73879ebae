import { createHmac, randomBytes } from 'node:crypto';
import { isSameSignature } from '../shared/constant-time.js';
import { formatHexTime } from './time.js';

/** Signed with each confirmation. Links and cookies sign other beginnings, so none of them is one. */
const VERSION = 'xsendfile-confirmation-1';
/** Seconds in which the first request must come. */
const LIFETIME = 300;
const CONFIRMATION = /^([\w-]{43})\.(([0-9a-f]{8})\.[\w-]{8})$/;

/** What a request says about the user's consent: nothing genuine, a new one, or one whose time is over. */
export type Confirmation = 'missing' | 'fresh' | 'late';

/**
 * Returns a confirmation of a link: `<mac>.<expiry>.<random>`. No two are the same, so that it can identify a client.
 *
 * @param key - with which the link is signed.
 * @param link - the signature of the link, which covers everything that it grants.
 * @param now - seconds since the epoch.
 */
export function formatConfirmation(key: Buffer, link: string, now: number): string {
  const message = `${formatHexTime(now + LIFETIME)}.${randomBytes(6).toString('base64url')}`;
  return `${sign(key, link, message)}.${message}`;
}

/** Verifies the result of {@link formatConfirmation}. */
export function readConfirmation(
  text: string,
  key: Buffer,
  link: string,
  now: number,
): Confirmation {
  const [, mac = '', message = '', expiry = ''] = CONFIRMATION.exec(text) ?? [];
  if (!isSameSignature(mac, sign(key, link, message))) return 'missing';
  return now <= Number.parseInt(expiry, 16) ? 'fresh' : 'late';
}

function sign(key: Buffer, link: string, message: string): string {
  return createHmac('sha256', key).update(`${VERSION}\0${link}\0${message}`).digest('base64url');
}
