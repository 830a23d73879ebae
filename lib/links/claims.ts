import { encodePercent } from '../shared/path-encoding.js';
import { canonicalNetwork } from './addresses.js';
import { formatHexTime } from './time.js';
import type { ClaimName, SignedClaims } from './types.js';

/**
 * Claims in a link of the `hmac` scheme: `d=a&f=Q3%20report.pdf&i=42`, in alphabetical order, each at
 * most once, percent-encoded, and the whole encoded as base64url. docs/token-format.md describes the
 * format for other languages.
 */

/** Names of all claims, as in {@link LinkClaims}. */
export const CLAIM_NAMES: readonly ClaimName[] = [
  'expiresIn',
  'expires',
  'notBefore',
  'ip',
  'filename',
  'disposition',
  'prefix',
  'id',
  'uses',
  'rate',
];

/** Characters of the encoded claims, to limit the length of URLs. */
const MAX_CLAIMS_LENGTH = 1024;
/** Characters of an `id`. */
export const MAX_ID_LENGTH = 64;
/** Downloads of one link. */
const MAX_USES = 1_000_000;

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

/** Whether a value is one that the claim `uses` can have. */
export function isUses(value: unknown): value is number {
  return isPositive(value) && value <= MAX_USES;
}

/** Whether a value is one that the claim `rate` can have. */
export function isRate(value: unknown): value is number {
  return isPositive(value);
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
    const value = decodeValue(encoded);
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
    (claims.rate === undefined || isRate(claims.rate)) &&
    (claims.uses === undefined || isUses(claims.uses));
  return isSane && formatClaims(claims) === text ? claims : undefined;
}

function encodeValue(value: string): string {
  return encodePercent(value).replaceAll('/', '%2F');
}

function decodeValue(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
