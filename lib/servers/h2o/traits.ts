import { RESOURCE_POLICIES, RESOURCE_POLICY, variesByEmbedding } from '../../shared/embedding.js';
import type { Option } from '../../shared/option-reader.js';
import type { Embedding } from '../../types.js';
import type { Traits } from '../contract.js';
import { DROPPED_HEADERS, KEPT_HEADERS } from '../headers.js';
import { isHost } from '../host.js';
import { isUrlPath } from '../location.js';

/** Headers of the application without which a file must not be sent; h2o drops all of them. */
export const NEEDED_HEADERS: readonly string[] = [...KEPT_HEADERS, ...DROPPED_HEADERS];

/** h2o 2.2. */
export const h2o = {
  name: 'h2o',
  header: 'X-Reproxy-URL',
  defaultLocation: 'http://files.internal:81/',
  passesContentEncoding: false,
  needsValidators: false,
  announcesRanges: true,
  dropped: ['Content-Type', ...NEEDED_HEADERS],
} as const satisfies Traits;

/** Headers that its configuration sets instead of the application's: the defaults of this package. */
export function defaultHeaders(embedding: Embedding): Readonly<Record<string, string>> {
  const vary = variesByEmbedding(embedding);
  return {
    'Cache-Control': 'private, no-cache',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    [RESOURCE_POLICY]: RESOURCE_POLICIES[embedding],
    ...(vary === undefined ? {} : { Vary: vary }),
  };
}

/**
 * Its location: a URL with a slash at its end.
 *
 * @throws {@link BadOptionError}
 */
export function parseLocation(location: unknown, option: Option): string {
  const given = location === undefined ? h2o.defaultLocation : location;
  if (typeof given === 'string' && URL.canParse(given)) {
    const written = given.endsWith('/') ? given : `${given}/`;
    const url = new URL(written);
    // The parser removes dots, users and the like: what it has changed could not be found in h2o's file.
    const plain = `http://${url.host}${url.pathname}`;
    const isUnchanged = plain.toLowerCase() === written.toLowerCase().replace(/:80(?=\/)/, '');
    if (isUnchanged && isHost(url.hostname) && isUrlPath(url.pathname)) return url.href;
  }
  throw option.wrong(`the URL of an internal host, such as "${h2o.defaultLocation}"`, location);
}
