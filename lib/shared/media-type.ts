import { extname } from 'node:path';
import mediaTypes from 'mime-db';
import { contentType, lookup } from 'mime-types';
import type { ContentCoding } from '../types.js';

const UNKNOWN_TYPE = 'application/octet-stream';

/** Types that browsers display as text; RFC 6839 defines the suffixes. */
const TEXTUAL = /^(?:text\/|application\/(?:json|javascript|xml)\b|[^;]*\+(?:json|xml)\b)/i;

/** Types whose scripts browsers run. */
const ACTIVE =
  /^\s*(?:text\/(?:html|xml|xsl)|application\/xml|multipart\/x-mixed-replace|[^;\s]*\+xml)\s*(?:;|$)/i;

const GZIP = 'application/gzip';

/** Extensions of files that browsers can decode from gzip, and what each stands for besides that. */
const PACKED: Readonly<Record<string, string>> = { '.gz': '', '.svgz': '.svg' };

/** The same as a list. */
export const PACKED_EXTENSIONS = Object.keys(PACKED);

/** Extensions of precompressed files, by coding. */
export const PRECOMPRESSED: Readonly<Record<ContentCoding, string>> = {
  br: '.br',
  zstd: '.zst',
  gzip: '.gz',
};

/** Returns the media type for a file name, with a charset for text. */
export function typeOfName(name: string): string {
  // Only the extension, because mime-types would treat a file named `json` as an extension.
  const extension = extname(name);
  const type = extension === '' ? false : lookup(extension);
  if (type === false) return extension.toLowerCase() === '.gz' ? GZIP : UNKNOWN_TYPE;
  return contentType(type) || type;
}

/** Whether middleware such as compression compresses content of a type by default. */
export function isCompressible(type: string): boolean {
  const [name = ''] = type.toLowerCase().split(';');
  return mediaTypes[name.trim()]?.compressible ?? TEXTUAL.test(name);
}

/** Whether browsers run scripts in a response of this type. */
export function isActiveType(type: string): boolean {
  return ACTIVE.test(type);
}

/** Returns type and coding for displaying the content of `notes.txt.gz` or `a.svgz`; undefined for other files. */
export function unpackedTypeOfName(
  name: string,
): { readonly type: string; readonly coding: string } | undefined {
  const extension = extname(name);
  const inner = PACKED[extension.toLowerCase()];
  if (inner === undefined) return undefined;
  const type = typeOfName(name.slice(0, -extension.length) + inner);
  return TEXTUAL.test(type) ? { type, coding: 'gzip' } : undefined;
}
