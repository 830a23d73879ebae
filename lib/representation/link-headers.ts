import { splitList } from '../shared/header-list.js';
import type { Headers } from '../types.js';

/** Directives by which a cache may use an answer without asking, for so many seconds. */
const LIFETIME = /^(max-age|stale-while-revalidate|stale-if-error)\s*=\s*"?(\d+)"?$/i;
/** Directives that let others than this visitor have it. */
const SHARED = /^(?:public|s-maxage\b.*)$/i;

/**
 * Headers of an answer to a link: nobody keeps the file for longer than the link is good for, and
 * the link does not travel on in a Referer.
 *
 * @param cacheControl - what would be answered otherwise.
 * @param remaining - seconds for which the link is still valid.
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
