/**
 * Times in links: whole seconds since the epoch as exactly eight hexadecimal digits, which last
 * until 2106.
 *
 * Exactly eight, because the schemes that were there before sign `path + time` without a separator:
 * if the time could be longer, a digit at the end of the path could be moved into it, and a link
 * for `inv/1234` would open `inv/123` for centuries.
 */
export const LAST_SECOND = 0xffffffff;

export function formatHexTime(seconds: number): string {
  return seconds.toString(16).padStart(8, '0');
}

/** Milliseconds of a clock as the second that they are in. */
export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
