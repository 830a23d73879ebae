import type { IncomingMessage } from 'node:http';
import type { FileInfo, XSendfileOptions } from '../types.js';

/** The options that the headers of a file depend on, complete and checked. */
export interface RepresentationOptions {
  readonly disposition: XSendfileOptions['disposition'];
  readonly activeContent: NonNullable<XSendfileOptions['activeContent']>;
  readonly contentType: XSendfileOptions['contentType'];
  readonly contentEncoding: boolean;
  /** The header's value; undefined for none. */
  readonly cacheControl: string | ((file: FileInfo, req: IncomingMessage) => string) | undefined;
  /** Whether somebody chose that value. */
  readonly isCacheControlGiven: boolean;
  readonly etag: NonNullable<XSendfileOptions['etag']>;
  readonly lastModified: boolean;
}
