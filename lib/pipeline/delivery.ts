import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CheckedFile } from '../files/root-directory.js';
import { buildHeaders } from '../representation/build-headers.js';
import { linkHeaders } from '../representation/link-headers.js';
import type { FileInfo, FileOverrides, FileTarget, Headers } from '../types.js';
import type { Configuration } from './options.js';
import type { Exchange } from './outcome.js';
import type { ResponseHead } from './response-head.js';

/** What a link grants, for the answers to requests with one. */
export interface Access {
  /** Seconds for which the link is still good. */
  readonly remaining: number;
  /** The link's `id`. */
  readonly tokenId: string | undefined;
}

/** A call of the application's, such as `res.sendFile()`, in place of a request for the file. */
export interface ApplicationCall {
  /** These count as set by the application, as soon as there is an answer with the file. */
  readonly headers: Headers;
  /** Called when a sender has written its answer. */
  readonly onHandedOver: () => void;
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
  /** Undefined for requests, to which a handler answers by itself. */
  readonly call: ApplicationCall | undefined;
}

/** A file together with the headers that describe it. */
export interface DescribedFile {
  readonly target: FileTarget;
  readonly headers: Headers;
}

interface ResponseWithLocals {
  locals?: Record<string, unknown>;
}

/** Decides the headers of a file for this request; nothing is set on the response yet. */
export function describeFile(
  { req, res, root, segments, overrides, access, config, head, call }: Delivery,
  file: CheckedFile,
  { passesContentEncoding, now }: { passesContentEncoding: boolean; now: number },
): DescribedFile {
  const info = toFileInfo(root, segments, file);
  // An application that made a call before there was a handler may have put anything there.
  const locals = (call === undefined && (res as ResponseWithLocals).locals) || {};
  const { application } = head;
  const headers = buildHeaders(
    info,
    { dated: file, req, application, locals, overrides, passesContentEncoding, now },
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

/** What hooks and senders are told of a file. */
export function toFileInfo(
  root: string,
  segments: readonly string[],
  { path, relativePath, stats }: CheckedFile,
): FileInfo {
  return {
    root,
    path,
    relativePath,
    segments,
    name: segments.at(-1) ?? '',
    size: Number(stats.size),
    mtime: stats.mtime,
    ctime: stats.ctime,
  };
}

/** A header of the answer: what was built, else what the application had set. */
export function headerOf(name: string, headers: Headers, head: ResponseHead): string | undefined {
  const value = headers[name] ?? head.application[name.toLowerCase()];
  return value === undefined ? undefined : String(value);
}
