import { extname } from 'node:path';
import { PACKED_EXTENSIONS, PRECOMPRESSED } from '../shared/media-type.js';
import type { ContentCoding } from '../types.js';
import type { RepresentationOptions } from './options.js';
import type { HeaderSources } from './sources.js';

const PACKED: readonly string[] = [...Object.values(PRECOMPRESSED), ...PACKED_EXTENSIONS];

/** The codings that `precompressed` may list. */
export const CONTENT_CODINGS = Object.keys(PRECOMPRESSED) as readonly ContentCoding[];

/** Headers of the application that describe the bytes of the file without a coding. */
const BOUND_TO_PLAIN = ['content-encoding', 'content-digest', 'repr-digest', 'etag'] as const;

/** Whether some client may get a precompressed file instead: then every response with the file varies. */
export function mayBePrecompressed(
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
