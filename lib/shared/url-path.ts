import { encodePercent } from './path-encoding.js';

/** Segments as a URL path, in the one spelling that the path sanitizer takes. */
export function formatPath(segments: readonly string[]): string {
  return segments.map((segment) => `/${encodePercent(segment)}`).join('');
}
