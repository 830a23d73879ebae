import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildHeaders } from './header-builder.js';
import { linkHeaders } from './headers/link-headers.js';
import type { Configuration } from './options.js';
import type { Exchange } from './outcome.js';
import type { ResponseHead } from './response-head.js';
import type { CheckedFile } from './root-directory.js';
import type { FileInfo, FileOverrides, FileTarget, Headers } from './types.js';

/** What a link grants, for the answers to requests with one. */
export interface Access {
  /** Seconds for which the link is still good. */
  readonly remaining: number;
  /** The link's `id`. */
  readonly tokenId: string | undefined;
}

/** A request on its way from an accepted path to an answer: what the last steps share. */
export interface Delivery {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Absolute path of the root directory. */
  readonly root: string;
  readonly segments: readonly string[];
  readonly overrides: FileOverrides;
  /** Undefined for requests that need no link. */
  readonly access: Access | undefined;
  readonly config: Configuration;
  readonly head: ResponseHead;
  readonly exchange: Exchange;
}

/** A file together with the headers that describe it. */
export interface DescribedFile {
  readonly target: FileTarget;
  readonly headers: Headers;
}

/** Decides the headers of a file for this request; nothing is set on the response yet. */
export function describeFile(
  { req, res, root, segments, overrides, access, config, head }: Delivery,
  file: CheckedFile,
  { passesContentEncoding, now }: { passesContentEncoding: boolean; now: number },
): DescribedFile {
  const info: FileInfo = {
    root,
    path: file.path,
    relativePath: file.relativePath,
    segments,
    name: segments.at(-1) ?? '',
    size: file.stats.size,
    mtime: file.stats.mtime,
    ctime: file.stats.ctime,
  };
  const locals = (res as { locals?: Record<string, unknown> }).locals ?? {};
  const { application } = head;
  const headers = buildHeaders(
    info,
    { req, application, locals, overrides, passesContentEncoding, now },
    config,
  );
  if (access !== undefined) {
    const cacheControl = headerOf('Cache-Control', headers, head);
    Object.assign(headers, linkHeaders(cacheControl, access.remaining));
  }
  const target: FileTarget = Object.freeze({
    ...info,
    type: String(headers['Content-Type']),
    etag: headerOf('ETag', headers, head),
  });
  return { target, headers };
}

/** A header of the answer: what was built, else what the application had set. */
export function headerOf(name: string, headers: Headers, head: ResponseHead): string | undefined {
  const value = headers[name] ?? head.application[name.toLowerCase()];
  return value === undefined ? undefined : String(value);
}
