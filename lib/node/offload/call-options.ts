import { type OutgoingHttpHeader, validateHeaderName, validateHeaderValue } from 'node:http';
import ms, { type StringValue } from 'ms';
import { type Configuration, LONGEST_MAX_AGE_MS } from '../../pipeline/options.js';
import type { DotfilePolicy, Headers } from '../../types.js';
import type { Call } from './call.js';

/** Changes that the options of one call make to the configuration of the handler. */
export interface CallOptions {
  /** Undefined for the handler's policy. */
  readonly dotfiles: DotfilePolicy | undefined;
  /** Treated as set by the application, but only if there is a file. */
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
 * Parses the options of a call, which have the same meaning as in Express.
 *
 * @param hasEtags - the application's `etag` setting.
 * @returns undefined for a wrong `dotfiles`: the original method throws its own error for that.
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
      // Express 5 overwrites a call's `etag` with the setting, so `true` may not come from the call.
      ...(options.etag === false || !hasEtags ? { etag: false } : {}),
      ...(lastModified === undefined ? {} : { lastModified: Boolean(lastModified) }),
      ...(acceptRanges === undefined ? {} : { acceptRanges: Boolean(acceptRanges) }),
    },
  };
}

/** A call that gives one of the three gets the header of Express, `public` included. */
function parseCacheControl(options: Call['options']): CallOptions['changes'] {
  const { cacheControl, immutable } = options;
  const maxAge = options.maxAge || options.maxage;
  const given = [options.maxAge, options.maxage, cacheControl, immutable];
  if (given.every((value) => value === undefined)) return {};
  if (cacheControl !== undefined && !cacheControl) {
    return { cacheControl: undefined, isCacheControlGiven: true };
  }
  const age = typeof maxAge === 'string' ? ms(maxAge as StringValue) : Number(maxAge);
  // As in Express, invalid and negative times count as 0.
  const seconds = Math.floor(Math.min(Math.max(0, age || 0), LONGEST_MAX_AGE_MS) / 1000);
  return {
    cacheControl: `public, max-age=${seconds}${immutable ? ', immutable' : ''}`,
    isCacheControlGiven: true,
  };
}

/** Throws here, while the caller can still catch the error. */
function checkHeaders(headers: unknown): Headers {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(headers as Record<string, OutgoingHttpHeader>);
  for (const [name, value] of entries) {
    validateHeaderName(name);
    validateHeaderValue(name, value as string);
  }
  return Object.fromEntries(entries);
}
