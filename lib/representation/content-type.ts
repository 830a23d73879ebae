import { extname } from 'node:path';
import { contentType, lookup } from 'mime-types';

const UNKNOWN_TYPE = 'application/octet-stream';

/** What a browser shows as text; RFC 6839 for the suffixes. */
const TEXTUAL = /^(?:text\/|application\/(?:json|javascript|xml)\b|[^;]*\+(?:json|xml)\b)/i;
/** What a browser runs scripts of when it shows it. */
const ACTIVE =
  /^\s*(?:text\/(?:html|xml|xsl)|application\/xml|multipart\/x-mixed-replace|[^;\s]*\+xml)\s*(?:;|$)/i;

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

/** Whether a browser would run scripts in an answer of this type. */
export function isActiveType(type: string): boolean {
  return ACTIVE.test(type);
}

/**
 * Whether a client takes a content coding, RFC 9110 §12.5.3; it takes all if it sends no header.
 *
 * @param acceptEncoding - value of the request header.
 */
export function acceptsCoding(acceptEncoding: string | undefined, coding: string): boolean {
  if (acceptEncoding === undefined) return true;
  let wildcard = false;
  for (const element of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    const isTaken = !parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter));
    if (name === coding || name === `x-${coding}`) return isTaken;
    if (name === '*') wildcard = isTaken;
  }
  return wildcard;
}
