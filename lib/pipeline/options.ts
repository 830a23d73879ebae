import ms, { type StringValue } from 'ms';
import { fixForFilename, formatDisposition } from '../representation/content-disposition.js';
import { checkHeaderValue } from '../representation/header-value.js';
import type { RepresentationOptions } from '../representation/options.js';
import { CONTENT_CODINGS } from '../representation/precompressed.js';
import { createHandshake } from '../servers/handshake.js';
import { resolveSender } from '../servers/senders.js';
import { isEmbedded, serveSender } from '../servers/serve.js';
import { EMBEDDING } from '../shared/embedding.js';
import {
  boolean,
  callback,
  checked,
  count,
  LONGEST_TIMER,
  Option,
  oneOf,
  optional,
  type Read,
  type Readers,
  readNested,
  readOptions,
  synchronous,
  withMethods,
} from '../shared/option-reader.js';
import type { CacheBounds } from '../sources/directory/cache.js';
import type {
  AllowFunction,
  ContentCoding,
  DeliveryReporter,
  Embedding,
  XSendfileOptions,
} from '../types.js';

const DEFAULT_CACHE_CONTROL = 'private, no-cache';
/** Seconds; twice nginx's `send_timeout`. */
const DEFAULT_IDLE_TIMEOUT = 120;
/** One year, as in `send`. */
export const LONGEST_MAX_AGE_MS = 365 * 24 * 60 * 60 * 1000;

const CACHE = {
  maxEntries: count(16_384, 0),
  maxBytes: count(32 * 1024 * 1024, 0),
  maxFileSize: count(1024 * 1024, 0),
} satisfies Readers<CacheBounds>;

const OPTIONS = {
  // By default Node sends, which works everywhere.
  sender: (value = 'serve', { caller }) => resolveSender(value, caller),
  handshake: createHandshake,
  path: synchronous(callback<XSendfileOptions['path']>()),
  allow: readAllow,
  rate: synchronous(
    checked<XSendfileOptions['rate']>(
      'a number of bytes per second, 1 or more, or a function',
      (value) => typeof value === 'function' || isRate(value),
    ),
  ),
  within: synchronous(callback<XSendfileOptions['within']>()),
  dotfiles: oneOf('ignore', 'deny', 'allow'),
  symlinks: oneOf('inside', 'deny', 'follow'),
  collapseSlashes: boolean(false),
  disposition: synchronous(readDisposition),
  activeContent: oneOf('sandbox', 'attachment', 'allow'),
  embedding: EMBEDDING,
  contentType: synchronous(callback<XSendfileOptions['contentType']>()),
  contentEncoding: boolean(true),
  precompressed: checked<readonly ContentCoding[]>(
    `a list of ${CONTENT_CODINGS.map((each) => `'${each}'`).join(', ')}, each at most once`,
    isListOfCodings,
    [],
  ),
  cacheControl: synchronous(readCacheControl),
  maxAge: optional(readMaxAge),
  immutable: boolean(false),
  etag: synchronous(
    checked<NonNullable<XSendfileOptions['etag']>>(
      'true or false',
      (value) => typeof value === 'boolean' || typeof value === 'function',
      true,
    ),
  ),
  lastModified: boolean(true),
  acceptRanges: boolean(true),
  cache: (value, option) =>
    value === false ? undefined : readNested(value === undefined ? {} : value, option, CACHE),
  idleTimeout: checked<number>(
    'a number of seconds (0 for no limit)',
    (value) => typeof value === 'number' && value >= 0 && value <= LONGEST_TIMER,
    DEFAULT_IDLE_TIMEOUT,
  ),
  setHeaders: synchronous(callback<XSendfileOptions['setHeaders']>()),
  fallthrough: boolean(false),
  onRefused: callback<XSendfileOptions['onRefused']>(),
  onFinish: callback<XSendfileOptions['onFinish']>(),
  reports: optional(
    withMethods<DeliveryReporter>(
      'the result of deliveryReports(), or an object with begin and end',
      'begin',
      'end',
    ),
  ),
} satisfies Readers<XSendfileOptions>;

/** Names of all options. */
export const XSENDFILE_OPTIONS = Object.keys(OPTIONS);

type ReadOptions = Read<typeof OPTIONS>;

/** The options, checked and with defaults; the same for every request. */
export interface Configuration
  extends Omit<ReadOptions, keyof RepresentationOptions | 'maxAge' | 'immutable' | 'idleTimeout'>,
    RepresentationOptions {
  readonly idleTimeoutMs: number;
  /** Policy of responses without a file. */
  readonly refusedEmbedding: Embedding;
}

/**
 * Checks the options and adds the defaults.
 *
 * @param caller - name of the factory, for messages.
 * @throws {@link BadOptionError} or {@link BadSenderError}.
 */
export function parseOptions(options: XSendfileOptions = {}, caller: string): Configuration {
  const read = readOptions(caller, options, OPTIONS);
  checkSender(options, read, caller);
  const { idleTimeout, maxAge, immutable, ...rest } = read;
  if (rest.within !== undefined && rest.symlinks === 'follow') {
    throw new Option(caller, 'within').error(
      "within and symlinks: 'follow' are mutually exclusive: a link that is followed anywhere leaves every directory. Use 'inside' or 'deny'.",
    );
  }
  return Object.freeze({
    ...rest,
    cacheControl: combineCacheControl(read, caller),
    isCacheControlGiven: maxAge !== undefined || rest.cacheControl !== true,
    // With 'deny', no part of the path may be a link, which a stat of the file does not show.
    cache: rest.symlinks === 'deny' ? undefined : rest.cache,
    idleTimeoutMs: idleTimeout * 1000,
    refusedEmbedding: rest.embedding,
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

/** The configuration for content of the application, which has no name on a disk: Node sends it. */
export function configForContent(config: Configuration): Configuration {
  return Object.freeze({
    ...config,
    sender: serveSender(),
    precompressed: [],
    etag: config.etag === false ? false : 'declared',
  });
}

/** A handshake is for a server in front; one that is undefined comes from an unset variable. */
function checkSender(given: XSendfileOptions, { sender }: ReadOptions, caller: string): void {
  if (given.sender === undefined && given.handshake !== undefined) {
    throw new Option(caller, 'sender').error(
      "sender is missing, but there is a handshake. Which server is in front of the application? Name it, as in sender: 'nginx'.",
    );
  }
  // An unset variable must not silently mean "there is always a front end".
  if (!isEmbedded(sender) && 'handshake' in given && given.handshake === undefined) {
    throw new Option(caller, 'handshake').error(
      'handshake is undefined. Is the environment variable set? Pass the secret, or false if there is always a front end.',
    );
  }
}

function readAllow(allow: unknown, option: Option): readonly AllowFunction[] {
  const functions: readonly unknown[] = allow === undefined ? [] : [allow].flat();
  if (functions.every((each) => typeof each === 'function')) return functions as AllowFunction[];
  throw option.wrong('a function or a list of functions', allow);
}

/** Whether a value is a rate: bytes per second, 1 or more. */
export function isRate(value: unknown): value is number {
  return typeof value === 'number' && value >= 1 && value <= Number.MAX_SAFE_INTEGER;
}

function isListOfCodings(codings: unknown): boolean {
  const known: readonly unknown[] = CONTENT_CODINGS;
  return (
    Array.isArray(codings) &&
    codings.every((each, index) => known.includes(each) && codings.indexOf(each) === index)
  );
}

function readDisposition(given: unknown, option: Option): XSendfileOptions['disposition'] {
  const disposition = given as XSendfileOptions['disposition'];
  if (disposition === undefined || typeof disposition === 'function') return disposition;
  try {
    formatDisposition(disposition, 'name', 'options.disposition');
    return disposition;
  } catch {
    throw option.wrong(
      "'inline', 'attachment', { type, filename }, a header value or a function",
      disposition,
      fixForFilename(disposition),
    );
  }
}

type CacheControl = NonNullable<XSendfileOptions['cacheControl']>;

function readCacheControl(value: unknown, option: Option): CacheControl {
  if (typeof value === 'function') return value as CacheControl;
  if (typeof value !== 'string') return boolean(true)(value, option);
  try {
    return checkHeaderValue('Cache-Control', value, 'options.cacheControl');
  } catch {
    throw option.wrong('a valid header value', value);
  }
}

/** Returns seconds. */
function readMaxAge(maxAge: unknown, option: Option): number {
  const age = typeof maxAge === 'string' && maxAge !== '' ? ms(maxAge as StringValue) : maxAge;
  if (typeof age !== 'number' || !(age >= 0)) {
    throw option.wrong("milliseconds, or a string such as '1d'", maxAge);
  }
  return Math.floor(Math.min(age, LONGEST_MAX_AGE_MS) / 1000);
}

function combineCacheControl(
  { cacheControl, maxAge, immutable }: ReadOptions,
  caller: string,
): Configuration['cacheControl'] {
  if (immutable && maxAge === undefined) {
    throw new Option(caller, 'immutable').error("immutable requires maxAge, such as '1y'.");
  }
  if (typeof cacheControl !== 'boolean') {
    if (maxAge === undefined) return cacheControl;
    throw new Option(caller, 'maxAge').error(
      'maxAge and cacheControl are mutually exclusive. Put max-age into cacheControl, or omit cacheControl.',
    );
  }
  if (!cacheControl) return undefined;
  if (maxAge === undefined) return DEFAULT_CACHE_CONTROL;
  return `private, max-age=${maxAge}${immutable ? ', immutable' : ''}`;
}
