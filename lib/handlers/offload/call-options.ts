import { type OutgoingHttpHeader, validateHeaderName, validateHeaderValue } from 'node:http';
import ms, { type StringValue } from 'ms';
import { type Configuration, LONGEST_MAX_AGE_MS } from '../../pipeline/options.js';
import type { DotfilePolicy, Headers } from '../../types.js';
import type { Call } from './call.js';

/** What the options of one call change in the configuration of the handler. */
export interface CallOptions {
  /** Undefined for the handler's policy. */
  readonly dotfiles: DotfilePolicy | undefined;
  /** These count as set by the application, but only if there is a file. */
  readonly headers: Headers;
  readonly changes: Partial<
    Pick<
      Configuration,
      'cacheControl' | 'isCacheControlGiven' | 'etag' | 'lastModified' | 'acceptRanges'
    >
  >;
}

const POLICIES: readonly unknown[] = [undefined, 'ignore', 'deny', 'allow'];

/**
 * Reads the options of a call, which mean what they mean in Express.
 *
 * @param hasEtags - the application's `etag` setting.
 * @returns undefined for a wrong `dotfiles`: the original method has an error for that.
 * @throws TypeError for a header that cannot be sent.
 */
export function parseCallOptions(
  options: Call['options'],
  hasEtags: boolean,
): CallOptions | undefined {
  const { dotfiles, lastModified, acceptRanges } = options;
  if (!POLICIES.includes(dotfiles)) return undefined;
  return {
    dotfiles: dotfiles as DotfilePolicy | undefined,
    headers: checkHeaders(options.headers),
    changes: {
      ...parseCacheControl(options),
      // Express 5 overwrites a call's `etag` with the setting, so `true` may be nobody's wish.
      ...(options.etag === false || !hasEtags ? { etag: false } : {}),
      ...(lastModified === undefined ? {} : { lastModified: Boolean(lastModified) }),
      ...(acceptRanges === undefined ? {} : { acceptRanges: Boolean(acceptRanges) }),
    },
  };
}

/** Whoever gives one of the three has decided about caches, `public` included. */
function parseCacheControl(options: Call['options']): CallOptions['changes'] {
  const { cacheControl, immutable } = options;
  const maxAge = options.maxAge || options.maxage;
  const given = [options.maxAge, options.maxage, cacheControl, immutable];
  if (given.every((value) => value === undefined)) return {};
  if (cacheControl !== undefined && !cacheControl) {
    return { cacheControl: undefined, isCacheControlGiven: true };
  }
  const age = typeof maxAge === 'string' ? ms(maxAge as StringValue) : Number(maxAge);
  // What is no time counts as none, a minus as well.
  const seconds = Math.floor(Math.min(Math.max(0, age || 0), LONGEST_MAX_AGE_MS) / 1000);
  return {
    cacheControl: `public, max-age=${seconds}${immutable ? ', immutable' : ''}`,
    isCacheControlGiven: true,
  };
}

/** Later there would be nobody to throw to. */
function checkHeaders(headers: unknown): Headers {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(headers as Record<string, OutgoingHttpHeader>);
  for (const [name, value] of entries) {
    validateHeaderName(name);
    validateHeaderValue(name, value as string);
  }
  return Object.fromEntries(entries);
}
