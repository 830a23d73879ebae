import type { IncomingMessage } from 'node:http';
import { extname } from 'node:path';
import { PACKED_EXTENSIONS } from '../shared/media-type.js';
import type { ContentCoding } from '../types.js';
import { preferredCodings } from './accept-encoding.js';
import type { RepresentationOptions } from './options.js';
import type { HeaderSources } from './sources.js';

/** Extensions of files in each coding. */
const EXTENSIONS: Readonly<Record<ContentCoding, string>> = {
  br: '.br',
  zstd: '.zst',
  gzip: '.gz',
};

const PACKED: readonly string[] = [...Object.values(EXTENSIONS), ...PACKED_EXTENSIONS];

/** The codings that `precompressed` may list. */
export const CONTENT_CODINGS = Object.keys(EXTENSIONS) as readonly ContentCoding[];

/** Headers of the application that describe the bytes of the file without a coding. */
const BOUND_TO_PLAIN = ['content-encoding', 'content-digest', 'repr-digest', 'etag'] as const;

/** A file that may have the content of another one in a coding. */
export interface Sibling {
  readonly coding: ContentCoding;
  readonly segments: readonly string[];
}

/** Lists the siblings that a client accepts, the best first; each may or may not exist. */
export function siblingsOf(
  segments: readonly string[],
  { headers }: IncomingMessage,
  { precompressed }: RepresentationOptions,
): Sibling[] {
  const [name = ''] = segments.slice(-1);
  return preferredCodings(headers['accept-encoding'], precompressed).map((coding) => ({
    coding,
    segments: [...segments.slice(0, -1), name + EXTENSIONS[coding]],
  }));
}

/** Whether a sibling may be sent for a file to some client: then every response with it varies. */
export function mayHaveSibling(
  name: string,
  application: HeaderSources['application'],
  { precompressed }: RepresentationOptions,
): boolean {
  return (
    precompressed.length > 0 &&
    !PACKED.includes(extname(name).toLowerCase()) &&
    BOUND_TO_PLAIN.every((header) => application[header] === undefined)
  );
}
