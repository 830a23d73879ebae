import { formatPath } from '../shared/url-path.js';

/**
 * A request target with its last names in their canonical spelling, if these are the given ones; what
 * routers matched before them stays as it is. The query is dropped.
 */
export function respellEnd(target: string, segments: readonly string[]): string {
  const names = target.replace(/\?.*/s, '').split('/');
  const end = names.splice(-segments.length);
  const isEnd = end.every((name, index) => decode(name) === segments[index]);
  return isEnd && names.length > 0 ? names.join('/') + formatPath(segments) : target;
}

function decode(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
