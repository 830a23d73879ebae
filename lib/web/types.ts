import type { TokenOptions, UrlSigner } from '../links/types.js';
import type { RefusedError } from '../shared/errors.js';
import type {
  AllowFacts,
  ConfirmationInfo,
  Content,
  FileOverrides,
  FileTarget,
  Outcome,
  RemoteObject,
  RemoteOptions,
  RemoteRoot,
  XSendfileOptions,
} from '../types.js';

/** The request, as hooks get it. */
export interface RequestContext {
  /** The request that was passed to the handler. */
  readonly request: Request;
}

/** Context that `allow` receives besides the file. */
export interface AllowContext extends AllowFacts, RequestContext {}

/** Decides whether a request may have a file. */
export type AllowFunction = (file: FileTarget, context: AllowContext) => boolean | Promise<boolean>;

/**
 * Options that a `Request` makes different from those of the main entry.
 *
 * @typeParam Passes - the type of `fallthrough`.
 */
export interface WebOnlyOptions<Passes extends boolean = false> {
  /**
   * Percent-encoded path below which the files are: `'/files'`. Other URLs are refused, or passed on with
   * `fallthrough`.
   *
   * @default `''`: the whole path of the URL names the file
   */
  readonly prefix?: string | undefined;
  /** Returns the path of the requested file, decoded; undefined gives 404. @default the path of the URL below `prefix` */
  readonly path?: ((request: Request) => string | readonly string[] | undefined) | undefined;
  /** Decides whether a request may have the file that was found; a list of functions runs in its order. */
  readonly allow?: AllowFunction | readonly AllowFunction[] | undefined;
  /** Changes the headers of a 200, 206 or 304 response, after all others are set; synchronous. */
  readonly setHeaders?: ((headers: Headers, path: string, file: FileTarget) => void) | undefined;
  /**
   * Resolve with undefined, for the next handler, instead of responding with 400, 403, 404 or 405; all other refusals
   * reject.
   *
   * @default false
   */
  readonly fallthrough?: Passes | undefined;
  /**
   * Responds to refused requests instead of this package; undefined stands for the default response. `fallthrough`
   * then has no effect.
   */
  readonly onRefused?:
    | ((
        error: RefusedError,
        context: RequestContext,
      ) => Response | undefined | Promise<Response | undefined>)
    | undefined;
  /** Called once per request with its outcome. */
  readonly onFinish?: ((outcome: Outcome, context: RequestContext) => void) | undefined;
}

/**
 * Options of {@link xsendfile}. Those of the main entry, except that functions get the `Request`, and hooks
 * `{ request }`.
 *
 * `contentEncoding` is false by default, because Next drops the header: `notes.txt.gz` arrives as a gzip file.
 *
 * @typeParam Passes - the type of `fallthrough`.
 */
export interface XSendfileWebOptions<Passes extends boolean = false>
  extends Omit<XSendfileOptions<Request>, keyof WebOnlyOptions>,
    WebOnlyOptions<Passes> {}

/**
 * Options of {@link xsendfile} for remote objects.
 *
 * @typeParam Passes - the type of `fallthrough`.
 */
export interface RemoteWebOptions<Passes extends boolean = false>
  extends Omit<RemoteOptions<Request>, keyof WebOnlyOptions>,
    WebOnlyOptions<Passes> {}

/** Options of {@link authToken} for links. */
export interface LinkOptions extends TokenOptions {
  /**
   * Returns the address of the client, for links that are bound to one, and for counted links; its port is ignored.
   *
   * @default undefined: a `Request` has no address, so bound links are refused, and each GET takes a use
   */
  readonly clientAddress?: ((request: Request) => string | undefined) | undefined;
  /**
   * Seconds after the end of a link during which a download can be resumed; as in `authToken()` of the main entry.
   *
   * @default 0
   */
  readonly resumeGrace?: number | undefined;
  /**
   * Asks users before a link with `uses` takes one; as in `authToken()` of the main entry. Route POST to the handler, too.
   *
   * @default false
   */
  readonly confirm?:
    | boolean
    | ((info: ConfirmationInfo, context: { readonly request: Request }) => string | Promise<string>)
    | undefined;
}

/** Options of {@link authToken}: options for links, and the options of {@link xsendfile}. */
export interface AuthTokenWebOptions
  extends LinkOptions,
    Omit<XSendfileWebOptions, 'fallthrough'> {}

/** Options of {@link authToken} for remote objects. */
export interface RemoteAuthTokenWebOptions
  extends LinkOptions,
    Omit<RemoteWebOptions, 'fallthrough'> {}

/**
 * Responds to a request for a file: with undefined, for the next handler, only as the option `fallthrough` says.
 *
 * @throws (as a rejection) errors of hooks, the reason of an aborted `request.signal`, and errors of the file
 * system that are not refusals.
 */
export type WebHandler<Result = Response> = (request: Request) => Promise<Result>;

/** Result of a handler whose option `fallthrough` has that type. */
export type ResultFor<Passes extends boolean> = true extends Passes
  ? Response | undefined
  : Response;

/** Handler for the files below one directory. */
export interface XSendfileWebHandler<Result = Response> extends WebHandler<Result> {
  /** Absolute path of the directory. */
  readonly root: string;
  /**
   * Returns the response with one file.
   *
   * @param path - relative to the root, decoded.
   * @throws {@link RefusedError} (as a rejection) if the file cannot be sent for this request.
   */
  send(
    request: Request,
    path: string | readonly string[],
    overrides?: FileOverrides,
  ): Promise<Response>;
  /**
   * Returns the response with content that is not a file.
   *
   * @throws {@link RefusedError} or {@link BadOptionError} (as a rejection).
   */
  sendContent(
    request: Request,
    content: Uint8Array | Content,
    overrides?: FileOverrides,
  ): Promise<Response>;
}

/** Handler for private objects of S3-compatible storage. */
export interface RemoteWebHandler<Result = Response> extends WebHandler<Result> {
  /** The stores of the handler. */
  readonly remote: RemoteRoot;
  /**
   * Returns the response with one object.
   *
   * @throws {@link RefusedError}, {@link BadUrlError} or {@link BadOptionError} (as a rejection).
   */
  sendRemote(request: Request, object: RemoteObject, overrides?: FileOverrides): Promise<Response>;
}

/** Handler for files, or remote objects, that need a signed link, or a signed cookie. */
export interface AuthTokenWebHandler<Files = XSendfileWebHandler> extends WebHandler {
  /** Signs and verifies links to the files, and signs cookies. */
  readonly signer: UrlSigner;
  /** Sends the same files **without** a link, for routes with their own access control. */
  readonly files: Files;
}
