import { BadOptionError } from '../index.js';
import { show } from '../shared/option-checks.js';
import { findAlike } from '../shared/suggestion.js';

/** RFC 3986 §3.3: segments of `pchar`, none of them empty. */
const ABSOLUTE_PATH = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-F]{2})+)+\/?$/i;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * Returns a mount path without a slash at its end; `''` for none.
 *
 * @throws {@link BadOptionError} if it is not a percent-encoded URL path.
 */
export function parsePrefix(prefix: unknown, caller: string): string {
  if (prefix === undefined || prefix === '' || prefix === '/') return '';
  if (typeof prefix === 'string' && ABSOLUTE_PATH.test(prefix) && !DOT_SEGMENT.test(prefix)) {
    return prefix.replace(/\/$/, '');
  }
  throw new BadOptionError(
    `${caller}: prefix must be a percent-encoded URL path such as "/files", got ${show(prefix)}.`,
    { option: 'prefix' },
  );
}

/**
 * Checks that no option is a misspelt `prefix`, which the core does not know.
 *
 * @throws {@link BadOptionError}
 */
export function checkPrefixName(options: object, caller: string): void {
  for (const name of Object.keys(options)) {
    if (name === 'prefix' || findAlike(name, ['prefix']) === undefined) continue;
    throw new BadOptionError(`${caller}: unknown option ${show(name)}. Did you mean "prefix"?`, {
      option: name,
    });
  }
}
