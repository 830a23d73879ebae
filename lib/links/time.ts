/**
 * Last second that links can express: their times are whole seconds since the epoch in exactly eight
 * hexadecimal digits, which suffice until 2106.
 *
 * Exactly eight, because older schemes sign `path + time` without a separator: with a longer time, a
 * digit at the end of the path could move into the time, and a link for `inv/1234` would open `inv/123`
 * for centuries.
 */
export const LAST_SECOND = 0xffffffff;

/** Formats seconds since the epoch as eight hexadecimal digits. */
export function formatHexTime(seconds: number): string {
  return seconds.toString(16).padStart(8, '0');
}

/** Converts milliseconds to whole seconds, rounded down. */
export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
