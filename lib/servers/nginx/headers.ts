import { DROPPED_HEADERS, KEPT_HEADERS, nameForRestoring } from '../headers.js';
import { nginx } from './traits.js';

/** Headers of the application that nginx keeps when it sends a file, or the response of a store. */
export const KEPT = ['Content-Type', ...KEPT_HEADERS];

const DROPPED = ['X-Content-Type-Options', ...DROPPED_HEADERS];
const HANDLED: ReadonlySet<string> = new Set(
  [...KEPT, ...DROPPED].map((name) => name.toLowerCase()),
);

/** The headers that nginx drops, and the configuration adds again. @param passHeaders - further ones */
export function readdedHeaders(passHeaders: readonly string[]): readonly string[] {
  return [...DROPPED, ...passHeaders.filter((name) => !HANDLED.has(name.toLowerCase()))];
}

/** The directive that passes a header of the application on, under its own name. */
export function addHeader(name: string): string {
  const isRestored = nginx.restored.some((each) => each === name);
  const source = isRestored ? nameForRestoring(name) : name;
  return `add_header ${name} $upstream_http_${variableOf(source)};`;
}

/** A header as the names of variables have it. */
export function variableOf(header: string): string {
  return header.toLowerCase().replaceAll('-', '_');
}
