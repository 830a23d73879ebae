import { decodePercent, formatPath } from '../shared/path-encoding.js';

/**
 * Rewrites the last segments of a request target to their canonical spelling, if they decode to the
 * given ones. The part before them, which routers matched, is unchanged; the query is dropped.
 */
export function canonicalizeTail(target: string, segments: readonly string[]): string {
  const names = target.replace(/\?.*/s, '').split('/');
  const end = names.splice(-segments.length);
  const isEnd = end.every((name, index) => decodePercent(name) === segments[index]);
  return isEnd && names.length > 0 ? names.join('/') + formatPath(segments) : target;
}
