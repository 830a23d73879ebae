import type { Exchange } from '../shared/views.js';
import type { ContentCoding, Embedding, FileInfo, XSendfileOptions } from '../types.js';

/** Options that affect the headers of a file, checked and with defaults. */
export interface RepresentationOptions {
  readonly disposition: XSendfileOptions['disposition'];
  readonly activeContent: NonNullable<XSendfileOptions['activeContent']>;
  readonly embedding: Embedding;
  readonly contentType: XSendfileOptions['contentType'];
  readonly contentEncoding: boolean;
  readonly precompressed: readonly ContentCoding[];
  /** The header's value; undefined for none. */
  readonly cacheControl: string | ((file: FileInfo, req: Exchange['req']) => string) | undefined;
  /** Whether the application chose that value. */
  readonly isCacheControlGiven: boolean;
  /** With `'declared'`, only what the source knows. */
  readonly etag: NonNullable<XSendfileOptions['etag']> | 'declared';
  readonly lastModified: boolean;
}
