import { unwritable } from '../config/unwritable.js';

/**
 * Quotes a string: a backslash is one, except before a quotation mark.
 *
 * @throws {@link BadOptionError} for a string that ends in a backslash.
 */
export function quote(text: string, option: string, caller: string): string {
  if (text.endsWith('\\')) throw unwritable(text, option, caller, 'with a backslash at its end');
  return `"${text.replaceAll('"', '\\"')}"`;
}
