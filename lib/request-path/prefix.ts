import { Option } from '../shared/option-reader.js';
import { findAlike } from '../shared/suggestion.js';

/** RFC 3986 §3.3: segments of `pchar`, none of them empty. */
const ABSOLUTE_PATH = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-F]{2})+)+\/?$/i;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/** Reads a mount path, which has no slash at its end afterwards; `''` for none. */
export function readPrefix(prefix: unknown, option: Option): string {
  if (prefix === undefined || prefix === '' || prefix === '/') return '';
  const isPath = typeof prefix === 'string' && ABSOLUTE_PATH.test(prefix);
  const isWildcard = typeof prefix === 'string' && prefix.split('/').includes('*');
  if (isPath && !isWildcard && !DOT_SEGMENT.test(prefix)) return prefix.replace(/\/$/, '');
  const fix = isWildcard ? ' Leave out the wildcard.' : '';
  throw option.wrong('a percent-encoded URL path such as "/files"', prefix, fix);
}

/**
 * Takes the option `prefix` out of options, of which the core knows all others.
 *
 * @throws {@link BadOptionError} if it is wrong, or one of the others is a misspelt `prefix`.
 */
export function splitPrefix<Options extends { readonly prefix?: string | undefined }>(
  { prefix, ...options }: Options,
  caller: string,
): { readonly prefix: string; readonly options: Omit<Options, 'prefix'> } {
  for (const name of Object.keys(options)) {
    if (findAlike(name, ['prefix']) === undefined) continue;
    throw new Option(caller, name).error(
      `unknown option ${JSON.stringify(name)}. Did you mean "prefix"?`,
    );
  }
  return { prefix: readPrefix(prefix, new Option(caller, 'prefix')), options };
}

/** Splits a request target after its first segments: `/a/b/c?d` after one is `/a` and `/b/c?d`. */
export function splitTarget(target: string, segments: number): readonly [string, string] {
  let end = 0;
  for (let count = 0; count < segments; count += 1) {
    const next = target.slice(end + 1).search(/[/?]/);
    if (next < 0) return [target, '/'];
    end += next + 1;
    if (target[end] === '?') break;
  }
  const rest = target.slice(end);
  return [target.slice(0, end), rest.startsWith('?') ? `/${rest}` : rest];
}
