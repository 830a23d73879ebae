import ms, { type StringValue } from 'ms';
import { fixForFilename, formatDisposition } from '../representation/content-disposition.js';
import { checkHeaderValue } from '../representation/header-value.js';
import type { RepresentationOptions } from '../representation/options.js';
import { CONTENT_CODINGS } from '../representation/precompressed.js';
import { createHandshake, type Handshake } from '../servers/handshake.js';
import { resolveSender } from '../servers/senders.js';
import { isEmbedded, serveSender } from '../servers/serve.js';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show, showType } from '../shared/option-checks.js';
import type { CacheBounds } from '../sources/directory/cache.js';
import type {
  AllowFunction,
  ContentCoding,
  DeliveryReporter,
  Sender,
  XSendfileOptions,
} from '../types.js';

/** The options, checked and with defaults; the same for every request. */
export interface Configuration extends RepresentationOptions {
  readonly sender: Sender;
  readonly handshake: Handshake;
  readonly path: XSendfileOptions['path'];
  readonly allow: readonly AllowFunction[];
  readonly rate: XSendfileOptions['rate'];
  readonly within: XSendfileOptions['within'];
  readonly dotfiles: NonNullable<XSendfileOptions['dotfiles']>;
  readonly symlinks: NonNullable<XSendfileOptions['symlinks']>;
  readonly collapseSlashes: boolean;
  readonly acceptRanges: boolean;
  /** Undefined for no cache. */
  readonly cache: CacheBounds | undefined;
  readonly idleTimeoutMs: number;
  readonly setHeaders: XSendfileOptions['setHeaders'];
  readonly fallthrough: boolean;
  readonly onRefused: XSendfileOptions['onRefused'];
  readonly onFinish: XSendfileOptions['onFinish'];
  readonly reports: DeliveryReporter | undefined;
}

/** The type ensures that the list is complete. */
const KNOWN: { readonly [option in keyof Required<XSendfileOptions>]: true } = {
  sender: true,
  handshake: true,
  path: true,
  allow: true,
  rate: true,
  within: true,
  dotfiles: true,
  symlinks: true,
  collapseSlashes: true,
  disposition: true,
  activeContent: true,
  contentType: true,
  contentEncoding: true,
  precompressed: true,
  cacheControl: true,
  maxAge: true,
  immutable: true,
  etag: true,
  lastModified: true,
  acceptRanges: true,
  cache: true,
  idleTimeout: true,
  setHeaders: true,
  fallthrough: true,
  onRefused: true,
  onFinish: true,
  reports: true,
};

/** Names of all options. */
export const XSENDFILE_OPTIONS = Object.keys(KNOWN);

const DEFAULT_CACHE_CONTROL = 'private, no-cache';
const DEFAULT_CACHE = { maxEntries: 16_384, maxBytes: 32 * 1024 * 1024, maxFileSize: 1024 * 1024 };
/** Seconds; twice nginx's `send_timeout`. */
const DEFAULT_IDLE_TIMEOUT = 120;
/** Seconds; the limit of Node's timers. */
const LONGEST_IDLE_TIMEOUT = 2 ** 31 / 1000 - 1;
/** One year, as in `send`. */
export const LONGEST_MAX_AGE_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * Checks the options and adds the defaults.
 *
 * @param caller - name of the factory, for messages.
 * @throws {@link BadOptionError} or {@link BadSenderError}.
 */
export function parseOptions(options: XSendfileOptions = {}, caller: string): Configuration {
  checkKnownKeys(caller, options, XSENDFILE_OPTIONS);
  const check = new OptionReader(options, caller);
  return Object.freeze({
    sender: parseSender(options, caller),
    handshake: createHandshake(options.handshake, caller),
    path: check.function('path'),
    allow: parseAllow(options.allow, caller),
    rate: parseRate(options.rate, caller),
    within: parseWithin(options, check, caller),
    dotfiles: check.oneOf('dotfiles', ['ignore', 'deny', 'allow']),
    symlinks: check.oneOf('symlinks', ['inside', 'deny', 'follow']),
    collapseSlashes: check.boolean('collapseSlashes', false),
    disposition: parseDisposition(options.disposition, caller),
    activeContent: check.oneOf('activeContent', ['sandbox', 'attachment', 'allow']),
    contentType: check.function('contentType'),
    contentEncoding: check.boolean('contentEncoding', true),
    precompressed: parsePrecompressed(options.precompressed, caller),
    cacheControl: parseCacheControl(options, check, caller),
    isCacheControlGiven:
      options.maxAge !== undefined ||
      !(options.cacheControl === undefined || options.cacheControl === true),
    etag: typeof options.etag === 'function' ? options.etag : check.boolean('etag', true),
    lastModified: check.boolean('lastModified', true),
    acceptRanges: check.boolean('acceptRanges', true),
    cache: parseCache(options, caller),
    idleTimeoutMs: parseIdleTimeout(options.idleTimeout, caller) * 1000,
    setHeaders: check.function('setHeaders'),
    fallthrough: check.boolean('fallthrough', false),
    onRefused: check.function('onRefused'),
    onFinish: check.function('onFinish'),
    reports: parseReports(options.reports, caller),
  });
}

/** The configuration for objects of a store: only the store knows their tags, and whether their bytes are compressed. */
export function configForStore(config: Configuration): Configuration {
  return Object.freeze({
    ...config,
    contentEncoding: false,
    etag: config.etag === false ? false : 'declared',
  });
}

/** The configuration for content of the application, which has no name on a disk: this process sends it. */
export function configForContent(config: Configuration): Configuration {
  return Object.freeze({
    ...config,
    sender: serveSender(),
    precompressed: [],
    etag: config.etag === false ? false : 'declared',
  });
}

/** By default this process sends, which works everywhere. */
function parseSender(options: XSendfileOptions, caller: string): Sender {
  const { sender, handshake } = options;
  if (sender === undefined && handshake !== undefined) {
    throw new BadOptionError(
      `${caller}: sender is missing, but there is a handshake. Which server is in front of the application? Name it, as in sender: 'nginx'.`,
    );
  }
  const resolved = resolveSender(sender === undefined ? 'serve' : sender, caller);
  // An unset variable must not silently mean "there is always a front end".
  if (!isEmbedded(resolved) && 'handshake' in options && handshake === undefined) {
    throw new BadOptionError(
      `${caller}: handshake is undefined. Is the environment variable set? Pass the secret, or false if there is always a front end.`,
    );
  }
  return resolved;
}

type OptionName = keyof XSendfileOptions;

class OptionReader {
  readonly #options: XSendfileOptions;
  readonly #caller: string;

  constructor(options: XSendfileOptions, caller: string) {
    this.#options = options;
    this.#caller = caller;
  }

  boolean(name: OptionName, fallback: boolean): boolean {
    const value: unknown = this.#options[name];
    if (value === undefined) return fallback;
    if (typeof value === 'boolean') return value;
    throw this.#wrong(name, 'true or false');
  }

  function<Name extends OptionName>(
    name: Name,
  ): Extract<XSendfileOptions[Name], (...args: never[]) => unknown> | undefined {
    const value: unknown = this.#options[name];
    if (value === undefined || typeof value === 'function') {
      return value as Extract<XSendfileOptions[Name], (...args: never[]) => unknown> | undefined;
    }
    throw this.#wrong(name, 'a function');
  }

  /** The first value is the default. */
  oneOf<const Value extends string>(name: OptionName, values: readonly [Value, ...Value[]]): Value {
    const value: unknown = this.#options[name];
    if (value === undefined) return values[0];
    const found = values.find((each) => each === value);
    if (found !== undefined) return found;
    throw this.#wrong(name, values.map((each) => `'${each}'`).join(', '));
  }

  #wrong(name: OptionName, expected: string): BadOptionError {
    return wrongOption(this.#caller, name, expected, this.#options[name]);
  }
}

function wrongOption(
  caller: string,
  name: OptionName,
  expected: string,
  value: unknown,
): BadOptionError {
  return new BadOptionError(`${caller}: ${name} must be ${expected}, got ${show(value)}.`);
}

function parseAllow(allow: unknown, caller: string): readonly AllowFunction[] {
  const functions: readonly unknown[] =
    allow === undefined ? [] : Array.isArray(allow) ? [...allow] : [allow];
  if (functions.every((each) => typeof each === 'function')) return functions as AllowFunction[];
  throw wrongOption(caller, 'allow', 'a function or a list of functions', allow);
}

/** Whether a value is a rate: bytes per second, 1 or more. */
export function isRate(value: unknown): value is number {
  return typeof value === 'number' && value >= 1 && value <= Number.MAX_SAFE_INTEGER;
}

function parseRate(rate: XSendfileOptions['rate'], caller: string): XSendfileOptions['rate'] {
  if (rate === undefined || typeof rate === 'function' || isRate(rate)) return rate;
  throw wrongOption(caller, 'rate', 'a number of bytes per second, 1 or more, or a function', rate);
}

function parseWithin(
  { symlinks }: XSendfileOptions,
  check: OptionReader,
  caller: string,
): XSendfileOptions['within'] {
  const within = check.function('within');
  if (within === undefined || symlinks !== 'follow') return within;
  throw new BadOptionError(
    `${caller}: within and symlinks: 'follow' are mutually exclusive: a link that is followed anywhere leaves every directory. Use 'inside' or 'deny'.`,
  );
}

function parsePrecompressed(codings: unknown, caller: string): readonly ContentCoding[] {
  if (codings === undefined) return [];
  const known: readonly unknown[] = CONTENT_CODINGS;
  const isValid =
    Array.isArray(codings) &&
    codings.every((each, index) => known.includes(each) && codings.indexOf(each) === index);
  if (isValid) return [...codings];
  const names = CONTENT_CODINGS.map((each) => `'${each}'`).join(', ');
  throw wrongOption(caller, 'precompressed', `a list of ${names}, each at most once`, codings);
}

function parseDisposition(
  disposition: XSendfileOptions['disposition'],
  caller: string,
): XSendfileOptions['disposition'] {
  if (disposition === undefined || typeof disposition === 'function') return disposition;
  try {
    formatDisposition(disposition, 'name', 'options.disposition');
    return disposition;
  } catch {
    throw new BadOptionError(
      `${caller}: disposition must be 'inline', 'attachment', { type, filename }, a header value or a function, got ${show(disposition)}.${fixForFilename(disposition)}`,
    );
  }
}

function parseCache(
  { cache, symlinks }: XSendfileOptions,
  caller: string,
): CacheBounds | undefined {
  if (cache !== undefined && cache !== false) {
    checkKnownKeys(`${caller}: cache`, cache, Object.keys(DEFAULT_CACHE));
  }
  // With 'deny', no part of the path may be a link, which a stat of the file does not show.
  if (cache === false || symlinks === 'deny') return undefined;
  const bounds = { ...DEFAULT_CACHE };
  for (const name of Object.keys(bounds) as (keyof CacheBounds)[]) {
    const value = cache?.[name];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new BadOptionError(
        `${caller}: cache.${name} must be a whole number, 0 or more, got ${show(value)}.`,
      );
    }
    bounds[name] = value;
  }
  return bounds;
}

function parseIdleTimeout(seconds: unknown, caller: string): number {
  if (seconds === undefined) return DEFAULT_IDLE_TIMEOUT;
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= LONGEST_IDLE_TIMEOUT)
    return seconds;
  throw wrongOption(caller, 'idleTimeout', 'a number of seconds (0 for no limit)', seconds);
}

function parseReports(reports: unknown, caller: string): DeliveryReporter | undefined {
  if (reports === undefined) return undefined;
  const { begin, end } = (reports ?? {}) as Partial<DeliveryReporter>;
  if (typeof begin === 'function' && typeof end === 'function') return reports as DeliveryReporter;
  throw new BadOptionError(
    `${caller}: reports must be the result of deliveryReports(), or an object with begin and end, got ${showType(reports)}.`,
  );
}

function parseCacheControl(
  options: XSendfileOptions,
  check: OptionReader,
  caller: string,
): Configuration['cacheControl'] {
  const { cacheControl } = options;
  const directives = parseMaxAge(options, check, caller);
  if (typeof cacheControl === 'string' || typeof cacheControl === 'function') {
    if (directives !== undefined) {
      throw new BadOptionError(
        `${caller}: maxAge and cacheControl are mutually exclusive. Put max-age into cacheControl, or omit cacheControl.`,
      );
    }
    if (typeof cacheControl === 'function') return cacheControl;
    try {
      return checkHeaderValue('Cache-Control', cacheControl, 'options.cacheControl');
    } catch {
      throw wrongOption(caller, 'cacheControl', 'a valid header value', cacheControl);
    }
  }
  if (!check.boolean('cacheControl', true)) return undefined;
  return directives ?? DEFAULT_CACHE_CONTROL;
}

function parseMaxAge(
  { maxAge }: XSendfileOptions,
  check: OptionReader,
  caller: string,
): string | undefined {
  const immutable = check.boolean('immutable', false);
  if (maxAge === undefined) {
    if (!immutable) return undefined;
    throw new BadOptionError(`${caller}: immutable requires maxAge, such as '1y'.`);
  }
  const age = typeof maxAge === 'string' && maxAge !== '' ? ms(maxAge as StringValue) : maxAge;
  if (typeof age !== 'number' || !(age >= 0)) {
    throw wrongOption(caller, 'maxAge', "milliseconds, or a string such as '1d'", maxAge);
  }
  const seconds = Math.floor(Math.min(age, LONGEST_MAX_AGE_MS) / 1000);
  return `private, max-age=${seconds}${immutable ? ', immutable' : ''}`;
}
