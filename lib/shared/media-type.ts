import { extname } from 'node:path';
import { contentType, lookup } from 'mime-types';

const UNKNOWN_TYPE = 'application/octet-stream';

/** What a browser shows as text; RFC 6839 for the suffixes. */
const TEXTUAL = /^(?:text\/|application\/(?:json|javascript|xml)\b|[^;]*\+(?:json|xml)\b)/i;

/** Files that hold another one in a coding that clients undo themselves. */
const PACKED: Readonly<Record<string, { readonly coding: string; readonly type: string }>> = {
  '.gz': { coding: 'gzip', type: 'application/gzip' },
};

/** Type of a file by its name. */
export function typeOfName(name: string): string {
  // The extension only: asked for `json`, mime-types takes a whole name for an extension.
  const extension = extname(name);
  const type = extension === '' ? false : lookup(extension);
  if (type === false) return PACKED[extension.toLowerCase()]?.type ?? UNKNOWN_TYPE;
  return contentType(type) || type;
}

/** For `notes.txt.gz`: type and coding by which a client can show what is in it. */
export function unpackedTypeOfName(
  name: string,
): { readonly type: string; readonly coding: string } | undefined {
  const extension = extname(name);
  const packed = PACKED[extension.toLowerCase()];
  if (packed === undefined) return undefined;
  const type = typeOfName(name.slice(0, -extension.length));
  return TEXTUAL.test(type) ? { type, coding: packed.coding } : undefined;
}
