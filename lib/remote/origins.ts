import { BadUrlError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import type { Option } from '../shared/option-reader.js';

/**
 * Checks the `origins` option.
 *
 * @returns the origins in their canonical spelling, RFC 6454 §6.1.
 * @throws {@link BadOptionError}
 */
export function parseOrigins(given: unknown, option: Option): readonly string[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw option.wrong("a list such as ['https://bucket.s3.example']", given);
  }
  return given.map((each) => parseOrigin(each, option));
}

function parseOrigin(given: unknown, option: Option): string {
  const text = isUrl(given) ? given.href.replace(/\/$/, '') : given;
  const url = typeof text === 'string' ? parseUrl(text) : undefined;
  if (url === undefined || !isHttp(url) || hasCredentials(url)) {
    // A URL may have credentials or a signature.
    const shown = url === undefined ? showType(text) : `${url.protocol}//…`;
    throw option.error(`an origin must be 'https://host' or 'http://host:port', got ${shown}.`);
  }
  if (text !== url.origin || url.hostname.endsWith('.')) {
    const { hostname, origin } = url;
    const fix = hostname.endsWith('.') ? origin.replace(hostname, hostname.slice(0, -1)) : origin;
    throw option.error(
      `an origin must have its canonical spelling, and no path or query. Use '${fix}'.`,
    );
  }
  return url.origin;
}

/**
 * Checks the URL of an object: what is requested is exactly this string, and no other program can read it
 * differently.
 *
 * @throws {@link BadUrlError}
 */
export function checkUrl(given: unknown, origins: readonly string[], caller: string): URL {
  const fail = (problem: string): never => {
    throw new BadUrlError(`${caller}: url must ${problem}`);
  };
  const text = isUrl(given) ? given.href : given;
  if (typeof text !== 'string') return fail(`be a string or a URL, got ${showType(text)}.`);
  const url = parseUrl(text);
  if (url === undefined) return fail(`be an absolute URL, got ${showType(text)}.`);
  if (!isHttp(url)) fail(`begin with https: or http:, got '${url.protocol}'.`);
  if (hasCredentials(url)) fail('have no user name and no password.');
  if (text.includes('#')) fail("have no fragment. Encode '#' as '%23'.");
  if (url.href !== text) {
    fail('have its canonical spelling. Encode it with new URL(url).href before it is signed.');
  }
  if (!origins.includes(url.origin)) {
    fail(
      `be below one of the origins of remoteRoot(), ${origins.join(', ')}; its origin is ${url.origin}.`,
    );
  }
  // The parser of another realm may have made it; this one's has the properties that were checked.
  return url;
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Not by `instanceof`, which fails for a URL of another realm. */
function isUrl(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === '[object URL]';
}
