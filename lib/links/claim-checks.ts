import { randomBytes } from 'node:crypto';
import { show, showType } from '../shared/option-checks.js';
import { canonicalAddress, canonicalNetwork, isPrivateAddress } from './addresses.js';
import { CLAIM_NAMES, isRate, isUses, MAX_ID_LENGTH } from './claims.js';
import type { SignerConfiguration } from './options.js';
import { LAST_SECOND, toSeconds } from './time.js';
import type { ClaimName, LinkClaims, SignedClaims } from './types.js';

/** The claims of a link and its expiry, in seconds since the epoch. */
export type CheckedClaims = SignedClaims & { readonly expires: number };

/**
 * Checks the claims of a link to be signed.
 *
 * @param now - seconds since the epoch.
 * @param caller - the function that signs, for messages.
 * @throws TypeError naming the claim, the value and the allowed values.
 */
export function checkClaims(
  claims: LinkClaims,
  config: SignerConfiguration,
  now: number,
  caller: string,
): CheckedClaims {
  const { scheme } = config;
  if (typeof claims !== 'object' || claims === null) {
    throw new TypeError(`${caller}: claims must be an object, got ${showType(claims)}.`);
  }
  for (const [name, value] of Object.entries(claims)) {
    if (!CLAIM_NAMES.includes(name as ClaimName)) {
      throw new TypeError(
        `${caller}: unknown claim ${show(name)}. Known claims: ${CLAIM_NAMES.join(', ')}.`,
      );
    }
    if (value !== undefined && !scheme.carries.includes(name as ClaimName)) {
      throw new TypeError(`${caller}: links of scheme '${scheme.name}' cannot carry ${name}.`);
    }
  }
  const { notBefore, ip, filename, disposition, prefix, id, uses, rate } = claims;
  if (scheme.needsAddress === true && ip === undefined) {
    throw wrong(caller, 'ip', "the client's address, which limitByIp requires", ip);
  }
  if (prefix !== undefined && typeof prefix !== 'boolean') {
    throw wrong(caller, 'prefix', 'true or false', prefix);
  }
  if (disposition !== undefined && disposition !== 'inline' && disposition !== 'attachment') {
    throw wrong(caller, 'disposition', "'inline' or 'attachment'", disposition);
  }
  if (uses !== undefined && !isUses(uses)) {
    throw wrong(caller, 'uses', 'a whole number from 1 to 1,000,000', uses);
  }
  if (rate !== undefined && !isRate(rate)) {
    throw wrong(caller, 'rate', 'a whole number of bytes per second, 1 or more', rate);
  }
  return {
    expires: checkExpiry(claims, config, now, caller),
    ...(notBefore === undefined ? {} : { notBefore: checkDate(caller, 'notBefore', notBefore) }),
    ...(ip === undefined ? {} : { ip: checkAddress(caller, ip, scheme.needsAddress === true) }),
    ...(filename === undefined ? {} : { filename: checkText(caller, 'filename', filename) }),
    ...(disposition === undefined ? {} : { disposition }),
    // Uses are counted by the id.
    ...(uses === undefined ? {} : { uses, id: randomBytes(16).toString('base64url') }),
    ...(id === undefined ? {} : { id: checkId(caller, id) }),
    ...(rate === undefined ? {} : { rate }),
  };
}

function checkExpiry(
  { expiresIn, expires }: LinkClaims,
  { timeout, maxLifetime }: SignerConfiguration,
  now: number,
  caller: string,
): number {
  if (expiresIn !== undefined && expires !== undefined) {
    throw new TypeError(`${caller}: expiresIn and expires are mutually exclusive.`);
  }
  if (expiresIn !== undefined && !(typeof expiresIn === 'number' && expiresIn > 0)) {
    throw wrong(caller, 'expiresIn', 'a number of seconds greater than 0', expiresIn);
  }
  const seconds =
    expires === undefined
      ? now + Math.ceil(expiresIn ?? Math.min(timeout, maxLifetime))
      : checkDate(caller, 'expires', expires);
  const fail = (expected: string): never => {
    throw new TypeError(
      `${caller}: expiry must be ${expected}, got ${describeExpiry(expires ?? expiresIn, seconds, now)}.`,
    );
  };
  if (seconds > LAST_SECOND) fail('before 2106');
  if (seconds - now > maxLifetime) fail(`within maxLifetime, ${maxLifetime} seconds`);
  return seconds;
}

/** Shows the given expiry, otherwise the default. */
function describeExpiry(given: unknown, seconds: number, now: number): string {
  if (given !== undefined) return show(given);
  const date = new Date(seconds * 1000);
  const moment = Number.isNaN(date.getTime()) ? 'an invalid date' : date.toISOString();
  return `${moment}: ${seconds - now} seconds from now, the default`;
}

function checkDate(caller: string, name: ClaimName, date: unknown): number {
  const time = typeof date === 'object' && date !== null ? Number(date) : Number.NaN;
  const seconds = toSeconds(time);
  if (seconds >= 0 && seconds <= LAST_SECOND) return seconds;
  throw wrong(caller, name, 'a Date between 1970 and 2106', date);
}

let isPrivateWarned = false;

function checkAddress(caller: string, ip: unknown, isExact: boolean): string {
  const checked =
    typeof ip === 'string' ? (isExact ? canonicalAddress(ip) : canonicalNetwork(ip)) : undefined;
  if (checked === undefined) {
    throw wrong(
      caller,
      'ip',
      isExact ? 'an address' : "an address, or a network such as '192.0.2.0/24'",
      ip,
    );
  }
  if (isPrivateAddress(checked) && !isPrivateWarned) {
    isPrivateWarned = true;
    process.emitWarning(
      `${caller}: a link is bound to ${checked}, which is not a public address. ` +
        "If it is the proxy's, pass the client's instead: req.ip, with Express's 'trust proxy'.",
      { code: 'XSENDFILE_PRIVATE_ADDRESS' },
    );
  }
  return checked;
}

function checkId(caller: string, id: unknown): string {
  const text = checkText(caller, 'id', id);
  if ([...text].length <= MAX_ID_LENGTH) return text;
  throw wrong(caller, 'id', `a string of at most ${MAX_ID_LENGTH} characters`, id);
}

function checkText(caller: string, name: ClaimName, value: unknown): string {
  if (typeof value === 'string' && value !== '' && !/\p{Cs}/u.test(value)) return value;
  throw wrong(caller, name, 'a non-empty string', value);
}

function wrong(caller: string, name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${caller}: ${name} must be ${expected}, got ${show(value)}.`);
}
