import { encodePercent } from './path-encoding.js';

/** Formats segments as a URL path in canonical spelling, which the path sanitizer accepts. */
export function formatPath(segments: readonly string[]): string {
  return segments.map((segment) => `/${encodePercent(segment)}`).join('');
}
