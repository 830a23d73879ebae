import { BadOptionError } from '../index.js';
import { show } from '../shared/option-checks.js';

/**
 * Returns a mount path without a slash at its end; `''` for none.
 *
 * @throws {@link BadOptionError} if it is not a percent-encoded URL path.
 */
export function parsePrefix(prefix: unknown, caller: string): string {
  if (prefix === undefined || prefix === '' || prefix === '/') return '';
  if (typeof prefix === 'string' && prefix.startsWith('/') && isCanonical(prefix)) {
    return prefix.replace(/\/$/, '');
  }
  throw new BadOptionError(
    `${caller}: prefix must be a percent-encoded URL path such as "/files", got ${show(prefix)}.`,
  );
}

function isCanonical(path: string): boolean {
  const base = 'http://localhost';
  return (
    URL.canParse(path, base) && new URL(path, base).href === `${base}${path}` && !/[?#]/.test(path)
  );
}
