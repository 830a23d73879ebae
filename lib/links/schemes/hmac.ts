import { createHmac } from 'node:crypto';
import { show } from '../../shared/option-checks.js';
import { Argument, Option } from '../../shared/option-reader.js';
import { formatPath } from '../../shared/path-encoding.js';
import { CLAIM_NAMES, formatClaims, isClaimsLength, parseClaims } from '../claims.js';
import { formatHexTime } from '../time.js';
import type { ParsedLink, TokenConfiguration, TokenScheme } from '../types.js';

/** Signed with each link, so that links of another format cannot be mistaken for it. */
const VERSION = 'xsendfile-hmac-1';
/** Signed with each cookie, so that no link is a cookie, and the other way round. */
export const COOKIE_VERSION = 'xsendfile-cookie-1';
const MIN_SECRET_BYTES = 16;
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];
/** At least the MAC of SHA-256, so that a directory such as `app.5e8f3a2b` is not a token. */
const TOKEN = /^([\w-]{43,})\.([0-9a-f]{8})(?:\.([\w-]+))?$/;

/**
 * Creates the scheme of this package: `/<mac>.<expiry>[.<claims>]/<path>`, with an HMAC (RFC 2104) over
 * length-prefixed fields, so that no byte can move from one field to the next.
 *
 * @throws {@link BadOptionError} for any other algorithm.
 */
export function hmacScheme(
  config: TokenConfiguration,
  caller: string,
  version = VERSION,
): TokenScheme {
  const { algorithm = 'sha256', purpose } = config;
  if (typeof algorithm !== 'string' || !ALGORITHMS.includes(algorithm)) {
    throw new Option(caller, 'algorithm').error(
      `algorithm of scheme 'hmac' must be 'sha256', 'sha384' or 'sha512', got ${show(algorithm)}.`,
    );
  }

  const constant = lengthPrefixed([version, purpose]);

  function sign(key: Buffer, expiry: string, claims: string, segments: readonly string[]): string {
    // One update() for all fields: each costs more than the hashing.
    return createHmac(algorithm as string, key)
      .update(lengthPrefixed([expiry, claims, segments.join('/')], constant))
      .digest('base64url');
  }

  return {
    name: 'hmac',
    carries: CLAIM_NAMES,
    minSecretBytes: MIN_SECRET_BYTES,

    format({ segments, expires, claims }, key) {
      const expiry = formatHexTime(expires);
      const text = formatClaims(claims);
      if (!isClaimsLength(text)) {
        throw new Argument('sign', 'filename').error(
          'the claims are too long for a link; use a shorter filename.',
        );
      }
      const mac = sign(key, expiry, text, segments);
      const token = `${mac}.${expiry}${text === '' ? '' : `.${text}`}`;
      return `${formatPath([token, ...segments])}${claims.prefix === undefined ? '' : '/'}`;
    },

    parse({ segments: [token = '', ...segments] }): ParsedLink | undefined {
      const [, mac, expiry, text = ''] = TOKEN.exec(token) ?? [];
      if (mac === undefined || expiry === undefined || segments.length === 0) return undefined;
      const claims = text === '' ? {} : parseClaims(text);
      if (claims === undefined) return undefined;
      const { prefix = segments.length } = claims;
      // A link for a directory grants the files in it, not the directory itself.
      if (claims.prefix !== undefined && prefix >= segments.length) return undefined;
      return {
        mac,
        expectedMac: (key) => sign(key, expiry, text, segments.slice(0, prefix)),
        segments,
        expires: Number.parseInt(expiry, 16),
        claims,
      };
    },
  };
}

/** Returns the bytes before, followed by the fields, each after its length in 32 bits. */
function lengthPrefixed(fields: readonly string[], before: Uint8Array = new Uint8Array()): Buffer {
  const lengths = fields.map((field) => Buffer.byteLength(field));
  const bytes = Buffer.allocUnsafe(
    lengths.reduce((sum, length) => sum + 4 + length, before.length),
  );
  bytes.set(before);
  let position = before.length;
  for (const [index, field] of fields.entries()) {
    position = bytes.writeUInt32BE(lengths[index] ?? 0, position);
    position += bytes.write(field, position);
  }
  return bytes;
}
