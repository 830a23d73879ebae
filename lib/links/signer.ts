import { STRICT, sanitizePath, sanitizeTarget } from '../request-path/sanitize.js';
import { digestOf, isSameSignature } from '../shared/constant-time.js';
import { isRefusal, type RefusalCode, RefusedError } from '../shared/errors.js';
import { show, showType } from '../shared/option-checks.js';
import { Argument, Option } from '../shared/option-reader.js';
import { canonicalAddress, isInNetwork } from './addresses.js';
import { checkClaims } from './claim-checks.js';
import { type Confirmation, formatConfirmation, readConfirmation } from './confirmation.js';
import { formatCookie, parseCookieOptions, parseCookies } from './cookies.js';
import { parseKeys } from './keys.js';
import { parseTokenOptions, type SignerConfiguration } from './options.js';
import { toSeconds } from './time.js';
import type {
  LinkClaims,
  ParsedLink,
  ReceivedLink,
  Secret,
  TokenOptions,
  TokenScheme,
  UnsignedLink,
  UrlSigner,
  VerifiedClaims,
  VerifyResult,
} from './types.js';

/** Accepts equivalent spellings, which mail programs and URL encoders produce. */
const AS_SIGNED = { ...STRICT, encodedUnreserved: true };

/** A signer that can verify the parts of a link, as a request contains them. */
export interface LinkSigner extends UrlSigner {
  /** One for each key, without revealing it; equal fingerprints sign the same links. */
  readonly fingerprints: readonly string[];
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /** Whether a link is genuine and valid now. */
  verifyParts(link: ReceivedLink): VerifyResult;
  /** Signs that a user wants a genuine link. */
  confirm(link: ReceivedLink, claims: VerifiedClaims): string;
  /** What a request for a genuine link says about that. */
  readConfirmation(link: ReceivedLink, claims: VerifiedClaims, text: string): Confirmation;
  /**
   * Whether a cookie in a request is genuine, valid now, and for its path: the first that is, or the
   * reason against the best of the others.
   *
   * @param header - the Cookie header.
   * @param link - the request; its segments have no token.
   * @returns undefined without such a cookie.
   */
  verifyCookies(header: string, link: ReceivedLink): VerifyResult | undefined;
}

/**
 * Creates a signer that makes and verifies links in a process that has no files, such as the web
 * application that hands out the links.
 *
 * @param secret - shared with the handler that serves the files. In a list, the first secret signs and
 * all verify, so that a secret can be replaced while its links are still in use.
 * @throws {@link BadOptionError} when an option is unknown or wrong, a secret is empty, has white space
 * at an end, or, for `hmac`, is shorter than 16 bytes.
 *
 * @example A link valid for an hour
 * ```ts
 * import { createUrlSigner } from 'xsendfile';
 *
 * const signer = createUrlSigner('0123456789abcdef0123456789abcdef');
 * const href = '/downloads' + signer.sign('reports/q3.pdf', { expiresIn: 3600 });
 * ```
 */
export function createUrlSigner(
  secret: Secret | readonly Secret[],
  options: TokenOptions = {},
): UrlSigner {
  return publicSigner(createLinkSigner(secret, options, 'createUrlSigner'));
}

/** Leaves out what only handlers need. */
export function publicSigner({ scheme, sign, cookie, verify }: LinkSigner): UrlSigner {
  return Object.freeze({ scheme, sign, cookie, verify });
}

/** Creates the {@link LinkSigner} of a handler; see {@link createUrlSigner}. */
export function createLinkSigner(
  secret: Secret | readonly Secret[],
  options: TokenOptions,
  caller: string,
): LinkSigner {
  const config = parseTokenOptions(options, caller);
  const { scheme, cookieScheme, now } = config;
  const keys = parseKeys(secret, scheme.minSecretBytes ?? 0, caller);
  const [firstKey = Buffer.alloc(0)] = keys;

  function prepare(path: unknown, claims: LinkClaims, caller: string): UnsignedLink {
    const seconds = toSeconds(now());
    const { expires, ...rest } = checkClaims(claims, config, seconds, caller);
    const segments = checkPath(path, claims.prefix === true, caller);
    const prefix = claims.prefix === true ? { prefix: segments.length } : {};
    return { segments, now: seconds, expires, claims: { ...rest, ...prefix } };
  }

  const sign: UrlSigner['sign'] = (path, claims = {}) =>
    scheme.format(prepare(path, claims, 'sign'), firstKey);

  const cookie: UrlSigner['cookie'] = (path, options) => {
    if (cookieScheme === undefined) {
      throw new Option('cookie', 'scheme').error(
        `scheme must be 'hmac', got ${show(scheme.name)}, whose links cannot be cookies.`,
      );
    }
    const parsed = parseCookieOptions(options, config.cookie);
    const link = prepare(path, parsed.claims, 'cookie');
    const [, token = ''] = cookieScheme.format(link, firstKey).split('/');
    return formatCookie(parsed, token, link.segments, link.expires, link.now);
  };

  const verifyParts: LinkSigner['verifyParts'] = (link) => verifyBy(scheme, link);

  const signatureOf = (link: ReceivedLink): string => scheme.parse(link)?.mac ?? '';
  const keyOf = ({ keyIndex }: VerifiedClaims): Buffer => keys[keyIndex] ?? firstKey;
  const confirm: LinkSigner['confirm'] = (link, claims) =>
    formatConfirmation(keyOf(claims), signatureOf(link), toSeconds(now()));
  const readText: LinkSigner['readConfirmation'] = (link, claims, text) =>
    readConfirmation(text, keyOf(claims), signatureOf(link), toSeconds(now()));

  const verifyCookies: LinkSigner['verifyCookies'] = (header, link) => {
    if (cookieScheme === undefined || config.cookie === undefined) return undefined;
    const results = parseCookies(header, config.cookie).map((token) =>
      verifyBy(cookieScheme, { ...link, segments: [token, ...link.segments] }),
    );
    return (
      results.find(({ ok }) => ok) ??
      results.find(({ claims }) => claims !== undefined) ??
      results[0]
    );
  };

  function verifyBy(scheme: TokenScheme, received: ReceivedLink): VerifyResult {
    const link = { ...received, clientAddress: canonicalAddress(received.clientAddress ?? '') };
    // Without an address, the signature would be compared with one for another message.
    if (scheme.needsAddress === true && link.clientAddress === undefined) {
      return refuse('ERR_XSENDFILE_TOKEN_ADDRESS');
    }
    const parsed = scheme.parse(link);
    if (parsed === undefined) return refuse('ERR_XSENDFILE_TOKEN_MALFORMED');
    const keyIndex = findKey(parsed, keys);
    if (keyIndex === -1) return refuse('ERR_XSENDFILE_TOKEN_FORGED');
    const claims = describe(parsed, keyIndex);
    const reason = findFault(parsed, link, config);
    return reason === undefined ? { ok: true, claims } : refuse(reason, claims);
  }

  const verify: UrlSigner['verify'] = (urlPath, { clientAddress } = {}) => {
    if (typeof urlPath !== 'string') return refuse('ERR_XSENDFILE_TOKEN_MALFORMED');
    try {
      const segments = sanitizeTarget(urlPath, AS_SIGNED);
      return verifyParts({ segments, query: queryOf(urlPath), clientAddress });
    } catch (error) {
      if (isRefusal(error)) return refuse('ERR_XSENDFILE_TOKEN_MALFORMED');
      throw error;
    }
  };

  return {
    scheme: scheme.name,
    fingerprints: fingerprintsOf(scheme, keys),
    now,
    sign,
    cookie,
    verify,
    verifyParts,
    confirm,
    readConfirmation: readText,
    verifyCookies,
  };
}

/** Digests of a sample link that has always been expired; none if a custom scheme cannot sign the sample. */
function fingerprintsOf(scheme: TokenScheme, keys: readonly Buffer[]): readonly string[] {
  const claims = scheme.needsAddress === true ? { ip: '0.0.0.0' } : {};
  const sample = { segments: ['-'], now: 0, expires: 0, claims };
  try {
    return keys.map((key) =>
      digestOf(`${scheme.name} ${scheme.format(sample, key)}`).toString('hex'),
    );
  } catch {
    return [];
  }
}

/** Returns the query of a request target, without the question mark. */
export function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start === -1 ? '' : target.slice(start + 1);
}

function refuse(code: RefusalCode, claims?: VerifiedClaims): VerifyResult {
  const error = new RefusedError(code);
  return claims === undefined ? { ok: false, error } : { ok: false, error, claims };
}

/** Tries all keys in constant time: the time reveals neither the key nor how much of the MAC matched. */
function findKey({ mac, expectedMac }: ParsedLink, keys: readonly Buffer[]): number {
  const matches = keys.map((key) => isSameSignature(mac, expectedMac(key)));
  return matches.indexOf(true);
}

/** Returns the reason to refuse a genuine link; clients can recognise only `TOKEN_EXPIRED`. */
function findFault(
  { expires, made, claims }: ParsedLink,
  { clientAddress }: ReceivedLink,
  { now, clockTolerance, maxLifetime }: SignerConfiguration,
): RefusalCode | undefined {
  const seconds = toSeconds(now());
  if (claims.ip !== undefined && !isInNetwork(clientAddress, claims.ip)) {
    return 'ERR_XSENDFILE_TOKEN_ADDRESS';
  }
  if (Math.max(made === undefined ? 0 : made - clockTolerance, claims.notBefore ?? 0) > seconds) {
    return 'ERR_XSENDFILE_TOKEN_NOT_YET_VALID';
  }
  if (expires - seconds > maxLifetime) return 'ERR_XSENDFILE_TOKEN_LIFETIME';
  // In this order, so that NaN counts as expired.
  return seconds <= expires ? undefined : 'ERR_XSENDFILE_TOKEN_EXPIRED';
}

function describe(
  { segments, expires, made, claims }: ParsedLink,
  keyIndex: number,
): VerifiedClaims {
  const { notBefore, prefix, ...rest } = claims;
  return Object.freeze({
    path: segments.join('/'),
    segments,
    expires: new Date(expires * 1000),
    ...(made === undefined ? {} : { made: new Date(made * 1000) }),
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore * 1000) }),
    ...rest,
    ...(prefix === undefined ? {} : { prefix: true }),
    keyIndex,
  });
}

/** Accepts only paths whose links will verify. */
function checkPath(path: unknown, isPrefix: boolean, caller: string): readonly string[] {
  const shown = typeof path === 'string' || Array.isArray(path) ? show(path) : showType(path);
  const relativePath = isPrefix && typeof path === 'string' ? path.replace(/\/$/, '') : path;
  if (
    isPrefix &&
    (relativePath === '' || (Array.isArray(relativePath) && relativePath.length === 0))
  )
    return [];
  try {
    const segments = sanitizePath(relativePath, STRICT);
    if (!segments.some((segment) => /\p{Cc}/u.test(segment))) return segments;
  } catch {
    // Reported below.
  }
  throw new Argument(caller, 'path').error(
    `path must name a file below the root, decoded and without control characters, got ${shown}.`,
  );
}
