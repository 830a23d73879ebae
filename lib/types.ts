import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { RefusalCode, RefusedError } from './shared/errors.js';

/** Express's, Connect's or one's own: called without an argument it means "not mine". */
export type NextFunction = (error?: unknown) => void;

/** Names of the built-in senders. */
export type SenderName = 'standard' | 'apache' | 'lighttpd' | 'nginx' | 'caddy' | 'h2o' | 'serve';

/**
 * What happens to names that begin with a dot, below the root.
 *
 * `ignore`: 404; `deny`: 403; `allow`: as any other. The root itself may lie in a dot directory.
 */
export type DotfilePolicy = 'ignore' | 'deny' | 'allow';

/**
 * What happens to symbolic links below the root.
 *
 * `inside`: followed as long as they end below the root; `deny`: a path with a link in it is 404;
 * `follow`: followed wherever they lead, which makes everything that a link points to public.
 */
export type SymlinkPolicy = 'inside' | 'deny' | 'follow';

/**
 * What happens to files that can run scripts when a browser shows them: HTML, XHTML, SVG, XML.
 *
 * `sandbox`: `Content-Security-Policy: sandbox`, beside a policy that the application set;
 * `attachment`: always a download; `allow`: nothing.
 */
export type ActiveContentPolicy = 'sandbox' | 'attachment' | 'allow';

/**
 * How a file is to be presented: a type alone, a type with a file name, or a complete header value.
 *
 * `'inline'` and `'attachment'` come with the name of the file; `{}` is an attachment. A `filename`
 * loses control and bidirectional control characters, and what exceeds 255 bytes; `/` and `\` become
 * `_`, for browsers cut what goes before them. A complete header value stays as it is.
 */
export type Disposition =
  | 'inline'
  | 'attachment'
  | { readonly type?: 'inline' | 'attachment' | undefined; readonly filename?: string | undefined }
  | (string & {});

/** What is known of a file when its headers are made. */
export interface FileInfo {
  /** Absolute path of the root directory. */
  readonly root: string;
  /** Absolute path of the file. For header senders the real one, without symbolic links. */
  readonly path: string;
  /** The same below the root, with `/` as separator on every system. */
  readonly relativePath: string;
  /** The names that were asked for, decoded. */
  readonly segments: readonly string[];
  /** The last of them: the file's name. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Time of last modification. */
  readonly mtime: Date;
  /** Time of last change of the file or its metadata. */
  readonly ctime: Date;
}

/** A file whose headers are decided: what a sender gets. */
export interface FileTarget extends FileInfo {
  /** The answer's Content-Type. */
  readonly type: string;
  /** The answer's ETag, quotes included; undefined if there is none. */
  readonly etag: string | undefined;
}

/** Headers by name, as `res.writeHead()` takes them. */
export type Headers = Record<string, OutgoingHttpHeader>;

/** What a sender works with. */
export interface SenderContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /**
   * All headers of the answer, which are set on `res` already: change them there, or give this
   * object to `res.writeHead()`.
   */
  readonly headers: Headers;
  /**
   * Makes this process send the file instead, byte for byte.
   *
   * To be called before anything was written, and nothing may be written after it.
   */
  decline(): void;
}

/** Answers a request for a file; see {@link Sender}. */
export type SenderFunction = (file: FileTarget, context: SenderContext) => void | Promise<void>;

/**
 * Delivers files that were found and checked, usually by naming them to a front-end server.
 *
 * @example A front end with a header of its own
 * ```ts
 * const litespeed: Sender = {
 *   name: 'litespeed',
 *   send(file, { res }) {
 *     res.writeHead(200, { 'X-LiteSpeed-Location': encodeURI(file.path), 'Content-Length': 0 });
 *     res.end();
 *   },
 * };
 * ```
 */
export interface Sender {
  /** Shown in outcomes. */
  readonly name: string;
  /**
   * Writes head and body of the answer, and ends it.
   *
   * What it throws goes to `next(error)`.
   */
  readonly send: SenderFunction;
  /**
   * Whether a Content-Encoding of the answer reaches the client together with the file.
   *
   * @default false
   */
  readonly passesContentEncoding?: boolean;
  /**
   * Names of headers that the front end drops; a file for which the application asked for one of
   * them is sent by this process.
   *
   * @default none
   */
  readonly dropped?: readonly string[];
  /**
   * Names of headers by which the application may control how the front end sends: nginx's
   * `X-Accel-Limit-Rate`, for example. All others that a front end would act on are removed.
   *
   * @default none
   */
  readonly controls?: readonly string[];
}

/** How one request for a file ended; the same record for `onFinish`, `send()` and diagnostics. */
export interface Outcome {
  /**
   * `sent`: the kernel took all bytes, which does not mean that they arrived. `offloaded`: handed over
   * to the front end, whose log alone knows the rest. `not-modified`: 304. `refused`: no file, see
   * `status` and `code`. `aborted`: the client disconnected. `failed`: an error after the request was accepted.
   */
  readonly kind: 'sent' | 'offloaded' | 'not-modified' | 'refused' | 'aborted' | 'failed';
  /** Status of the answer; of a refusal the status that was called for. */
  readonly status: number;
  /** Why it was refused or failed. */
  readonly code?: RefusalCode | (string & {});
  /** What the operating system said, such as `ENOENT`, if that was the reason. */
  readonly errno?: string;
  readonly method: string;
  /**
   * The path below the root, decoded; undefined if the request's path was refused. That of a genuine
   * link is here even if the link was refused, as is its `tokenId`.
   */
  readonly path: string | undefined;
  /** Size of the file in bytes; undefined if there is none. */
  readonly size: number | undefined;
  /** Bytes of the file that the kernel took from this process; fewer may have arrived. */
  readonly bytes: number;
  /** First and last byte of the range that was answered, if one was. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Name of the sender that answered; undefined if none did. */
  readonly sender: string | undefined;
  /** The `id` of the link, if there was one. */
  readonly tokenId?: string;
  readonly startedAt: Date;
  /** Milliseconds until the exchange was over. */
  readonly durationMs: number;
}

/** What one file of one call is to look like; wins over everything else. */
export interface FileOverrides {
  readonly contentDisposition?: Disposition | undefined;
  readonly contentType?: string | undefined;
}

/** Bounds of the open-file cache of one handler. */
export interface CacheOptions {
  /** Files that are known at a time. @default 16384 */
  readonly maxEntries?: number | undefined;
  /**
   * Of all contents together, in bytes. What is kept besides the content, about 1.5 KB for each file, is
   * not counted: `maxEntries` bounds it.
   *
   * @default 33554432
   */
  readonly maxBytes?: number | undefined;
  /** Of one file whose content is kept, in bytes. @default 1048576 */
  readonly maxFileSize?: number | undefined;
}

/** What {@link XSendfileOptions.onRefused} decides with. */
export interface RefusalContext<Req extends IncomingMessage = IncomingMessage> {
  readonly req: Req;
  readonly res: ServerResponse;
  readonly next: NextFunction;
}

/** What a route with parameters adds to a request: texts, and lists of them for wildcards. */
export interface RouteParameters {
  // Types of routers disagree with each other, and cannot be inferred through an argument of theirs.
  // biome-ignore lint/suspicious/noExplicitAny: whatever it is, the path sanitizer checks it.
  readonly params: any;
}

/** Options of {@link xsendfile}. `undefined` means "not given" everywhere. */
export interface XSendfileOptions<Req extends IncomingMessage = IncomingMessage> {
  /**
   * Who delivers the bytes: a built-in by name, or by its factory if it takes options, or your own.
   *
   * @default 'serve', this process; 'standard' (`X-Sendfile`) where `handshake` is given
   */
  readonly sender?: SenderName | Sender | SenderFunction | undefined;
  /**
   * Secret by which the front end identifies itself, in the request header `X-Sendfile-Handshake`.
   *
   * With it, requests that carry the secret are answered by the sender, all others by this process:
   * the same program works with and without the front end in front of it. At least 16 visible
   * ASCII characters; a list allows to change it. `false`: there is always a front end.
   *
   * The key with the value `undefined` throws, unless this process sends: an environment variable that
   * is not set must not switch the handshake off.
   *
   * @default not given: as `false`, with one warning in the process
   */
  readonly handshake?: string | readonly string[] | false | undefined;
  /**
   * Which file a request is for, decoded: `req => req.params.name`; undefined is answered by 404.
   *
   * The URL has to be spelt canonically all the same: a guard that compares it must not be passed by
   * `%61dmin` for `admin`.
   *
   * @default the path of `req.url`, percent-decoded
   */
  readonly path?:
    | ((req: Req & RouteParameters) => string | readonly string[] | undefined)
    | undefined;
  /** @default 'ignore' */
  readonly dotfiles?: DotfilePolicy | undefined;
  /** @default 'inside' */
  readonly symlinks?: SymlinkPolicy | undefined;
  /**
   * Whether `//`, `/./` and a trailing `/` are dropped, as wsgi-xsendfile does, instead of refused.
   *
   * A guard in front of the handler then has to expect more than one URL per file.
   *
   * @default false
   */
  readonly collapseSlashes?: boolean | undefined;
  /**
   * Content-Disposition where neither the call, `res.locals` nor the application set one.
   *
   * @default undefined: no header
   */
  readonly disposition?:
    | Disposition
    | ((file: FileInfo, req: Req) => Disposition | undefined)
    | undefined;
  /** @default 'sandbox' */
  readonly activeContent?: ActiveContentPolicy | undefined;
  /**
   * Content-Type for a path below the root, as it was asked for; undefined leaves it to the file name's extension.
   *
   * @default undefined
   */
  readonly contentType?: ((path: string) => string | undefined) | undefined;
  /**
   * Whether `notes.txt.gz` is sent as text with `Content-Encoding: gzip` where that works.
   *
   * @default true
   */
  readonly contentEncoding?: boolean | undefined;
  /**
   * Cache-Control where the application set none: `true` for `private, no-cache` (or what `maxAge`
   * says), `false` for none, or the value itself.
   *
   * @default true
   */
  readonly cacheControl?: boolean | string | ((file: FileInfo, req: Req) => string) | undefined;
  /**
   * How long the visitor's own browser may keep a file without asking: milliseconds, or a text such
   * as `'1d'`; one year at most. Shared caches stay excluded.
   *
   * @default undefined: `no-cache`
   */
  readonly maxAge?: number | string | undefined;
  /**
   * Whether the file never changes within `maxAge`, which then has to be given.
   *
   * @default false
   */
  readonly immutable?: boolean | undefined;
  /**
   * ETag: nginx's form, none, or your own (quotes are added if missing).
   *
   * @default true
   */
  readonly etag?: boolean | ((file: FileInfo) => string) | undefined;
  /** @default true */
  readonly lastModified?: boolean | undefined;
  /**
   * Whether this process answers range requests.
   *
   * @default true
   */
  readonly acceptRanges?: boolean | undefined;
  /**
   * What is kept of files that were sent, so that a file that has not changed costs one look at it:
   * `false` for nothing, or bounds. To be `false` on network file systems (NFS, SMB, FUSE), whose
   * times may not tell of a change; it is with `symlinks: 'deny'`.
   *
   * @default { maxEntries: 16384, maxBytes: 33554432, maxFileSize: 1048576 }
   */
  readonly cache?: false | CacheOptions | undefined;
  /**
   * Seconds for which a reader may take nothing of a file that this process sends; then the
   * connection is closed. 0: for ever.
   *
   * As with nginx's `send_timeout`, the time is that between two successful writes.
   *
   * @default 120
   */
  readonly idleTimeout?: number | undefined;
  /**
   * Last chance to change headers of an answer with status 200, 206 or 304, synchronously.
   *
   * The signature is that of `send`. Framing and front-end control headers set here are removed.
   */
  readonly setHeaders?: ((res: ServerResponse, path: string, file: FileTarget) => void) | undefined;
  /**
   * Whether refusals with 400, 403, 404 and 405 are left to the next middleware, and 503 to the
   * error handlers.
   *
   * @default false
   */
  readonly fallthrough?: boolean | undefined;
  /**
   * Answers refused requests in place of this package; `fallthrough` is without effect then.
   *
   * `(error, { next }) => next(error)` shows the application's own error pages.
   */
  readonly onRefused?:
    | ((error: RefusedError, context: RefusalContext<Req>) => void | Promise<void>)
    | undefined;
  /** Told once per request how it ended. */
  readonly onFinish?:
    | ((outcome: Outcome, context: { readonly req: Req; readonly res: ServerResponse }) => void)
    | undefined;
}

/** Middleware and route handler for the files below one directory. */
export interface XSendfileHandler<Req extends IncomingMessage = IncomingMessage> {
  (req: Req, res: ServerResponse, next?: NextFunction): void;
  /** Absolute path of the directory. */
  readonly root: string;
  /**
   * Sends one file in place of an answer of one's own.
   *
   * @param path - below the root, decoded; see {@link XSendfileOptions.path}.
   * @returns the outcome, when the exchange is over.
   * @throws {@link RefusedError} (as rejection) when there is no such file for this request;
   * nothing has been written then.
   */
  send(
    req: Req,
    res: ServerResponse,
    path: string | readonly string[],
    overrides?: FileOverrides,
  ): Promise<Outcome>;
}
