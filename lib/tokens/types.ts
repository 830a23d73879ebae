import type { KeyObject } from 'node:crypto';
import type { RefusedError } from '../shared/errors.js';

/**
 * A shared secret: text (taken as UTF-8), bytes, or a secret key of `node:crypto`. Text has no white
 * space at its ends: trim what comes from a file.
 */
export type Secret = string | Uint8Array | KeyObject;

/** Names of the built-in schemes. */
export type TokenSchemeName =
  | 'hmac'
  | 'wsgi-xsendfile'
  | 'mod-auth-token'
  | 'secure-link'
  | 'secdownload';

/** What a link may be bound to, besides its path. Only `hmac` carries all of it. */
export interface LinkClaims {
  /** Seconds from now until the link runs out; not together with `expires`. */
  readonly expiresIn?: number | undefined;
  /** When the link runs out; it is valid until the end of that second. */
  readonly expires?: Date | undefined;
  /** When the link begins to be valid. */
  readonly notBefore?: Date | undefined;
  /** Address of the only client that may use it, or a network such as `'192.0.2.0/24'`; IPv6 means its /64, IPv4 in IPv6 is IPv4. */
  readonly ip?: string | undefined;
  /** File name for the client's disk; goes before all others. `/` and `\` become `_`. */
  readonly filename?: string | undefined;
  /** Whether it is to be shown or stored; `attachment` if there is a `filename` alone. */
  readonly disposition?: 'inline' | 'attachment' | undefined;
  /** Whether the link is for everything below the path, which is a directory then. */
  readonly prefix?: boolean | undefined;
  /** Of your choice, at most 64 characters: the outcome's `tokenId`. */
  readonly id?: string | undefined;
}

/** What a genuine link says. */
export interface VerifiedClaims {
  /** The file below the root, decoded. */
  readonly path: string;
  readonly segments: readonly string[];
  /** When the link runs out. */
  readonly expires: Date;
  /** When the link was made, where the scheme says so. */
  readonly made?: Date;
  readonly notBefore?: Date;
  readonly ip?: string;
  readonly filename?: string;
  readonly disposition?: 'inline' | 'attachment';
  readonly prefix?: boolean;
  readonly id?: string;
  /** Which of the secrets signed it, from 0. */
  readonly keyIndex: number;
}

/** What is known of the request that brought a link. */
export interface VerifyContext {
  /** The client's address, for links that are bound to one. */
  readonly clientAddress?: string | undefined;
}

/** What became of a link. */
export type VerifyResult =
  | { readonly ok: true; readonly claims: VerifiedClaims }
  | {
      readonly ok: false;
      readonly error: RefusedError;
      /** What it says all the same, if the signature was right. */
      readonly claims?: VerifiedClaims;
    };

/** Makes and checks links; see {@link createUrlSigner}. */
export interface UrlSigner {
  /** Name of the scheme. */
  readonly scheme: string;
  /**
   * A link to a file: the URL path to append to the path where the handler is mounted.
   *
   * @param path - below the root, decoded: text, or a list of segments.
   * @returns such as `/6zVj….6a3f0c80/report.pdf`, percent-encoded; with `prefix` it ends in a slash.
   * @throws TypeError for a path or claim that cannot be used, or that the scheme cannot carry.
   */
  sign(path: string | readonly string[], claims?: LinkClaims): string;
  /**
   * Whether a link is genuine and valid now. Never throws for anything that a client can send.
   *
   * How it is spelt does not matter: `%7E` is as good as `~`.
   *
   * @param urlPath - as {@link UrlSigner.sign} returned it, query included.
   */
  verify(urlPath: string, context?: VerifyContext): VerifyResult;
}

/** Options that concern links. */
export interface TokenOptions {
  /** @default 'hmac' */
  readonly scheme?: TokenSchemeName | TokenScheme | undefined;
  /**
   * `hmac`: `'sha256'`, `'sha384'` or `'sha512'`; `wsgi-xsendfile`: a hash of `node:crypto`, or a
   * function from text to hexadecimal digits; `secdownload`: `'md5'`, `'hmac-sha1'`, `'hmac-sha256'`.
   *
   * @default 'sha256'; 'md5' for wsgi-xsendfile; 'hmac-sha256' for secdownload
   */
  readonly algorithm?: string | ((text: string) => string) | undefined;
  /**
   * Seconds for which a link is valid: those of `hmac` and `secure-link` unless they say otherwise,
   * and all links of schemes that tell when they were made.
   *
   * @default 120
   */
  readonly timeout?: number | undefined;
  /**
   * Seconds by which the making of a link may lie ahead, for schemes that tell it.
   *
   * `Infinity` accepts any, as wsgi-xsendfile does.
   *
   * @default the timeout, as lighttpd
   */
  readonly clockTolerance?: number | undefined;
  /**
   * Seconds from now beyond which no link may be valid, whoever signed it.
   *
   * @default Infinity
   */
  readonly maxLifetime?: number | undefined;
  /**
   * What the links are for: one signed for another purpose, with the same secret, is worth nothing.
   * `hmac` only.
   *
   * @default ''
   */
  readonly purpose?: string | undefined;
  /**
   * Path where the handler is mounted, decoded, which `secure-link` signs together with the file's.
   *
   * @default ''
   */
  readonly mountPath?: string | undefined;
  /**
   * Names of the query arguments of `secure-link`.
   *
   * @default { mac: 'md5', expires: 'expires' }
   */
  readonly queryArguments?: { readonly mac: string; readonly expires: string } | undefined;
  /**
   * Whether `mod-auth-token` and `secure-link` sign the client's address: mod_auth_token's
   * AuthTokenLimitByIp, `$remote_addr` in nginx's secure_link_md5.
   *
   * @default false
   */
  readonly limitByIp?: boolean | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** The options of a scheme, complete. */
export interface TokenConfiguration {
  readonly algorithm: string | ((text: string) => string) | undefined;
  /** Seconds. */
  readonly timeout: number;
  readonly purpose: string;
  /** Without a slash at the end. */
  readonly mountPath: string;
  readonly queryArguments: { readonly mac: string; readonly expires: string };
  readonly limitByIp: boolean;
}

/** A link to be made. All of it has been checked. */
export interface UnsignedLink {
  readonly segments: readonly string[];
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds since the epoch. */
  readonly expires: number;
  readonly claims: SignedClaims;
}

/** Claims in their checked form; times in seconds since the epoch. */
export interface SignedClaims {
  readonly notBefore?: number;
  /** Canonical, with the length of the network: `192.0.2.1/32`. */
  readonly ip?: string;
  readonly filename?: string;
  readonly disposition?: 'inline' | 'attachment';
  /** How many of the segments are signed. */
  readonly prefix?: number;
  readonly id?: string;
}

/** A link that came with a request. */
export interface ReceivedLink {
  /** Of the URL's path, decoded, the token's among them. */
  readonly segments: readonly string[];
  /** The URL's query as it came, without the question mark. */
  readonly query: string;
  /** The client's address in canonical form; undefined if it is not known, or not to be trusted. */
  readonly clientAddress: string | undefined;
}

/** A link taken apart. Nothing of it is proven as long as `mac` is not what it should be. */
export interface ParsedLink {
  /** The signature that the link shows. */
  readonly mac: string;
  /** The signature that it would have with a key. */
  readonly expectedMac: (key: Buffer) => string;
  /** The file. */
  readonly segments: readonly string[];
  /** Seconds since the epoch at which the link runs out. */
  readonly expires: number;
  /** Seconds since the epoch at which it was made, if the scheme tells. */
  readonly made?: number;
  readonly claims: SignedClaims;
}

/** Name of a claim. */
export type ClaimName = keyof LinkClaims;

/** How links look, and what is signed in them. */
export interface TokenScheme {
  readonly name: string;
  /** The claims that its links can carry. */
  readonly carries: readonly ClaimName[];
  /** Whether the client's address is part of what is signed, without being shown. */
  readonly needsAddress?: boolean;
  /** Length in bytes below which a secret is refused; others are only warned of. */
  readonly minSecretBytes?: number;
  /** The URL path of a link, percent-encoded. */
  readonly format: (link: UnsignedLink, key: Buffer) => string;
  /** The parts of a link; undefined for what is none of this scheme. */
  readonly parse: (link: ReceivedLink) => ParsedLink | undefined;
}
