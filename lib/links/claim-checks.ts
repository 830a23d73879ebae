import { randomBytes } from 'node:crypto';
import { show, showType, suggest } from '../shared/option-checks.js';
import { Argument, type Option, readValues } from '../shared/option-reader.js';
import { createWarning } from '../shared/warning.js';
import { canonicalAddress, isPrivateAddress } from './addresses.js';
import { CLAIM_NAMES, CLAIMS } from './claims.js';
import type { SignerConfiguration } from './options.js';
import { LAST_SECOND } from './time.js';
import type { ClaimName, LinkClaims, SignedClaims } from './types.js';

/** The claims of a link and its expiry, in seconds since the epoch. */
export type CheckedClaims = SignedClaims & { readonly expires: number };

/** The claims of schemes that sign the client's address without including it in the link. */
const CLAIMS_WITH_ADDRESS = { ...CLAIMS, ip: readAddress };

/**
 * Checks the claims of a link to be signed, except that it does not convert `prefix`.
 *
 * @param now - seconds since the epoch.
 * @param caller - the function that signs, for messages.
 * @throws TypeError whose `option` names the claim, with the value and the allowed values.
 */
export function checkClaims(
  claims: LinkClaims,
  config: SignerConfiguration,
  now: number,
  caller: string,
): CheckedClaims {
  const { scheme } = config;
  const argument = (name: string): Argument => new Argument(caller, name);
  if (typeof claims !== 'object' || claims === null) {
    throw argument('claims').error(`claims must be an object, got ${showType(claims)}.`);
  }
  for (const [name, value] of Object.entries(claims)) {
    if (!CLAIM_NAMES.includes(name as ClaimName)) {
      const known = `Known claims: ${CLAIM_NAMES.join(', ')}.`;
      throw argument(name).error(
        `unknown claim ${show(name)}. ${suggest(name, CLAIM_NAMES, known)}`,
      );
    }
    if (value === undefined || scheme.carries.includes(name as ClaimName)) continue;
    if (name === 'align') {
      // It is not in the link, but changes the expiry that is.
      if (scheme.carries.includes('expires') || scheme.carries.includes('expiresIn')) continue;
      throw argument(name).error(
        `links of scheme '${scheme.name}' do not carry when they expire but when they were made, so each is another. Leave out align, or use another scheme.`,
      );
    }
    throw argument(name).error(
      `links of scheme '${scheme.name}' cannot carry ${name}. Leave it out, or use another scheme.`,
    );
  }
  const table = scheme.needsAddress === true ? CLAIMS_WITH_ADDRESS : CLAIMS;
  const { expiresIn, expires, align, prefix, ...signed } = readValues(claims, table, argument);
  const { ip } = signed;
  if (align !== undefined && signed.uses !== undefined && signed.id === undefined) {
    throw argument('align').error(
      'align needs an id for a link with uses: without one, each link gets a random id, and is another.',
    );
  }
  if (ip !== undefined && isPrivateAddress(ip)) warnOfPrivateAddress(ip, caller);
  // Uses are counted by the id.
  const { id = signed.uses && randomBytes(16).toString('base64url') } = signed;
  const present = Object.entries({ ...signed, id }).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(present),
    expires: checkExpiry({ ...claims, align }, expires, config, now, caller),
  };
}

function checkExpiry(
  claims: LinkClaims,
  expires: number | undefined,
  { timeout, maxLifetime }: SignerConfiguration,
  now: number,
  caller: string,
): number {
  const { expiresIn = Math.min(timeout, maxLifetime), align = 1 } = claims;
  const claim = new Argument(caller, expires === undefined ? 'expiresIn' : 'expires');
  if (claims.expiresIn !== undefined && expires !== undefined) {
    throw claim.error('expiresIn and expires are mutually exclusive.');
  }
  const unaligned = expires ?? now + Math.ceil(expiresIn);
  const seconds = Math.ceil(unaligned / align) * align;
  const fail = (expected: string): never => {
    const shown = describeExpiry(claims.expires ?? claims.expiresIn, unaligned, now);
    const rounded = align === 1 ? '' : `, which align rounds up by at most ${align - 1}`;
    throw claim.error(`expiry must be ${expected}, got ${shown}${rounded}.`);
  };
  if (seconds > LAST_SECOND) fail('before 2106');
  // The most that rounding may add to a lifetime: it must not depend on the time of day whether signing fails.
  const latest = expires === undefined ? unaligned + align - 1 : seconds;
  if (latest - now > maxLifetime) fail(`within maxLifetime, ${maxLifetime} seconds`);
  return seconds;
}

/** Shows the claim, otherwise the default. */
function describeExpiry(expiry: Date | number | undefined, seconds: number, now: number): string {
  if (expiry !== undefined) return show(expiry);
  const date = new Date(seconds * 1000);
  const moment = Number.isNaN(date.getTime()) ? 'an invalid date' : date.toISOString();
  return `${moment}: ${seconds - now} seconds from now, the default`;
}

function readAddress(ip: unknown, claim: Option): string | undefined {
  if (ip === undefined) throw claim.wrong("the client's address, which limitByIp requires", ip);
  const address = typeof ip === 'string' ? canonicalAddress(ip) : undefined;
  if (address !== undefined) return address;
  throw claim.wrong('an address', ip);
}

const warnOfPrivateAddress = createWarning(
  'XSENDFILE_PRIVATE_ADDRESS',
  (address: string, caller: string) =>
    `${caller}: a link is bound to ${address}, which is not a public address. ` +
    "If it is the proxy's, pass the client's instead: req.ip, with Express's 'trust proxy'.",
);
