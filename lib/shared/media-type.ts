import { extname } from 'node:path';
import mediaTypes from 'mime-db';
import { contentType, lookup } from 'mime-types';

const UNKNOWN_TYPE = 'application/octet-stream';

/** Types that browsers display as text; RFC 6839 defines the suffixes. */
const TEXTUAL = /^(?:text\/|application\/(?:json|javascript|xml)\b|[^;]*\+(?:json|xml)\b)/i;

/** Extensions of compressed files whose coding browsers can decode. */
const PACKED: Readonly<Record<string, { readonly coding: string; readonly type: string }>> = {
  '.gz': { coding: 'gzip', type: 'application/gzip' },
};

/** Returns the media type for a file name, with a charset for text. */
export function typeOfName(name: string): string {
  // Only the extension, because mime-types would treat a file named `json` as an extension.
  const extension = extname(name);
  const type = extension === '' ? false : lookup(extension);
  if (type === false) return PACKED[extension.toLowerCase()]?.type ?? UNKNOWN_TYPE;
  return contentType(type) || type;
}

/** Whether middleware such as compression packs content of a type, unless it is configured otherwise. */
export function isCompressible(type: string): boolean {
  const [name = ''] = type.toLowerCase().split(';');
  return mediaTypes[name.trim()]?.compressible ?? TEXTUAL.test(name);
}

/** Returns type and coding for displaying the content of `notes.txt.gz`; undefined for other files. */
export function unpackedTypeOfName(
  name: string,
): { readonly type: string; readonly coding: string } | undefined {
  const extension = extname(name);
  const packed = PACKED[extension.toLowerCase()];
  if (packed === undefined) return undefined;
  const type = typeOfName(name.slice(0, -extension.length));
  return TEXTUAL.test(type) ? { type, coding: packed.coding } : undefined;
}
