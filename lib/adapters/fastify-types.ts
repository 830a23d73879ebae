import type * as core from '../index.js';

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Sends one file below the root of the registered {@link FastifyXSendfile}. Errors go to Fastify: 404 to
     * its not-found handler, all others to its error handler. In an async handler, return the result.
     *
     * @param path - relative to the root, decoded.
     */
    sendFile(path: string | readonly string[], overrides?: core.FileOverrides): FastifyReply;
    /**
     * Sends one file as a download; otherwise like `sendFile()`.
     *
     * @param path - relative to the root, decoded.
     * @param filename - name that the client gets. Default: the file's own.
     */
    download(
      path: string | readonly string[],
      filename?: string,
      overrides?: core.FileOverrides,
    ): FastifyReply;
    /**
     * Sends one object of the registered {@link FastifyRemote}; otherwise like `sendFile()`.
     *
     * @param object - its presigned URL and name.
     */
    sendRemote(object: core.RemoteObject, overrides?: core.FileOverrides): FastifyReply;
  }
}

/**
 * The part of a Fastify instance that plugins use.
 *
 * This and the next two are no types of Fastify's, because an application may have two versions of it: Nest
 * brings its own.
 */
export interface FastifyScope {
  /** Path below which all routes of the instance are. */
  readonly prefix: string;
  /** Adds a route. */
  // biome-ignore lint/suspicious/noExplicitAny: the real types depend on the instance.
  route(options: any): unknown;
  /** Adds a scope of its own. */
  // biome-ignore lint/suspicious/noExplicitAny: the real types depend on the instance.
  register(plugin: any): unknown;
  /** Adds a method to all replies. */
  // biome-ignore lint/suspicious/noExplicitAny: the real types depend on the instance.
  decorateReply(name: any, method: any): unknown;
}

/** The part of Fastify's request that handlers use. */
export interface FastifyFileRequest {
  /** Node's request. */
  readonly raw: core.HttpRequest;
  /** The request target as it was received. */
  readonly originalUrl: string;
  /** Parameters of the route, decoded. */
  readonly params: unknown;
  /** Address of the client, which takes proxies into account with `trustProxy`. */
  readonly ip: string;
  /** Addresses of the proxies and the client; undefined without `trustProxy`. */
  readonly ips?: readonly string[] | undefined;
}

/** The part of Fastify's reply that handlers use. */
export interface FastifyFileReply {
  /** Node's response. */
  readonly raw: core.HttpResponse;
  /** Whether the response has been sent. */
  readonly sent: boolean;
  /** Returns the headers that are set on the reply. */
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
  /** Sets headers of the reply. */
  headers(values: Readonly<Record<string, string>>): unknown;
  /** Removes a header of the reply. */
  removeHeader(name: string): unknown;
  /** Calls the not-found handler. */
  callNotFound(): unknown;
  /** Sends a response, or gives an error to the error handler. */
  send(payload: unknown): unknown;
  /** Keeps Fastify from responding. */
  hijack(): unknown;
}

/** Options of `app.register()` for handlers of this module. */
export interface FastifyMountOptions {
  /** Percent-encoded path below which the files are served. @default '': the top */
  readonly prefix?: string | undefined;
  /** Serve files below `prefix`, for GET and HEAD; false adds only the decorators. @default true */
  readonly serve?: boolean | undefined;
  /**
   * Add `reply.sendFile()` and `reply.download()`, or `reply.sendRemote()` for remote objects; false for every
   * further handler of the same kind. Handlers for links never add them.
   *
   * @default true
   */
  readonly decorateReply?: boolean | undefined;
}

/** Fastify plugin; its routes and decorators belong to the instance that it is registered in. */
export type FastifyPlugin = (instance: FastifyScope, options: FastifyMountOptions) => Promise<void>;

/** Fastify plugin for the files below one directory. */
export interface FastifyXSendfile extends FastifyPlugin {
  /** Absolute path of the directory. */
  readonly root: string;
  /**
   * Sends one file as the response, as `send()` of the core does.
   *
   * @param path - relative to the root, decoded.
   * @returns the outcome, when the exchange is over.
   * @throws a `RefusedError` with `statusCode` if the file cannot be sent for this request, 404 included.
   */
  send(
    request: FastifyFileRequest,
    reply: FastifyFileReply,
    path: string | readonly string[],
    overrides?: core.FileOverrides,
  ): Promise<core.Outcome>;
  /** Sends content that is not a file, as `sendContent()` of the core does. */
  sendContent(
    request: FastifyFileRequest,
    reply: FastifyFileReply,
    content: Uint8Array | core.Content,
    overrides?: core.FileOverrides,
  ): Promise<core.Outcome>;
}

/** Fastify plugin for private objects of S3-compatible storage. */
export interface FastifyRemote extends FastifyPlugin {
  /** The stores of the handler. */
  readonly remote: core.RemoteRoot;
  /**
   * Sends one object as the response, as `sendRemote()` of the core does.
   *
   * @returns the outcome, when the exchange is over.
   * @throws a `BadUrlError` or `BadOptionError` for a wrong object, and a `RefusedError` with `statusCode` if it cannot
   * be sent for this request, 404 included.
   */
  sendRemote(
    request: FastifyFileRequest,
    reply: FastifyFileReply,
    object: core.RemoteObject,
    overrides?: core.FileOverrides,
  ): Promise<core.Outcome>;
}

/** Fastify plugin for files, or remote objects, that need a signed link, or a signed cookie. */
export interface FastifyAuthToken<Files = FastifyXSendfile> extends FastifyPlugin {
  /** Signs and verifies links to the files, and signs cookies. */
  readonly signer: core.UrlSigner;
  /** Sends the same files **without** a link, for routes with their own access control. */
  readonly files: Files;
}
