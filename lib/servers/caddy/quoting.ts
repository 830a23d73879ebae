import { unwritable } from '../config/unwritable.js';

/**
 * Quotes a string: between backticks everything is as it is; between quotation marks a backslash before one
 * goes. Braces would be placeholders.
 *
 * @throws {@link BadOptionError} for what neither can hold.
 */
export function quote(text: string, option: string, caller: string): string {
  // Read before anything else, quoted or not.
  if (text.includes('{$')) throw unwritable(text, option, caller, 'with "{$"');
  const escaped = text.replace(/[{}]/g, '\\$&');
  if (!escaped.includes('`')) return /^[\w./:-]+$/.test(escaped) ? escaped : `\`${escaped}\``;
  if (!/\\(?:"|$)/.test(escaped)) return `"${escaped.replaceAll('"', '\\"')}"`;
  const what = 'with a backtick and a backslash before a quotation mark';
  throw unwritable(text, option, caller, what);
}
