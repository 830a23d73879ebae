import { boolean, checked, type Option, optional, type Readers } from '../shared/option-reader.js';
import { decodePercent, encodePercent } from '../shared/path-encoding.js';
import { canonicalNetwork } from './addresses.js';
import { formatHexTime, LAST_SECOND, toSeconds } from './time.js';
import type { ClaimName, LinkClaims, SignedClaims } from './types.js';

/**
 * Claims in a link of the `hmac` scheme: `d=a&f=Q3%20report.pdf&i=42`, in alphabetical order, each at
 * most once, percent-encoded, and the whole encoded as base64url. docs/token-format.md describes the
 * format for other languages.
 */

/** Characters of the encoded claims, to limit the length of URLs. */
const MAX_CLAIMS_LENGTH = 1024;
/** Characters of an `id`. */
const MAX_ID_LENGTH = 64;
/** Downloads of one link. */
const MAX_USES = 1_000_000;

/** Reads each claim; dates become seconds. */
export const CLAIMS = {
  expiresIn: checked<number>(
    'a number of seconds greater than 0',
    (value) => typeof value === 'number' && value > 0,
  ),
  expires: optional(readDate),
  align: checked<number>('a whole number of seconds, 1 or more', isPositive),
  notBefore: optional(readDate),
  ip: optional(readNetwork),
  filename: optional(readText),
  disposition: checked<'inline' | 'attachment'>(
    "'inline' or 'attachment'",
    (value) => value === 'inline' || value === 'attachment',
  ),
  prefix: optional(boolean(false)),
  id: optional(readId),
  uses: checked<number>('a whole number from 1 to 1,000,000', isUses),
  rate: checked<number>('a whole number of bytes per second, 1 or more', isPositive),
} satisfies Readers<LinkClaims>;

/** Names of all claims, as in {@link LinkClaims}. */
export const CLAIM_NAMES = Object.keys(CLAIMS) as readonly ClaimName[];

/** Encodes claims; the result is empty if there are none. */
export function formatClaims(claims: SignedClaims): string {
  const fields: string[] = [];
  const add = (key: string, value: string | undefined): void => {
    if (value !== undefined) fields.push(`${key}=${encodeValue(value)}`);
  };
  add('d', claims.disposition === undefined ? undefined : claims.disposition.slice(0, 1));
  add('f', claims.filename);
  add('i', claims.id);
  add('n', claims.notBefore === undefined ? undefined : formatHexTime(claims.notBefore));
  add('p', claims.prefix?.toString());
  add('r', claims.ip);
  add('s', claims.rate?.toString());
  add('u', claims.uses?.toString());
  return Buffer.from(fields.join('&')).toString('base64url');
}

function isUses(value: unknown): value is number {
  return isPositive(value) && value <= MAX_USES;
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

/** Whether the result of {@link formatClaims} is short enough for a link. */
export function isClaimsLength(text: string): boolean {
  return text.length <= MAX_CLAIMS_LENGTH;
}

/**
 * Decodes the result of {@link formatClaims}.
 *
 * @returns undefined for anything that {@link formatClaims} would not write: unknown claims, and
 * other spellings of known ones.
 */
export function parseClaims(text: string): SignedClaims | undefined {
  if (!isClaimsLength(text)) return undefined;
  const claims: { -readonly [name in keyof SignedClaims]: SignedClaims[name] } = {};
  for (const field of Buffer.from(text, 'base64url').toString().split('&')) {
    const [key, encoded = ''] = field.split('=');
    const value = decodePercent(encoded);
    if (value === undefined) return undefined;
    if (key === 'd') claims.disposition = value === 'a' ? 'attachment' : 'inline';
    else if (key === 'f') claims.filename = value;
    else if (key === 'i') claims.id = value;
    else if (key === 'n') claims.notBefore = Number.parseInt(value, 16);
    else if (key === 'p') claims.prefix = Number(value);
    else if (key === 'r') claims.ip = value;
    else if (key === 's') claims.rate = Number(value);
    else if (key === 'u') claims.uses = Number(value);
    else return undefined;
  }
  const isSane =
    Number.isInteger(claims.notBefore ?? 0) &&
    Number.isInteger(claims.prefix ?? 0) &&
    (claims.prefix ?? 0) >= 0 &&
    (claims.ip === undefined || canonicalNetwork(claims.ip) === claims.ip) &&
    (claims.rate === undefined || isPositive(claims.rate)) &&
    (claims.uses === undefined || isUses(claims.uses));
  return isSane && formatClaims(claims) === text ? claims : undefined;
}

function readDate(date: unknown, claim: Option): number {
  const seconds = toSeconds(typeof date === 'object' && date !== null ? Number(date) : Number.NaN);
  if (seconds >= 0 && seconds <= LAST_SECOND) return seconds;
  const isDuration = typeof date === 'number' && claim.name === 'expires';
  const fix = isDuration ? ' For seconds from now, use expiresIn.' : '';
  throw claim.wrong('a Date between 1970 and 2106', date, fix);
}

function readText(text: unknown, claim: Option): string {
  if (typeof text === 'string' && text !== '' && !/\p{Cs}/u.test(text)) return text;
  throw claim.wrong('a non-empty string', text);
}

function readId(id: unknown, claim: Option): string {
  const text = readText(id, claim);
  if ([...text].length <= MAX_ID_LENGTH) return text;
  throw claim.wrong(`a string of at most ${MAX_ID_LENGTH} characters`, id);
}

function readNetwork(ip: unknown, claim: Option): string {
  const network = typeof ip === 'string' ? canonicalNetwork(ip) : undefined;
  if (network !== undefined) return network;
  throw claim.wrong("an address, or a network such as '192.0.2.0/24'", ip);
}

function encodeValue(value: string): string {
  return encodePercent(value).replaceAll('/', '%2F');
}
