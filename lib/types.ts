import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeader,
  ServerResponse,
} from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { ErrorCode, RefusedError } from './shared/errors.js';

/** `next` of Express or Connect, or your own; called without an argument, it passes the request on. */
export type NextFunction = (error?: unknown) => void;

/** A request of `node:http`, or of the compatibility API of `node:http2`. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** A response of `node:http`, or of the compatibility API of `node:http2`. */
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** A function that Node's servers, Express and Connect call with each request. */
export type RequestFunction = (req: HttpRequest, res: HttpResponse, next?: NextFunction) => void;

/** Names of the built-in senders. */
export type SenderName = 'standard' | 'apache' | 'lighttpd' | 'nginx' | 'caddy' | 'h2o' | 'serve';

/**
 * Treatment of names below the root that begin with a dot.
 *
 * `ignore`: 404; `deny`: 403; `allow`: like any other name. The root may be inside a dot directory.
 */
export type DotfilePolicy = 'ignore' | 'deny' | 'allow';

/**
 * Treatment of symbolic links below the root.
 *
 * `inside`: followed if the target is below the root; `deny`: a path that contains a link is 404;
 * `follow`: followed to any target, which makes every target of a link public.
 */
export type SymlinkPolicy = 'inside' | 'deny' | 'follow';

/**
 * Treatment of files that can run scripts when a browser displays them: HTML, XHTML, SVG, XML.
 *
 * `sandbox`: with `Content-Security-Policy: sandbox`, in addition to any policy that the application
 * set; `attachment`: always as a download; `allow`: unchanged.
 */
export type ActiveContentPolicy = 'sandbox' | 'attachment' | 'allow';

/**
 * Sites whose pages may embed files: as images, videos, scripts, frames, with `fetch()`, or in any other way.
 *
 * `same-origin`: the application's own origin; `same-site`: also its subdomains, and those of the same registrable
 * domain; `any`: all sites.
 */
export type Embedding = 'same-origin' | 'same-site' | 'any';

/** Content codings of precompressed files; their extensions are `.br`, `.zst` and `.gz`. */
export type ContentCoding = 'br' | 'zstd' | 'gzip';

/**
 * Content-Disposition of a file: a type alone, a type with a file name, or a complete header value.
 *
 * `'inline'` and `'attachment'` add the file's own name; `{}` is an attachment. Control and
 * bidirectional control characters are removed from a `filename`, and it is truncated to 255 bytes;
 * `/` and `\` become `_`, because browsers drop everything before them. A complete header value is
 * sent unchanged.
 */
export type Disposition =
  | 'inline'
  | 'attachment'
  | { readonly type?: 'inline' | 'attachment' | undefined; readonly filename?: string | undefined }
  | (string & {});

declare global {
  // Express's types merge this with the type of `res.locals`; without them, nothing uses it.
  namespace Express {
    interface Locals {
      /** Content-Disposition of the file that an `xsendfile` handler sends for this request. */
      contentDisposition?: Disposition | null | undefined;
      /** Content-Type of that file. */
      contentType?: string | null | undefined;
    }
  }
}

/**
 * Describes a file to the functions that build its headers.
 *
 * If a precompressed file is sent (see {@link XSendfileOptions.precompressed}), paths, size and times belong to it,
 * but `segments` and `name` to the requested file.
 */
export interface FileInfo {
  /** Absolute path of the root directory. */
  readonly root: string;
  /** Absolute path of the file. For header senders, the real path, without symbolic links. */
  readonly path: string;
  /** The path relative to the root, with `/` as separator on every system. */
  readonly relativePath: string;
  /** The segments of the requested path, decoded. */
  readonly segments: readonly string[];
  /** File name: the last segment. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** Time of last modification. */
  readonly mtime: Date;
  /** Time of the last change of the file or its metadata. */
  readonly ctime: Date;
}

/** A file with its final headers, as senders receive it. */
export interface FileTarget extends FileInfo {
  /** Content-Type of the response. */
  readonly type: string;
  /** ETag of the response, including the quotes; undefined without one. */
  readonly etag: string | undefined;
}

/** Headers by name, as `res.writeHead()` accepts them. */
export type Headers = Record<string, OutgoingHttpHeader>;

/** The request, the response and the headers that a sender works with. */
export interface SenderContext {
  /** The request. */
  readonly req: IncomingMessage;
  /** The response, with the status and all headers set. */
  readonly res: ServerResponse;
  /**
   * All headers of the response. They are already set on `res`: change them there, or pass this
   * object to `res.writeHead()`.
   */
  readonly headers: Headers;
  /**
   * Whether the front end restores headers that its error pages must not have. The sender for nginx then sends
   * Cache-Control, Expires and Content-Disposition as `X-Sendfile-…`.
   *
   * @default false
   */
  readonly restoresHeaders?: boolean | undefined;
  /**
   * Makes Node send the file instead.
   *
   * Call it before anything is written, and write nothing afterwards.
   */
  decline(): void;
}

/** Responds to a request for a file; see {@link Sender}. */
export type SenderFunction = (file: FileTarget, context: SenderContext) => void | Promise<void>;

/**
 * Delivers files that have been found and checked, usually by a header that tells a front-end server which file to
 * send.
 *
 * @example A front end with its own header
 * ```ts
 * import type { Sender } from 'xsendfile';
 *
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
  /** Name that outcomes report. */
  readonly name: string;
  /**
   * Writes the head and body of the response, and ends it.
   *
   * Errors that it throws go to `next(error)`.
   */
  readonly send: SenderFunction;
  /**
   * Whether a Content-Encoding of the response reaches the client together with the file.
   *
   * @default false
   */
  readonly passesContentEncoding?: boolean;
  /**
   * Names of headers that the front end drops. If the application sets one of them for a file, Node sends the file.
   *
   * @default none
   */
  readonly dropped?: readonly string[];
  /**
   * Names of headers with which the application may control how the front end sends, such as nginx's
   * `X-Accel-Limit-Rate`. All other headers that a front end would honour are removed.
   *
   * @default none
   */
  readonly controls?: readonly string[];
  /**
   * Headers with which the front end limits the bytes per second of a connection; undefined for a rate that it cannot
   * enforce. Without this function, Node sends files that have a rate.
   *
   * @param bytesPerSecond - a whole number, 1 or more.
   * @default none
   */
  readonly limitRate?: (bytesPerSecond: number) => Headers | undefined;
  /**
   * Response header from which the log of the front end takes the id of a download. Without it, Node sends the files
   * of handlers with {@link XSendfileOptions.reports}.
   *
   * The header must not reach clients.
   *
   * @default none
   */
  readonly downloadIdHeader?: string;
  /**
   * Returns a sender for one remote object, which makes the front end fetch it from the store. Without this function,
   * Node sends remote objects; of the built-in senders, only nginx has it.
   *
   * @param url - the presigned URL.
   * @default none
   */
  readonly forRemote?: (url: URL) => Sender;
}

/**
 * A sender that names files to a front-end server in headers. It needs no response, so it also works with
 * `xsendfile/web`.
 *
 * The response is always 200 with an empty body, for GET and HEAD; the front end supplies length and bytes.
 *
 * @example A front end with its own header
 * ```ts
 * import type { NamingSender } from 'xsendfile';
 *
 * const litespeed: NamingSender = {
 *   name: 'litespeed',
 *   nameFile: (file) => ({ 'X-LiteSpeed-Location': encodeURI(file.path) }),
 * };
 * ```
 */
export interface NamingSender extends Omit<Sender, 'send'> {
  /**
   * Returns the headers that name a file, with `undefined` for headers to remove; undefined for a file that this
   * process must send.
   */
  nameFile(
    file: FileTarget,
    context: NamingContext,
  ): Readonly<Record<string, OutgoingHttpHeader | undefined>> | undefined;
}

/** The request and the headers of the response, for {@link NamingSender.nameFile}. */
export interface NamingContext {
  /** Method, target and headers of the request. */
  readonly request: {
    readonly method?: string | undefined;
    /** The request target below the mount path. */
    readonly url?: string | undefined;
    /** By lower-case name. */
    readonly headers: IncomingHttpHeaders;
  };
  /** Returns the value of a response header, from any source. */
  readonly headerOf: (name: string) => string | undefined;
  /** See {@link SenderContext.restoresHeaders}. */
  readonly restoresHeaders: boolean;
}

/** Result of one request for a file; `onFinish`, `send()` and diagnostics receive the same record. */
export interface Outcome {
  /**
   * `sent`: all bytes were handed to the kernel, which does not mean that they arrived. `offloaded`:
   * offloaded to the front end; see {@link Delivery} for the transfer. `not-modified`: 304. `refused`:
   * no file, see `status` and `code`. `aborted`: the client disconnected. `failed`: an error after the
   * request was accepted.
   */
  readonly kind: 'sent' | 'offloaded' | 'not-modified' | 'refused' | 'aborted' | 'failed';
  /** Status of the response; for a refusal, the status of the {@link RefusedError}. */
  readonly status: number;
  /** Reason for a refusal or failure. */
  readonly code?: ErrorCode;
  /** Error code of the operating system, such as `ENOENT`, if that was the reason. */
  readonly errno?: string;
  /** Name of the entry of an archive (`xsendfile/zip`) because of which the response failed. */
  readonly member?: string;
  /** Method of the request. */
  readonly method: string;
  /**
   * The path relative to the root, decoded; undefined if the request's method or path was refused. For a genuine
   * link that was refused, it is present, as is `tokenId`.
   */
  readonly path: string | undefined;
  /** Size of the file, or of the precompressed file sent instead, in bytes; undefined without a file. */
  readonly size: number | undefined;
  /** Bytes of the file that Node handed to the kernel; fewer may have arrived. */
  readonly bytes: number;
  /** First and last byte of the range that was sent, if the response was a single range. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Name of the sender that responded; undefined if the request was refused before. */
  readonly sender: string | undefined;
  /** The `id` of the link, if it had one. */
  readonly tokenId?: string;
  /**
   * The id by which a {@link Delivery} of this download can be recognised. Only with
   * {@link XSendfileOptions.reports}, and only if the response was about to be sent.
   */
  readonly downloadId?: string;
  /** Time when the handler received the request. */
  readonly startedAt: Date;
  /** Milliseconds from `startedAt` until the response has ended. */
  readonly durationMs: number;
}

/** Result of a download, as reported by the server that sent it. */
export interface Delivery {
  /** {@link Outcome.downloadId} of the same download: 22 characters of base64url. */
  readonly downloadId: string;
  /** Status that the client got; 0 if the response was not begun. */
  readonly status: number;
  /**
   * Bytes of the body that were handed to the kernel; fewer may have arrived. Node counts bytes of the file; front
   * ends also count boundaries between several ranges, and their own error pages.
   */
  readonly bytes: number;
  /** Whether the whole response was sent. */
  readonly complete: boolean;
  /** First and last byte of the range, if the response was a single range. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Time of the report. */
  readonly at: Date;
}

/**
 * Follows downloads after they were offloaded, for {@link XSendfileOptions.reports}: the result of
 * `deliveryReports()`, or a custom object. Both methods are called once for each download.
 */
export interface DeliveryReporter {
  /** Returns an unguessable id for a new download. */
  begin(): string;
  /**
   * Takes the outcome of a download, and functions that wait for its delivery.
   *
   * @param outcome - with the `downloadId` that `begin()` has returned.
   */
  end(outcome: Outcome, observers: readonly ((delivery: Delivery) => void)[]): void;
}

/** Headers for one call of `send()`; they take precedence over every other source. */
export interface FileOverrides {
  /** Content-Disposition; see {@link XSendfileOptions.disposition}. */
  readonly contentDisposition?: Disposition | undefined;
  /** Content-Type, such as `'text/csv; charset=utf-8'`. */
  readonly contentType?: string | undefined;
  /** Bytes per second, 1 or more; see {@link XSendfileOptions.rate}. */
  readonly rate?: number | undefined;
  /**
   * Whether Node honours ranges; overrides {@link XSendfileOptions.acceptRanges}. False for content whose source
   * cannot begin in the middle.
   */
  readonly acceptRanges?: boolean | undefined;
}

/** Content that is not a file below the root; see {@link XSendfileHandler.sendContent}. */
export interface Content {
  /** File name: for the Content-Type, Content-Disposition and the outcome's `path`. */
  readonly name: string;
  /** In bytes. Without it, there are no ranges, and the response is chunked. */
  readonly size?: number | undefined;
  /** Time of last modification. */
  readonly mtime?: Date | undefined;
  /**
   * ETag; quotes are added if missing. It must change with the bytes. Without it and `mtime` there is no 304, and
   * no resumed download.
   */
  readonly etag?: string | undefined;
  /** Content-Type. @default by the extension of `name` */
  readonly type?: string | undefined;
  /**
   * Reads the bytes, as a `Readable` or any other async iterable. Called once for each range, and not at all for
   * HEAD and 304. It is read one chunk at a time, as fast as the client reads, and closed (`destroy()`, or
   * `return()` of the iterator) whatever happens. With a known size, the response is complete with the last byte: what
   * comes later, an error too, is only a warning.
   *
   * @param start - the first byte.
   * @param end - the last byte, as in `fs.createReadStream()`; undefined if the size is not known.
   */
  read(
    start: number,
    end: number | undefined,
  ): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/** An object in S3-compatible storage; see {@link RemoteHandler.sendRemote}. */
export interface RemoteObject {
  /**
   * Presigned URL for GET, below one of the configured origins, in its canonical spelling: `new URL(url).href`
   * equals `url`.
   */
  readonly url: string | URL;
  /** File name: for the Content-Type, Content-Disposition and the outcome's `path`. */
  readonly name: string;
  /** Content-Type; the store's is never used. @default by the extension of `name` */
  readonly type?: string | undefined;
  /** Size in bytes. If the object has another length, the response is 502. @default the store's */
  readonly size?: number | undefined;
  /**
   * Time of last modification, for Last-Modified and its conditions. If it is given, the store's is not used.
   *
   * @default the store's
   */
  readonly mtime?: Date | undefined;
  /**
   * ETag, which must change whenever the bytes do; missing quotes are added. If it is given, the store's is not
   * used, and 304 and 412 need no request to the store.
   *
   * @default the store's
   */
  readonly etag?: string | undefined;
}

/** An object that `locate` returns: by default, its name is the last part of the requested path. */
export type LocatedObject = Omit<RemoteObject, 'name'> & Partial<Pick<RemoteObject, 'name'>>;

/** Context that `locate` receives besides the path. */
export interface LocateContext<Req = IncomingMessage> {
  /** The request. */
  readonly req: Req;
  /** The segments of the path, decoded. */
  readonly segments: readonly string[];
  /** The claims of the link; undefined for requests without a link. */
  readonly claims: VerifiedClaims | undefined;
}

/**
 * Returns the object for a requested path, decoded and relative to the mount path; undefined, or a promise of it,
 * gives 404.
 */
export type Locate<Req = IncomingMessage> = (
  path: string,
  context: LocateContext<Req>,
) => LocatedObject | undefined | Promise<LocatedObject | undefined>;

/** Stores of private objects, made by `remoteRoot()` of `xsendfile/remote`; used instead of a directory. */
export interface RemoteRoot {
  /** Origins of the stores, such as `https://bucket.s3.example`. */
  readonly origins: readonly string[];
}

/** Limits of the open-file cache of one handler. */
export interface CacheOptions {
  /** Maximum number of cached files. @default 16384 */
  readonly maxEntries?: number | undefined;
  /**
   * Maximum size of all cached contents together, in bytes. The overhead of about 1.5 KB for each file is not
   * counted; `maxEntries` limits it.
   *
   * @default 33554432
   */
  readonly maxBytes?: number | undefined;
  /** Maximum size of a file whose content is cached, in bytes. @default 1048576 */
  readonly maxFileSize?: number | undefined;
}

/** Context that {@link XSendfileOptions.onRefused} receives. */
export interface RefusalContext<Req = IncomingMessage, Res = ServerResponse> {
  /** The request. */
  readonly req: Req;
  /** The response; nothing has been written to it. */
  readonly res: Res;
  /** Passes the request on: to the next middleware, or with an error to the error handlers. */
  readonly next: NextFunction;
}

/** Claims of a genuine link. */
export interface VerifiedClaims {
  /** Path of the file relative to the root, decoded. */
  readonly path: string;
  /** The segments of the path. */
  readonly segments: readonly string[];
  /** Time when the link expires. */
  readonly expires: Date;
  /** Time when the link was made, if the scheme includes it. */
  readonly made?: Date;
  /** Time from which the link is valid. */
  readonly notBefore?: Date;
  /** Network of the clients that may use the link, in canonical form: `192.0.2.1/32`. */
  readonly ip?: string;
  /** File name for the download. */
  readonly filename?: string;
  /** Display the file in browsers, or save it. */
  readonly disposition?: 'inline' | 'attachment';
  /** Whether the link is valid for everything below a directory. */
  readonly prefix?: boolean;
  /** Identifier of the link; outcomes have it as `tokenId`. */
  readonly id?: string;
  /** Number of downloads that the link allows; counted by `limitUses()`. */
  readonly uses?: number;
  /** Bytes per second for each connection. */
  readonly rate?: number;
  /** Index of the secret that signed the link. */
  readonly keyIndex: number;
}

/** Context that {@link XSendfileOptions.allow} receives besides the file. */
export interface AllowContext<Req = IncomingMessage> extends AllowFacts {
  /** The request. */
  readonly req: Req;
}

/** What {@link AllowContext} has besides the request. */
export interface AllowFacts {
  /** The claims of the link; undefined for requests without a link. */
  readonly claims: VerifiedClaims | undefined;
  /**
   * Address of the client as `authToken()` knows it, see its option `clientAddress`; undefined if it is unknown, and
   * for requests without a link.
   */
  readonly clientAddress: string | undefined;
  /**
   * Seconds after the end of the link during which its downloads can be resumed: the option `resumeGrace` of
   * `authToken()`. Remember for so long what you store until a link expires.
   */
  readonly resumeGrace: number;
  /** Whether the link has expired, so that the request can only resume a download within that time. */
  readonly isExpired: boolean;
  /**
   * With the option `confirm` of `authToken()`, for links with `uses`: `'missing'` if the user has not confirmed, so
   * that the response will be the page; `'late'` if the confirmation only lets a download go on that has begun.
   */
  readonly confirmation?: 'missing' | 'fresh' | 'late' | undefined;
  /** The same for all requests with one confirmed URL; undefined for others. */
  readonly confirmationId?: string | undefined;
  /**
   * Status that the response will have if the file is allowed: 200, 206, 304, 412 or 416. A header
   * sender is only used for 200 and 206, and the front end may respond with any of the others instead.
   */
  readonly status: number;
  /**
   * Name of the archive (`xsendfile/zip`) that the file will be a part of; undefined for a download of the file. It is
   * one request for all members, so `onFinish` reports the outcome of the archive, and calls a function once, even if
   * it was given for each member.
   */
  readonly archive?: string | undefined;
  /** Calls `callback` once with the outcome of the request. Its errors become warnings. */
  readonly onFinish: (callback: (outcome: Outcome) => void) => void;
  /**
   * Calls `callback` once when the delivery is reported, after the outcome. Its errors become warnings.
   * It is not called without {@link XSendfileOptions.reports}, for requests without an
   * {@link Outcome.downloadId}, or if the report is lost.
   */
  readonly onDelivered: (callback: (delivery: Delivery) => void) => void;
}

/** What a page shows about a download that the user has to confirm. */
export interface ConfirmationInfo {
  /** Name of the file, as the link or the path has it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Content-Type of the file; undefined if it has none. */
  readonly type: string | undefined;
  /** When the link expires. */
  readonly expires: Date;
  /** The `action` of the form, whose method must be `post`. It is not escaped. */
  readonly action: string;
}

/** Decides whether a request may have a file; see {@link XSendfileOptions.allow}. */
export type AllowFunction<Req = IncomingMessage> = (
  file: FileTarget,
  context: AllowContext<Req>,
) => boolean | Promise<boolean>;

/** Parameters that a router adds to a request: strings, and arrays of strings for wildcards. */
export interface RouteParameters {
  /** Values of the parameters, decoded. */
  // The types of routers are incompatible with each other, and cannot be inferred here.
  // biome-ignore lint/suspicious/noExplicitAny: the path sanitizer checks the value.
  readonly params: any;
}

/** Options of {@link xsendfile}. `undefined` means "not given" everywhere. */
export interface XSendfileOptions<Req = IncomingMessage, Res = ServerResponse> {
  /**
   * Sender that delivers the bytes: the name of a built-in one, the result of its factory if it needs options, or a
   * custom sender.
   *
   * @default `'serve'`: Node sends the files; required if `handshake` is given
   */
  readonly sender?: SenderName | Sender | NamingSender | SenderFunction | undefined;
  /**
   * Secret with which the front end authenticates, in the request header `X-Sendfile-Handshake`.
   *
   * Needs `sender`. The sender handles requests that carry the secret; Node handles all others. The same program
   * therefore works with and without a front end. At least 16 visible ASCII characters; a list allows rotation.
   * `false`: all requests come through the front end.
   *
   * An explicit `undefined` throws, unless the sender is `'serve'`: an unset environment variable must
   * not disable the handshake.
   *
   * @default if not given: as `false`, with one warning per process
   */
  readonly handshake?: string | readonly string[] | false | undefined;
  /**
   * Returns the path of the requested file, decoded: `req => req.params.name`; undefined gives 404.
   *
   * The URL must still be canonical: `%61dmin` must not get past a guard that compares it with
   * `admin`.
   *
   * @default the path of `req.url`, percent-decoded
   */
  readonly path?:
    | ((req: Req & RouteParameters) => string | readonly string[] | undefined)
    | undefined;
  /**
   * Decides whether a request may have the file that was found, before anything is written; the functions of a list
   * are called in order, until one refuses.
   *
   * `false` gives the ordinary 404, with `ERR_XSENDFILE_NOT_ALLOWED` in the outcome. An error that it throws,
   * including a {@link RefusedError}, is handled like any error of the request. It is called for GET and HEAD,
   * whatever the response will be, and also for `send()` and `offload()`. If the client disconnects while it decides,
   * the request ends.
   *
   * @default every file below the root
   */
  readonly allow?: AllowFunction<Req> | readonly AllowFunction<Req>[] | undefined;
  /**
   * Maximum bytes per second for each response: a number of at least 1, or a function that returns one for a file and
   * a request, or undefined for no limit.
   *
   * A `rate` of `send()` takes precedence, then the `rate` of the link. nginx (`X-Accel-Limit-Rate`) and lighttpd
   * (`X-LIGHTTPD-KBytes-per-second`, 1,024 bytes per second or more) limit it themselves; with other senders, Node
   * sends the file, with a token bucket that is smooth to a tenth of a second.
   *
   * @default no limit
   */
  readonly rate?: number | ((file: FileInfo, req: Req) => number | undefined) | undefined;
  /**
   * The directory below the root that the real path of the file must be in, decoded, for each request:
   * `(req) => tenantOf(req)`. Anything outside of it gives 404, even if a symbolic link inside leads there. So does
   * `undefined`: a request without a tenant gets no file.
   *
   * The requested path remains relative to the root; to make it relative to the directory, return it from `path`. The
   * directory itself must not be reached through a link. Such requests bypass the cache. Cannot be combined with
   * `symlinks: 'follow'`.
   *
   * @default the whole root
   */
  readonly within?: ((req: Req) => string | readonly string[] | undefined) | undefined;
  /** Treatment of names that begin with a dot. @default 'ignore' */
  readonly dotfiles?: DotfilePolicy | undefined;
  /** Treatment of symbolic links. @default 'inside' */
  readonly symlinks?: SymlinkPolicy | undefined;
  /**
   * Drop `//`, `/./` and a trailing `/`, as in wsgi-xsendfile, instead of refusing them.
   *
   * Guards in front of the handler must then expect more than one URL per file.
   *
   * @default false
   */
  readonly collapseSlashes?: boolean | undefined;
  /**
   * Content-Disposition if neither `send()`, `res.locals` nor the application sets one.
   *
   * @default no header
   */
  readonly disposition?:
    | Disposition
    | ((file: FileInfo, req: Req) => Disposition | undefined)
    | undefined;
  /** Treatment of files that can run scripts. @default 'sandbox' */
  readonly activeContent?: ActiveContentPolicy | undefined;
  /**
   * Sites whose pages may embed files.
   *
   * All responses have `Cross-Origin-Resource-Policy`, unless the application has set it. Requests of pages of other
   * sites, which browsers state in `Sec-Fetch-Site`, are refused with 403 before the file is looked at, unless the user
   * follows a link, or the application has set `Access-Control-Allow-Origin` and the page asks with `cors`. Requests
   * without that header pass.
   *
   * @default 'same-site'; for signed links of {@link authToken}, but not for its cookies, 'any'
   */
  readonly embedding?: Embedding | undefined;
  /**
   * Returns the Content-Type for a requested path, relative to the root; for undefined, the extension
   * determines it.
   *
   * @default the type of the extension
   */
  readonly contentType?: ((path: string) => string | undefined) | undefined;
  /**
   * Send `notes.txt.gz` as text, and `logo.svgz` as SVG, with `Content-Encoding: gzip`, if client and front end
   * support that.
   *
   * @default true
   */
  readonly contentEncoding?: boolean | undefined;
  /**
   * Codings of precompressed files, in order of preference: with `['br', 'gzip']`, clients that accept
   * Brotli get `app.js.br` for `app.js`, with the type of `app.js` and `Content-Encoding: br`.
   *
   * The weights of Accept-Encoding come first, then this order; a request without that header gets the file itself.
   * The precompressed file must pass the same checks as the file, which must exist, and must not be older; otherwise
   * it is ignored. All responses have `Vary: Accept-Encoding`. If the front end drops Content-Encoding or Vary, Node
   * sends the files that need them. A file for which the application has set ETag, Content-Encoding, Content-Digest
   * or Repr-Digest is sent unchanged, as is one that is requested as `app.js.br`.
   *
   * @default none
   */
  readonly precompressed?: readonly ContentCoding[] | undefined;
  /**
   * Cache-Control if the application sets none: `true` for `private, no-cache` (or the value that
   * follows from `maxAge`), `false` for no header, or the value itself.
   *
   * @default true
   */
  readonly cacheControl?: boolean | string | ((file: FileInfo, req: Req) => string) | undefined;
  /**
   * Time for which the user's browser may reuse a file without revalidation: milliseconds, or a string such as
   * `'1d'`; at most one year. Shared caches remain excluded.
   *
   * @default none: `no-cache`
   */
  readonly maxAge?: number | string | undefined;
  /**
   * Declares that files never change within `maxAge`, which is then required.
   *
   * @default false
   */
  readonly immutable?: boolean | undefined;
  /**
   * ETag: `true` for nginx's format, `false` for none, or a function that returns one (missing quotes
   * are added).
   *
   * nginx's format cannot distinguish two versions with the same time and size. For times up to 1980-01-02 UTC, as in
   * some images and archives, the tag includes the inode and ctime instead.
   *
   * @default true
   */
  readonly etag?: boolean | ((file: FileInfo) => string) | undefined;
  /** Send Last-Modified; never for times up to 1980-01-02 UTC. @default true */
  readonly lastModified?: boolean | undefined;
  /**
   * Honour Range headers when Node sends the file.
   *
   * @default true
   */
  readonly acceptRanges?: boolean | undefined;
  /**
   * Limits of the cache of sent files, or `false` for none. A cached file that has not changed costs
   * one `stat`. Use `false` on network file systems (NFS, SMB, FUSE), whose timestamps may lag behind
   * changes; `symlinks: 'deny'` implies it.
   *
   * @default { maxEntries: 16384, maxBytes: 33554432, maxFileSize: 1048576 }
   */
  readonly cache?: false | CacheOptions | undefined;
  /**
   * Seconds without progress after which the connection to a client is closed while Node sends a file. 0: no limit.
   *
   * As with nginx's `send_timeout`, the time between two successful writes counts.
   *
   * @default 120
   */
  readonly idleTimeout?: number | undefined;
  /**
   * Changes the headers of a 200, 206 or 304 response, after all others are set; synchronous.
   *
   * The signature is the same as in `send`. Framing and front-end control headers set here are removed.
   */
  readonly setHeaders?: ((res: Res, path: string, file: FileTarget) => void) | undefined;
  /**
   * Pass refusals with 400, 403, 404 and 405 to the next middleware, and all others to the error handlers.
   *
   * @default false
   */
  readonly fallthrough?: boolean | undefined;
  /**
   * Handles refused requests instead of this package; `fallthrough` then has no effect.
   *
   * `(error, { next }) => next(error)` shows the application's own error pages.
   */
  readonly onRefused?:
    | ((error: RefusedError, context: RefusalContext<Req, Res>) => void | Promise<void>)
    | undefined;
  /** Called once per request with its outcome. */
  readonly onFinish?:
    | ((outcome: Outcome, context: { readonly req: Req; readonly res: Res }) => void)
    | undefined;
  /**
   * Follows downloads that a front end sends until they are delivered: `deliveryReports()` of
   * `xsendfile/reports`.
   *
   * Front ends then get only responses with 200 and 206; Node sends 304, 412 and 416, and all files for senders
   * without {@link Sender.downloadIdHeader}: Caddy, h2o, `'standard'`.
   *
   * @default none
   */
  readonly reports?: DeliveryReporter | undefined;
}

/**
 * Middleware and route handler for the files below one directory.
 *
 * It always accepts requests of HTTP/2, too; functions among the options get them with these types only if the
 * factory was called with them: `xsendfile<Http2ServerRequest, Http2ServerResponse>(root, …)`.
 */
export interface XSendfileHandler<Req = IncomingMessage, Res = ServerResponse> {
  (req: Req | Http2ServerRequest, res: Res | Http2ServerResponse, next?: NextFunction): void;
  /** Absolute path of the directory. */
  readonly root: string;
  /**
   * Sends one file as the response to a request.
   *
   * @param path - relative to the root, decoded; see {@link XSendfileOptions.path}.
   * @returns the outcome, when the response has ended.
   * @throws {@link RefusedError} (as a rejection) before anything is written, if the file cannot be sent for this request.
   */
  send(
    req: Req | Http2ServerRequest,
    res: Res | Http2ServerResponse,
    path: string | readonly string[],
    overrides?: FileOverrides,
  ): Promise<Outcome>;
  /**
   * Sends content that is not a file, always from Node, with the same conditions, ranges, headers, options and
   * outcome as a file. For hooks, its `path` is empty, and its `size` infinite if it is not known.
   *
   * If the content yields too few or too many bytes, throws, or yields nothing for `idleTimeout` seconds, the
   * connection is closed, so that no client takes a part for the whole; the outcome is `failed`, with a code
   * `ERR_XSENDFILE_CONTENT_*`.
   *
   * @param content - the bytes, or a description with a function that reads them.
   * @returns the outcome, when the response has ended.
   * @throws as {@link XSendfileHandler.send}, and {@link BadOptionError} for wrong content, before anything is written.
   */
  sendContent(
    req: Req | Http2ServerRequest,
    res: Res | Http2ServerResponse,
    content: Uint8Array | Content,
    overrides?: FileOverrides,
  ): Promise<Outcome>;
}

/** Options that {@link RemoteOptions} does not have, because they are for files on a disk. */
export type FileOnlyOption =
  | 'within'
  | 'dotfiles'
  | 'symlinks'
  | 'contentEncoding'
  | 'precompressed'
  | 'cache';

/** Options of {@link xsendfile} for remote objects. */
export interface RemoteOptions<Req = IncomingMessage, Res = ServerResponse>
  extends Omit<XSendfileOptions<Req, Res>, FileOnlyOption | 'etag'> {
  /** Send an ETag: the object's, or the store's. @default true */
  readonly etag?: boolean | undefined;
}

/**
 * Sends private objects of S3-compatible storage. As a middleware it needs the `locate` option of `remoteRoot()`.
 */
export interface RemoteHandler<Req = IncomingMessage, Res = ServerResponse> {
  (req: Req | Http2ServerRequest, res: Res | Http2ServerResponse, next?: NextFunction): void;
  /** The stores of the handler. */
  readonly remote: RemoteRoot;
  /**
   * Sends one object as the response to a request: it is requested from the store with the client's range and
   * conditions, and its bytes are passed on with the headers, options and outcome of a file. For hooks, `root` and
   * `path` are empty, and `size` is infinite as long as it is not known.
   *
   * @returns the outcome, when the response has ended.
   * @throws {@link BadUrlError} or {@link BadOptionError} (as a rejection) for a wrong object, and
   * {@link RefusedError} if it cannot be sent: 404 if the store has no such object or denies it, 502, 503 or 504 if
   * the store fails. Nothing has been written in these cases.
   */
  sendRemote(
    req: Req | Http2ServerRequest,
    res: Res | Http2ServerResponse,
    object: RemoteObject,
    overrides?: FileOverrides,
  ): Promise<Outcome>;
}
