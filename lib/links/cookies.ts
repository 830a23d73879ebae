import { show } from '../shared/option-checks.js';
import {
  boolean,
  Option,
  oneOf,
  type Reader,
  readOptions,
  unread,
  withDefault,
} from '../shared/option-reader.js';
import { formatPath } from '../shared/path-encoding.js';
import { CLAIM_NAMES } from './claims.js';
import { checkMountOption } from './mount-path.js';
import type { CookieOptions, LinkClaims } from './types.js';

/** RFC 6265 §4.1.1: a token of RFC 9110 §5.6.2. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Browsers accept names with these prefixes only with `Secure`; RFC 6265bis §4.1.3. */
const SECURE_PREFIX = /^__(?:host|secure)-/i;
/** They accept these only with `Path=/`. */
const HOST_PREFIX = /^__host-/i;

const SAME_SITE = { lax: 'SameSite=Lax', strict: 'SameSite=Strict', none: 'SameSite=None' };

/** Cookies of one name that are tried in a request: each costs an HMAC for each secret. */
const MAX_COOKIES = 8;

/** Characters that some encoders of URLs encode, and others do not. */
const AMBIGUOUS = /[^\w .~\x80-\u{10ffff}-]/u;

/** Claims are checked when they are signed. */
const UNREAD_CLAIMS = Object.fromEntries(
  CLAIM_NAMES.filter((name) => name !== 'prefix').map((name) => [name, unread]),
) as { readonly [name in keyof Omit<LinkClaims, 'prefix'>]: Reader<LinkClaims[name]> };

/** @throws {@link BadOptionError} for a name that RFC 6265 does not allow. */
export function checkCookieName(name: unknown, option: Option): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw option.wrong("the name of a cookie, of letters, digits and !#$%&'*+-.^_`|~", name);
}

/**
 * Checks the options of a cookie, except the claims.
 *
 * @param defaultName - the signer's option `cookie`.
 * @throws {@link BadOptionError} when one is missing, unknown or wrong.
 */
export function parseCookieOptions(options: CookieOptions, defaultName: string | undefined) {
  const { name, secure, sameSite, partitioned, mountPath, ...claims } = readOptions(
    'cookie',
    options,
    {
      name: withDefault(defaultName, checkCookieName),
      mountPath: readMountPath,
      secure: boolean(true),
      sameSite: oneOf('lax', 'strict', 'none'),
      partitioned: boolean(false),
      ...UNREAD_CLAIMS,
    },
  );
  if (!secure) {
    // Browsers would drop the cookie.
    const requireSecure = (reason: string): never => {
      throw new Option('cookie', 'secure').wrong(`true for ${reason}`, secure);
    };
    if (SECURE_PREFIX.test(name)) requireSecure(`the name ${show(name)}`);
    if (sameSite === 'none') requireSecure("sameSite: 'none'");
  }
  if (partitioned && sameSite !== 'none') {
    throw new Option('cookie', 'partitioned').error(
      "partitioned is for cookies on pages of other sites, which need sameSite: 'none'.",
    );
  }
  const allClaims: LinkClaims = { ...claims, prefix: true };
  return { name, isSecure: secure, sameSite, partitioned, mountPath, claims: allClaims };
}

function readMountPath(path: unknown, option: Option): string {
  if (path !== undefined) return checkMountOption(path, 'decoded', option);
  throw option.wrong("the path where the handler is mounted, such as '/media', or '/'", path);
}

/**
 * Formats the value of a Set-Cookie header.
 *
 * @param segments - the directory that the cookie opens.
 * @param expires - seconds since the epoch.
 * @param now - seconds since the epoch.
 */
export function formatCookie(
  { name, isSecure, sameSite, partitioned, mountPath }: ReturnType<typeof parseCookieOptions>,
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
    SAME_SITE[sameSite],
    ...(partitioned ? ['Partitioned'] : []),
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
