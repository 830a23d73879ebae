import { BadOptionError } from '../../shared/errors.js';
import { show } from '../../shared/option-checks.js';

/**
 * Quotes strings for the configuration of each server. They must not contain control characters. How each
 * server reads the result was tested with the server itself.
 */

/** Stands for `$`, which a quoted string of nginx cannot contain otherwise; see {@link needsDollar}. */
const NGINX_DOLLAR = '$' + '{xsendfile_dollar}';

/** nginx, where variables are expanded. */
export function quoteForNginx(text: string): string {
  return quoteLiterally(text).replaceAll('$', () => NGINX_DOLLAR);
}

/** nginx, where `$` is a letter like any other: in the path of a location. */
export function quoteLiterally(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Whether {@link quoteForNginx} uses its variable. */
export function needsDollar(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text?.includes('$') === true);
}

/** Stands for `$` in front of a brace: Apache would expand a variable. */
const APACHE_DOLLAR = '$' + '{XSENDFILE_DOLLAR}';

/** Apache httpd. */
export function quoteForApache(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\$(?=\{)/g, () => APACHE_DOLLAR);
  return `"${escaped}"`;
}

/** Whether {@link quoteForApache} uses its variable. */
export function needsApacheDollar(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text?.includes('$' + '{') === true);
}

/**
 * lighttpd: a backslash is one, except before a quotation mark.
 *
 * @throws {@link BadOptionError} for a string that ends in a backslash.
 */
export function quoteForLighttpd(text: string, option: string, caller: string): string {
  if (text.endsWith('\\')) throw unwritable(text, option, caller, 'with a backslash at its end');
  return `"${text.replaceAll('"', '\\"')}"`;
}

/**
 * Caddy: between backticks everything is as it is; between quotation marks a backslash before one
 * goes. Braces would be placeholders.
 *
 * @throws {@link BadOptionError} for what neither can hold.
 */
export function quoteForCaddy(text: string, option: string, caller: string): string {
  // Read before anything else, quoted or not.
  if (text.includes('{$')) throw unwritable(text, option, caller, 'with "{$"');
  const escaped = text.replace(/[{}]/g, '\\$&');
  if (!escaped.includes('`')) return /^[\w./:-]+$/.test(escaped) ? escaped : `\`${escaped}\``;
  if (/\\(?:"|$)/.test(escaped)) {
    throw unwritable(
      text,
      option,
      caller,
      'with a backtick and a backslash before a quotation mark',
    );
  }
  return `"${escaped.replaceAll('"', '\\"')}"`;
}

/** To YAML they are line ends or a mark at the beginning of a file, to JSON characters like any other. */
const SPECIAL_IN_YAML = /[\x80-\x9f\u2028\u2029\ufeff]/g;

/** h2o: YAML, whose quoted strings are as those of JSON. */
export function quoteForH2o(text: string): string {
  return JSON.stringify(text).replace(
    SPECIAL_IN_YAML,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function unwritable(text: string, option: string, caller: string, what: string): BadOptionError {
  const shown = option === 'handshake' ? '' : `, got ${show(text)}`;
  return new BadOptionError(
    `${caller}: this server's configuration cannot represent a string ${what}${shown}. Choose another ${option}.`,
  );
}
