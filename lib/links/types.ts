import type { KeyObject } from 'node:crypto';
import type { RefusedError } from '../shared/errors.js';
import type { VerifiedClaims } from '../types.js';

export type { VerifiedClaims };

/**
 * A shared secret: a string (encoded as UTF-8), bytes, or a secret key of `node:crypto`. White space at
 * the ends is refused: trim secrets that are read from a file.
 */
export type Secret = string | Uint8Array | KeyObject;

/** Names of the built-in schemes. */
export type TokenSchemeName =
  | 'hmac'
  | 'wsgi-xsendfile'
  | 'mod-auth-token'
  | 'secure-link'
  | 'secdownload';

/** Claims of a link, besides its path. Only `hmac` carries all of them. */
export interface LinkClaims {
  /** Seconds from now until the link expires; excludes `expires`. */
  readonly expiresIn?: number | undefined;
  /** Time when the link expires; it is valid until the end of that second. */
  readonly expires?: Date | undefined;
  /**
   * Seconds to a multiple of which the expiry is rounded up, never down: with 900, links to a file with the same
   * claims that are made within a quarter of an hour are one URL, which browsers cache.
   *
   * For schemes whose links carry their expiry. With `uses`, it needs an `id`.
   *
   * @default 1
   */
  readonly align?: number | undefined;
  /** Time from which the link is valid. */
  readonly notBefore?: Date | undefined;
  /**
   * Address of the only client that may use the link, or a network such as `'192.0.2.0/24'`. An IPv6
   * address stands for its /64; IPv4-mapped IPv6 becomes IPv4.
   */
  readonly ip?: string | undefined;
  /** File name for the download; takes precedence over all others. `/` and `\` become `_`. */
  readonly filename?: string | undefined;
  /** Whether browsers display or save the file; `attachment` if only `filename` is given. */
  readonly disposition?: 'inline' | 'attachment' | undefined;
  /** Whether the path is a directory and the link grants everything below it. */
  readonly prefix?: boolean | undefined;
  /**
   * Identifier of your choice, at most 64 characters; outcomes have it as `tokenId`.
   *
   * @default 16 random bytes in base64url if `uses` is given; otherwise none
   */
  readonly id?: string | undefined;
  /**
   * Number of downloads that the link allows, 1 to 1,000,000; `limitUses()` counts them. Links with the same
   * `id` share the count.
   */
  readonly uses?: number | undefined;
  /** Bytes per second for each connection, a whole number of at least 1. */
  readonly rate?: number | undefined;
}

/** Options of a signed cookie: its claims, and where browsers send it. */
export interface CookieOptions extends Omit<LinkClaims, 'prefix'> {
  /**
   * Name of the cookie: that of the option `cookie` of {@link authToken}. With `__Host-`, browsers send
   * it to the whole host, because such a cookie must have `Path=/`.
   *
   * @default the option `cookie` of the signer
   */
  readonly name?: string | undefined;
  /** Path where the handler is mounted, decoded: `'/media'`; `'/'` without one. */
  readonly mountPath: string;
  /**
   * Whether browsers send the cookie only over HTTPS. Required by names with `__Host-` or `__Secure-`, and by
   * `sameSite: 'none'`.
   *
   * @default true
   */
  readonly secure?: boolean | undefined;
  /**
   * Whether browsers send the cookie with requests that pages of other sites cause: `'lax'` only when users follow
   * links, `'strict'` never, `'none'` always.
   *
   * @default 'lax'
   */
  readonly sameSite?: 'lax' | 'strict' | 'none' | undefined;
  /**
   * Whether browsers keep a cookie for each site whose pages embed yours (CHIPS), which they accept where they block
   * other cookies of embedded pages. Needs `sameSite: 'none'`.
   *
   * @default false
   */
  readonly partitioned?: boolean | undefined;
}

/** Properties of the request that contains a link. */
export interface VerifyContext {
  /** The client's address, for links that are bound to one. */
  readonly clientAddress?: string | undefined;
}

/** Result of verifying a link. */
export type VerifyResult =
  | { readonly ok: true; readonly claims: VerifiedClaims }
  | {
      readonly ok: false;
      readonly error: RefusedError;
      /** The claims of a link whose signature is right, although it is refused. */
      readonly claims?: VerifiedClaims;
    };

/** Makes and verifies links; see {@link createUrlSigner}. */
export interface UrlSigner {
  /** Name of the scheme. */
  readonly scheme: string;
  /**
   * Makes a link to a file: the URL path to append to the mount path of the handler.
   *
   * @param path - relative to the root, decoded: a string, or a list of segments.
   * @returns a path such as `/6zVj….6a3f0c80/report.pdf`, percent-encoded; with `prefix` it ends with a
   * slash.
   * @throws TypeError for an invalid path or claim, or a claim that the scheme cannot carry; its `option` is
   * `path`, or the name of the claim.
   */
  sign(path: string | readonly string[], claims?: LinkClaims): string;
  /**
   * Makes a cookie that opens everything below a directory, for handlers with the option `cookie`. `hmac`
   * only.
   *
   * Browsers send it to URLs below the directory, until it expires. One that has expired deletes it.
   *
   * @param path - the directory, relative to the root, decoded; `''` for all files.
   * @returns the value of a `Set-Cookie` header, with `HttpOnly`, and by default `Secure` and `SameSite=Lax`.
   * @throws {@link BadOptionError} when an option is missing, unknown or wrong, or for another scheme;
   * TypeError for an invalid path or claim.
   */
  cookie(path: string | readonly string[], options: CookieOptions): string;
  /**
   * Verifies that a link is genuine and valid now. Never throws for input that a client can send.
   *
   * Equivalent spellings are accepted: `%7E` for `~`.
   *
   * @param urlPath - the result of {@link UrlSigner.sign}, including the query.
   */
  verify(urlPath: string, context?: VerifyContext): VerifyResult;
}

/** Options for links. */
export interface TokenOptions {
  /** Format of the links: the name of a built-in scheme, or a scheme of your own. @default 'hmac' */
  readonly scheme?: TokenSchemeName | TokenScheme | undefined;
  /**
   * Hash or HMAC of the scheme.
   *
   * `hmac`: `'sha256'`, `'sha384'` or `'sha512'`; `wsgi-xsendfile`: a hash of `node:crypto`, or a
   * function that maps a string to hexadecimal digits; `secdownload`: `'md5'`, `'hmac-sha1'`,
   * `'hmac-sha256'`.
   *
   * @default `'sha256'` for `hmac`; `'md5'` for `wsgi-xsendfile`; `'hmac-sha256'` for `secdownload`
   */
  readonly algorithm?: string | ((text: string) => string) | undefined;
  /**
   * Seconds for which a link is valid: the default for `hmac` and `secure-link`, and the lifetime of all
   * links of schemes that contain the signing time.
   *
   * @default 120
   */
  readonly timeout?: number | undefined;
  /**
   * Seconds by which the signing time of a link may lie in the future, for schemes that contain it.
   *
   * `Infinity` accepts any, as wsgi-xsendfile does.
   *
   * @default `timeout`, as in lighttpd
   */
  readonly clockTolerance?: number | undefined;
  /**
   * Maximum remaining lifetime of a link in seconds; links that expire later are refused.
   *
   * @default Infinity
   */
  readonly maxLifetime?: number | undefined;
  /**
   * Purpose of the links: a link signed with the same secret for another purpose is refused. `hmac`
   * only.
   *
   * @default ''
   */
  readonly purpose?: string | undefined;
  /**
   * Mount path of the handler, decoded, which `secure-link` signs together with the file's path.
   *
   * @default ''
   */
  readonly mountPath?: string | undefined;
  /**
   * Names of the query arguments of `secure-link`.
   *
   * @default `{ mac: 'md5', expires: 'expires' }`
   */
  readonly queryArguments?: { readonly mac: string; readonly expires: string } | undefined;
  /**
   * Whether `mod-auth-token` and `secure-link` sign the client's address: mod_auth_token's
   * AuthTokenLimitByIp, `$remote_addr` in nginx's secure_link_md5.
   *
   * @default false
   */
  readonly limitByIp?: boolean | undefined;
  /**
   * Name of the cookie of {@link UrlSigner.cookie}, which {@link authToken} also accepts, for requests
   * without a link in the path. `hmac` only.
   *
   * @default no cookies are accepted
   */
  readonly cookie?: string | undefined;
  /** The clock, in milliseconds. @default `Date.now` */
  readonly now?: (() => number) | undefined;
}

/** Options of a scheme, with defaults; the mount path has no trailing slash. */
export type TokenConfiguration = Required<Pick<TokenOptions, 'algorithm'>> & {
  readonly [Name in
    | 'timeout'
    | 'purpose'
    | 'mountPath'
    | 'queryArguments'
    | 'limitByIp']: NonNullable<TokenOptions[Name]>;
};

/** A link to be signed; all fields have been checked. */
export interface UnsignedLink {
  /** Path segments of the file, decoded. */
  readonly segments: readonly string[];
  /** The current time, in seconds since the epoch. */
  readonly now: number;
  /** Time when the link expires, in seconds since the epoch. */
  readonly expires: number;
  /** The other claims. */
  readonly claims: SignedClaims;
}

/** Checked claims; times are in seconds since the epoch. */
export interface SignedClaims {
  /** Time from which the link is valid. */
  readonly notBefore?: number;
  /** Canonical, with the prefix length: `192.0.2.1/32`. */
  readonly ip?: string;
  /** File name for the download. */
  readonly filename?: string;
  /** Whether browsers display or save the file. */
  readonly disposition?: 'inline' | 'attachment';
  /** Number of signed segments. */
  readonly prefix?: number;
  /** Identifier of the link. */
  readonly id?: string;
  /** Number of downloads. */
  readonly uses?: number;
  /** Bytes per second. */
  readonly rate?: number;
}

/** A link in a request. */
export interface ReceivedLink {
  /** Segments of the URL's path, decoded, including the segments of the token. */
  readonly segments: readonly string[];
  /** Query of the URL, not decoded, without the question mark. */
  readonly query: string;
  /** The client's address in canonical form; undefined if it is unknown or untrusted. */
  readonly clientAddress: string | undefined;
}

/** A parsed link, which is not authentic until `mac` equals `expectedMac(key)`. */
export interface ParsedLink {
  /** The signature in the link. */
  readonly mac: string;
  /** Computes the signature with a key. */
  readonly expectedMac: (key: Buffer) => string;
  /** Path segments of the file. */
  readonly segments: readonly string[];
  /** Time when the link expires, in seconds since the epoch. */
  readonly expires: number;
  /** Time when the link was made, in seconds since the epoch, if the scheme includes it. */
  readonly made?: number;
  /** The other claims. */
  readonly claims: SignedClaims;
}

/** Name of a claim, see {@link LinkClaims}. @useDeclaredType */
export type ClaimName = keyof LinkClaims;

/** Defines the format of links, and how they are signed. */
export interface TokenScheme {
  /** Name for error messages and {@link UrlSigner.scheme}. */
  readonly name: string;
  /** Names of the claims that its links can carry. */
  readonly carries: readonly ClaimName[];
  /** Whether the client's address is signed without being part of the link. */
  readonly needsAddress?: boolean;
  /** Minimum length of a secret in bytes; without it, short secrets only cause a warning. */
  readonly minSecretBytes?: number;
  /** Returns the URL path of a link, percent-encoded. */
  readonly format: (link: UnsignedLink, key: Buffer) => string;
  /** Parses a link; undefined if it is not a link of this scheme. */
  readonly parse: (link: ReceivedLink) => ParsedLink | undefined;
}
