import { checkKnownKeys, show } from '../shared/option-checks.js';
import { Option } from '../shared/option-reader.js';
import { formatPath } from '../shared/url-path.js';
import { CLAIM_NAMES } from './claims.js';
import { checkMountOption } from './mount-path.js';
import type { CookieOptions, LinkClaims } from './types.js';

/** RFC 6265 §4.1.1: a token of RFC 9110 §5.6.2. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Browsers accept names with these prefixes only with `Secure`; RFC 6265bis §4.1.3. */
const SECURE_PREFIX = /^__(?:host|secure)-/i;
/** They accept these only with `Path=/`. */
const HOST_PREFIX = /^__host-/i;

/** Cookies of one name that are tried in a request: each costs an HMAC for each secret. */
const MAX_COOKIES = 8;

/** Characters that some encoders of URLs encode, and others do not. */
const AMBIGUOUS = /[^\w .~\x80-\u{10ffff}-]/u;

const COOKIE_OPTIONS: readonly string[] = [
  'name',
  'mountPath',
  'secure',
  ...CLAIM_NAMES.filter((name) => name !== 'prefix'),
];

/** @throws {@link BadOptionError} for a name that RFC 6265 does not allow. */
export function checkCookieName(name: unknown, option: Option): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw option.wrong("the name of a cookie, of letters, digits and !#$%&'*+-.^_`|~", name);
}

/** Options of a cookie, checked, and its claims, which are not. */
export interface ParsedCookieOptions {
  readonly name: string;
  readonly isSecure: boolean;
  /** Decoded, without a slash at the end. */
  readonly mountPath: string;
  readonly claims: LinkClaims;
}

/**
 * Checks the options of a cookie, except the claims.
 *
 * @param defaultName - the signer's option `cookie`.
 * @throws {@link BadOptionError} when one is missing, unknown or wrong.
 */
export function parseCookieOptions(
  options: CookieOptions,
  defaultName: string | undefined,
): ParsedCookieOptions {
  checkKnownKeys('cookie', options, COOKIE_OPTIONS);
  const { name: given = defaultName, mountPath, secure = true, ...claims } = options;
  const name = checkCookieName(given, new Option('cookie', 'name'));
  if (typeof secure !== 'boolean' || (!secure && SECURE_PREFIX.test(name))) {
    const expected = secure === false ? `true for the name ${show(name)}` : 'true or false';
    throw new Option('cookie', 'secure').wrong(expected, secure);
  }
  const mount = new Option('cookie', 'mountPath');
  if (mountPath === undefined) {
    throw mount.wrong("the path where the handler is mounted, such as '/media', or '/'", mountPath);
  }
  return {
    name,
    isSecure: secure,
    mountPath: checkMountOption(mountPath, 'decoded', mount),
    claims: { ...claims, prefix: true },
  };
}

/**
 * Formats the value of a Set-Cookie header.
 *
 * @param segments - the directory that the cookie opens.
 * @param expires - seconds since the epoch.
 * @param now - seconds since the epoch.
 */
export function formatCookie(
  { name, isSecure, mountPath }: ParsedCookieOptions,
  token: string,
  segments: readonly string[],
  expires: number,
  now: number,
): string {
  const path = HOST_PREFIX.test(name) ? [] : [...mountPath.split('/').slice(1), ...segments];
  return [
    `${name}=${token}`,
    `Path=${formatScope(path)}`,
    `Max-Age=${Math.max(expires - now, 0)}`,
    `Expires=${new Date(expires * 1000).toUTCString()}`,
    'HttpOnly',
    ...(isSecure ? ['Secure'] : []),
    'SameSite=Lax',
  ].join('; ');
}

/**
 * Formats the part of a path that all encoders of URLs spell alike: browsers compare the Path of a
 * cookie with the URL as it is spelt.
 */
function formatScope(segments: readonly string[]): string {
  const end = segments.findIndex((segment) => AMBIGUOUS.test(segment));
  return formatPath(end === -1 ? segments : segments.slice(0, end)) || '/';
}

/**
 * Returns the values of the cookies with a name, in the order of the header, at most 8.
 *
 * @param header - RFC 6265 §5.4: `a=1; b=2`; anything else in it is skipped.
 */
export function parseCookies(header: string, name: string): readonly string[] {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .slice(0, MAX_COOKIES)
    .map((pair) => pair.slice(name.length + 1));
}
