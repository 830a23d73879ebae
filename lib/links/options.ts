import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show, showType } from '../shared/option-checks.js';
import { checkCookieName } from './cookies.js';
import { checkMountOption } from './mount-path.js';
import { COOKIE_VERSION, hmacScheme } from './schemes/hmac.js';
import { modAuthTokenScheme } from './schemes/mod-auth-token.js';
import { secdownloadScheme } from './schemes/secdownload.js';
import { secureLinkScheme } from './schemes/secure-link.js';
import { wsgiXsendfileScheme } from './schemes/wsgi-xsendfile.js';
import { LAST_SECOND } from './time.js';
import type { TokenConfiguration, TokenOptions, TokenScheme, TokenSchemeName } from './types.js';

/** Seconds; the default of wsgi-xsendfile. */
const DEFAULT_TIMEOUT = 120;

/** The type ensures that the list is complete. */
const KNOWN: { readonly [option in keyof Required<TokenOptions>]: true } = {
  scheme: true,
  algorithm: true,
  timeout: true,
  clockTolerance: true,
  maxLifetime: true,
  purpose: true,
  mountPath: true,
  queryArguments: true,
  limitByIp: true,
  cookie: true,
  now: true,
};
/** Names of all options for links. */
export const TOKEN_OPTIONS = Object.keys(KNOWN);

type SchemeFactory = (config: TokenConfiguration, caller: string) => TokenScheme;

const SCHEMES: { readonly [name in TokenSchemeName]: SchemeFactory } = {
  hmac: hmacScheme,
  'wsgi-xsendfile': wsgiXsendfileScheme,
  'mod-auth-token': modAuthTokenScheme,
  'secure-link': secureLinkScheme,
  secdownload: secdownloadScheme,
};

/** Options that only some of the built-in schemes support. */
const ONLY_FOR: { readonly [option in keyof TokenOptions]?: readonly TokenSchemeName[] } = {
  algorithm: ['hmac', 'wsgi-xsendfile', 'secdownload'],
  purpose: ['hmac'],
  cookie: ['hmac'],
  mountPath: ['secure-link'],
  queryArguments: ['secure-link'],
  limitByIp: ['mod-auth-token', 'secure-link'],
};

/** Options for links, checked and with defaults. */
export interface SignerConfiguration {
  readonly scheme: TokenScheme;
  /** The scheme of cookies; undefined if there are none for the scheme of the links. */
  readonly cookieScheme: TokenScheme | undefined;
  /** Name of the cookie. */
  readonly cookie: string | undefined;
  /** Seconds. */
  readonly timeout: number;
  /** Seconds. */
  readonly clockTolerance: number;
  /** Seconds. */
  readonly maxLifetime: number;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/**
 * Checks the options for links and adds the defaults.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function parseTokenOptions(options: TokenOptions, caller: string): SignerConfiguration {
  checkKnownKeys(caller, options, TOKEN_OPTIONS);
  const { scheme = 'hmac', now = () => Date.now(), purpose = '', limitByIp = false } = options;
  const fail = (name: keyof TokenOptions, expected: string): never => {
    throw new BadOptionError(`${caller}: ${name} must be ${expected}, got ${show(options[name])}.`);
  };
  const seconds = (
    name: 'timeout' | 'clockTolerance' | 'maxLifetime',
    fallback: number,
  ): number => {
    const value = options[name] === undefined ? fallback : options[name];
    return typeof value === 'number' && value >= 0 ? value : fail(name, 'a number of seconds');
  };

  if (typeof now !== 'function') fail('now', 'a function that returns milliseconds');
  if (typeof purpose !== 'string') fail('purpose', 'a string');
  if (typeof limitByIp !== 'boolean') fail('limitByIp', 'true or false');
  const timeout = seconds('timeout', DEFAULT_TIMEOUT);
  if (!Number.isInteger(timeout) || timeout === 0 || timeout > LAST_SECOND) {
    fail('timeout', 'a whole number of seconds, 1 or more');
  }
  const config: TokenConfiguration = {
    algorithm: options.algorithm,
    timeout,
    purpose,
    mountPath: checkMountOption(options.mountPath, 'mountPath', 'decoded', caller),
    queryArguments: parseQueryArguments(options.queryArguments, caller),
    limitByIp,
  };
  return {
    scheme: resolveScheme(scheme, options, config, caller),
    cookieScheme: scheme === 'hmac' ? hmacScheme(config, caller, COOKIE_VERSION) : undefined,
    cookie:
      options.cookie === undefined ? undefined : checkCookieName(options.cookie, 'cookie', caller),
    timeout,
    clockTolerance: seconds('clockTolerance', timeout),
    maxLifetime: seconds('maxLifetime', Number.POSITIVE_INFINITY),
    now,
  };
}

function resolveScheme(
  scheme: unknown,
  options: TokenOptions,
  config: TokenConfiguration,
  caller: string,
): TokenScheme {
  if (isScheme(scheme)) {
    if (options.cookie === undefined) return scheme;
    throw new BadOptionError(`${caller}: a custom scheme has no cookie; use scheme 'hmac'.`);
  }
  if (typeof scheme !== 'string' || !Object.hasOwn(SCHEMES, scheme)) {
    const known = Object.keys(SCHEMES).map((name) => `'${name}'`);
    throw new BadOptionError(
      `${caller}: scheme must be one of ${known.join(', ')}, or a TokenScheme, got ${typeof scheme === 'string' ? show(scheme) : showType(scheme)}.`,
    );
  }
  const name = scheme as TokenSchemeName;
  for (const [option, schemes] of Object.entries(ONLY_FOR)) {
    if (options[option as keyof TokenOptions] !== undefined && !schemes.includes(name)) {
      throw new BadOptionError(
        `${caller}: scheme '${name}' has no ${option}; it is for ${schemes.join(', ')}.`,
      );
    }
  }
  return SCHEMES[name](config, caller);
}

function isScheme(value: unknown): value is TokenScheme {
  if (typeof value !== 'object' || value === null) return false;
  const { name, carries, format, parse } = value as Partial<Record<keyof TokenScheme, unknown>>;
  return (
    typeof name === 'string' &&
    Array.isArray(carries) &&
    typeof format === 'function' &&
    typeof parse === 'function'
  );
}

function parseQueryArguments(names: unknown, caller: string): TokenConfiguration['queryArguments'] {
  if (names === undefined) return { mac: 'md5', expires: 'expires' };
  const { mac, expires } = (names ?? {}) as { mac?: unknown; expires?: unknown };
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && /^[\w-]+$/.test(name);
  if (isName(mac) && isName(expires) && mac !== expires) return { mac, expires };
  throw new BadOptionError(
    `${caller}: queryArguments must be { mac, expires }, two names of letters and digits, got ${show(names)}.`,
  );
}
