import { splitList } from '../shared/headers.js';
import type { Headers } from '../types.js';

/** Directives that let a cache use a response without revalidation, in seconds. */
const LIFETIME = /^(max-age|stale-while-revalidate|stale-if-error)\s*=\s*"?(\d+)"?$/i;
/** Directives that let shared caches store it. */
const SHARED = /^(?:public|s-maxage\b.*)$/i;

/**
 * Returns the headers of a response to a signed link: no cache keeps the file after the link expires,
 * and no Referer discloses the link.
 *
 * @param cacheControl - the Cache-Control without the link.
 * @param remaining - seconds until the link expires.
 */
export function linkHeaders(cacheControl: string | undefined, remaining: number): Headers {
  const headers: Headers = { 'Referrer-Policy': 'no-referrer' };
  if (cacheControl === undefined) return headers;
  const directives = splitList(cacheControl)
    .filter((directive) => !SHARED.test(directive))
    .map((directive) => shorten(directive, Math.max(remaining, 0)));
  const isPrivate = directives.some((directive) => /^(?:private|no-store)\b/i.test(directive));
  headers['Cache-Control'] = (isPrivate ? directives : ['private', ...directives]).join(', ');
  return headers;
}

function shorten(directive: string, seconds: number): string {
  const [, name, value] = LIFETIME.exec(directive) ?? [];
  return name === undefined ? directive : `${name}=${Math.min(Number(value), seconds)}`;
}
