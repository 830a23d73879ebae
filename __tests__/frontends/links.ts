/** What the links are signed with; a configuration can hold it without quoting. */
export const LINK_SECRET = 'secret-of-the-link-tests';

/** A decoded path as a URL has it; not by the package, which is to be tested. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Seconds since the epoch, some seconds from now. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
