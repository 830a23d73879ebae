import { show, showType } from '../shared/option-checks.js';
import {
  boolean,
  checked,
  Option,
  optional,
  type Readers,
  readOptions,
  unread,
  withDefault,
} from '../shared/option-reader.js';
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

const isSeconds = (value: unknown) => typeof value === 'number' && value >= 0;
const SECONDS = checked<number>('a number of seconds', isSeconds);

const OPTIONS = {
  scheme: withDefault('hmac', readScheme),
  algorithm: unread<TokenOptions['algorithm']>,
  timeout: readTimeout,
  clockTolerance: SECONDS,
  maxLifetime: checked('a number of seconds', isSeconds, Number.POSITIVE_INFINITY),
  purpose: checked<string>('a string', (value) => typeof value === 'string', ''),
  mountPath: (value, option) => checkMountOption(value, 'decoded', option),
  queryArguments: withDefault({ mac: 'md5', expires: 'expires' }, readQueryArguments),
  limitByIp: boolean(false),
  cookie: optional(checkCookieName),
  now: checked<() => number>(
    'a function that returns milliseconds',
    (value) => typeof value === 'function',
    () => Date.now(),
  ),
} satisfies Readers<TokenOptions>;

/** Names of all options for links. */
export const TOKEN_OPTIONS = Object.keys(OPTIONS);

/** Options for links, checked and with defaults: times are in seconds, but the clock is in milliseconds. */
export type SignerConfiguration = ReturnType<typeof parseTokenOptions>;

/**
 * Checks the options for links and adds the defaults.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function parseTokenOptions(options: TokenOptions, caller: string) {
  const read = readOptions(caller, options, OPTIONS);
  const { scheme, timeout, clockTolerance = timeout } = read;
  return {
    ...read,
    clockTolerance,
    scheme: resolveScheme(scheme, options, read, caller),
    /** The scheme of cookies; undefined if there are none for the scheme of the links. */
    cookieScheme: scheme === 'hmac' ? hmacScheme(read, caller, COOKIE_VERSION) : undefined,
  };
}

function readTimeout(value: unknown, option: Option): number {
  const timeout = SECONDS(value, option) ?? DEFAULT_TIMEOUT;
  if (Number.isInteger(timeout) && timeout > 0 && timeout <= LAST_SECOND) return timeout;
  throw option.wrong('a whole number of seconds, 1 or more', timeout);
}

function readScheme(scheme: unknown, option: Option): TokenScheme | TokenSchemeName {
  if (isScheme(scheme)) return scheme;
  if (typeof scheme === 'string' && Object.hasOwn(SCHEMES, scheme)) {
    return scheme as TokenSchemeName;
  }
  const names = Object.keys(SCHEMES).map((name) => `'${name}'`);
  throw option.error(
    `scheme must be one of ${names.join(', ')}, or a TokenScheme, got ${typeof scheme === 'string' ? show(scheme) : showType(scheme)}.`,
  );
}

/** Not all options are for all schemes. */
function resolveScheme(
  scheme: TokenScheme | TokenSchemeName,
  options: TokenOptions,
  config: TokenConfiguration,
  caller: string,
): TokenScheme {
  if (typeof scheme !== 'string') {
    if (options.cookie === undefined) return scheme;
    throw new Option(caller, 'cookie').error("a custom scheme has no cookie; use scheme 'hmac'.");
  }
  for (const [option, schemes] of Object.entries(ONLY_FOR)) {
    if (options[option as keyof TokenOptions] !== undefined && !schemes.includes(scheme)) {
      throw new Option(caller, option).error(
        `scheme '${scheme}' has no ${option}; it is for ${schemes.join(', ')}.`,
      );
    }
  }
  return SCHEMES[scheme](config, caller);
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

function readQueryArguments(names: unknown, option: Option): TokenConfiguration['queryArguments'] {
  const { mac, expires } = (names ?? {}) as { mac?: unknown; expires?: unknown };
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && /^[\w-]+$/.test(name);
  if (isName(mac) && isName(expires) && mac !== expires) return { mac, expires };
  throw option.wrong('{ mac, expires }, two names of letters and digits', names);
}
