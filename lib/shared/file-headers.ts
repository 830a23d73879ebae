/**
 * Headers that would make an error look like the file, or cache it; `*` stands for any characters. A cache that has
 * its own header ignores Cache-Control: any name that ends with `-Cache-Control` (RFC 9213 §2.1), and older ones.
 */
export const FILE_HEADERS: readonly string[] = [
  'Accept-Ranges',
  'Content-Digest',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Location',
  'Content-MD5',
  'Content-Type',
  'Digest',
  'ETag',
  'Edge-Control',
  'Expires',
  'Last-Modified',
  'Repr-Digest',
  'Surrogate-Control',
  '*-Cache-Control',
];

const PATTERN = new RegExp(`^(?:${FILE_HEADERS.join('|').replace('*', '.+')})$`, 'i');

/** Whether a header is one of {@link FILE_HEADERS}. */
export function isFileHeader(name: string): boolean {
  return PATTERN.test(name);
}

/** Framing headers, which only the sender of the bytes may set. */
export const FRAMING_HEADERS = ['Content-Length', 'Content-Range', 'Transfer-Encoding', 'Trailer'];
