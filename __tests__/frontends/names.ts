import type { FrontEndName } from '../helpers/front-end-server.js';

/** A name that is hard to carry. */
export interface NameCase {
  readonly what: string;
  readonly name: string;
  /** Front ends that cannot be told of it, and why; the application sends the file there. */
  readonly sentHere?: { readonly [server in FrontEndName]?: string };
}

const CONTROL: NonNullable<NameCase['sentHere']> = {
  apache: 'a header value may not hold control characters',
  lighttpd: 'it would look for a name with _ instead of the control character',
};
const LIGHTTPD_TAB: NonNullable<NameCase['sentHere']> = {
  lighttpd: 'it would look for a name with _ instead of the tab',
};
const BLANK_END: NonNullable<NameCase['sentHere']> = {
  apache: 'the path is not encoded, and a header value loses spaces at its end',
};

/**
 * Every name is a file whose content is its own: where a wrong decoding of one leads to the name of
 * another, that one is here, too.
 */
export const names: readonly NameCase[] = [
  { what: 'a space', name: 'a b' },
  { what: 'two spaces', name: 'a  b' },
  { what: 'a leading space', name: ' a' },
  { what: 'a trailing space', name: 'a ', sentHere: BLANK_END },
  { what: 'the same without spaces', name: 'a' },
  { what: 'nothing but a space', name: ' ', sentHere: BLANK_END },
  { what: 'a percent sign at the end', name: '100%' },
  { what: 'nothing but a percent sign', name: '%' },
  { what: 'an encoded space', name: 'a%20b' },
  { what: 'a twice encoded space', name: 'a%2520b' },
  { what: 'an encoded letter', name: '%41' },
  { what: 'that letter', name: 'A' },
  { what: 'a bad encoding', name: '%zz' },
  { what: 'an encoded slash', name: 'a%2Fb' },
  { what: 'an encoded NUL', name: 'a%00' },
  { what: 'encoded dots', name: '%2e%2e' },
  { what: 'a question mark', name: 'what?' },
  { what: 'a query', name: 'a?a=b&c=d' },
  { what: 'a hash', name: 'a#b' },
  { what: 'a semicolon', name: 'a;b' },
  { what: 'an ampersand', name: 'a&b' },
  { what: 'a plus sign', name: 'a+b' },
  { what: 'an apostrophe', name: "it's" },
  { what: 'quotation marks', name: '"a"' },
  { what: 'a backslash', name: 'a\\b' },
  { what: 'an escaped letter', name: '\\x41' },
  { what: 'mañana, composed', name: 'mañana'.normalize('NFC') },
  { what: 'mañana, decomposed', name: 'mañana'.normalize('NFD') },
  { what: 'a Chinese character', name: '是' },
  { what: 'an emoji', name: '😀' },
  { what: 'a no-break space', name: 'a\u00a0b' },
  { what: 'a no-break space at the end', name: 'a\u00a0' },
  { what: 'a line separator', name: 'a\u2028b' },
  { what: 'a right-to-left override', name: 'a\u202eb' },
  { what: 'a leading hyphen', name: '-rf' },
  { what: 'leading dots', name: '..dots' },
  { what: 'three dots', name: '...' },
  { what: 'dots inside', name: 'a..b' },
  { what: 'a trailing dot', name: 'a.' },
  { what: 'a tilde', name: '~' },
  { what: 'an asterisk', name: '*' },
  { what: 'brackets and braces', name: '[a]{b}' },
  { what: 'round brackets', name: 'a (deleted)' },
  { what: 'a bar', name: 'a|b' },
  { what: 'angle brackets', name: '<a>' },
  { what: 'a circumflex', name: 'a^b' },
  { what: 'a backtick', name: '`a`' },
  { what: 'other punctuation', name: 'a:b,c=d@e!f$g' },
  { what: 'a leading @', name: '@a' },
  { what: 'a variable of Caddy', name: '{env}' },
  { what: 'a variable of nginx', name: '$uri' },
  { what: 'a variable of Apache', name: '%{PATH}e' },
  { what: 'a tab', name: 'a\tb', sentHere: LIGHTTPD_TAB },
  { what: 'a trailing tab', name: 'a\t', sentHere: { ...LIGHTTPD_TAB, ...BLANK_END } },
  { what: 'a bell', name: 'a\x07', sentHere: CONTROL },
  { what: 'a line feed', name: 'a\nb', sentHere: CONTROL },
  { what: 'an underscore instead of it', name: 'a_b' },
  { what: 'an underscore at the end', name: 'a_' },
  { what: 'a carriage return', name: 'a\rb', sentHere: CONTROL },
  { what: 'a DEL', name: 'a\x7f', sentHere: CONTROL },
  { what: 'a C1 control character', name: 'a\x85b' },
  { what: '255 bytes', name: 'x'.repeat(255) },
  { what: '255 bytes, 765 encoded', name: '是'.repeat(85) },
];

/** Directories of a path that is near the longest one, and needs three characters a byte. */
export const deepDirectories: readonly string[] = Array.from({ length: 13 }, () => '是'.repeat(85));

export function contentOf(name: string): Buffer {
  return Buffer.from(`content of ${JSON.stringify(name)}\n`);
}

/** Whether a URL can name it: no control characters, by design. */
export function isUrlLegal(name: string): boolean {
  return !/\p{Cc}/u.test(name);
}
