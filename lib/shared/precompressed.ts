import type { ContentCoding } from '../types.js';

/** Extensions of precompressed files, by coding. */
export const PRECOMPRESSED: Readonly<Record<ContentCoding, string>> = {
  br: '.br',
  zstd: '.zst',
  gzip: '.gz',
};
