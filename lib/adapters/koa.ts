/**
 * Middleware for Koa.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import * as core from '../index.js';
import { splitPrefix, splitTarget } from '../request-path/prefix.js';
import { BadOptionError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import { adaptMembers } from './adapt-members.js';
import { type ObservedExchanges, observeExchanges, withHeaders } from './exchange.js';
import { appOf, lendProperties, withRest } from './router-properties.js';

/** The part of Koa's context that the middleware uses. */
export interface KoaContext {
  /** Node's request. */
  readonly req: IncomingMessage;
  /** Node's response. */
  readonly res: ServerResponse;
  /** The request target as it was received. */
  readonly originalUrl: string;
  /** Address of the client, which takes proxies into account if `app.proxy` is true. */
  readonly ip: string;
  /** The application. */
  readonly app: { readonly proxy: boolean };
  /** Data that the application has stored for the request; Koa, too, leaves its type open. */
  // biome-ignore lint/suspicious/noExplicitAny: unknown would have to be cast in every use.
  readonly state: any;
  /** False keeps Koa from responding. */
  respond?: boolean | undefined;
}

/** An option that only handlers for Koa have. */
export interface KoaMountOptions {
  /**
   * Percent-encoded path below which the middleware serves the files; other requests pass on to the next
   * middleware. Not needed with `koa-mount`, or on a route with the option `path`.
   *
   * @default `''`: every request
   */
  readonly prefix?: string | undefined;
}

/** Options of {@link xsendfile} for Koa. */
export type KoaXSendfileOptions = core.XSendfileOptions & KoaMountOptions;

/** Options of {@link xsendfile} for Koa, for remote objects. */
export type KoaRemoteOptions = core.RemoteOptions & KoaMountOptions;

/** Options of {@link authToken} for Koa. */
export type KoaAuthTokenOptions = core.AuthTokenOptions & KoaMountOptions;

/** Options of {@link authToken} for Koa, for remote objects. */
export type KoaRemoteAuthTokenOptions = core.RemoteAuthTokenOptions & KoaMountOptions;

/** Koa middleware; it resolves when the exchange is over. */
export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/** Koa middleware for the files below one directory. */
export interface KoaXSendfile extends KoaMiddleware {
  /** Absolute path of the directory. */
  readonly root: string;
  /**
   * Sends one file as the response, as `send()` of the core does.
   *
   * @param path - relative to the root, decoded.
   * @returns the outcome, when the exchange is over.
   * @throws a `RefusedError` with `status`, `expose` and `headers` if the file cannot be sent for this request.
   */
  send(
    ctx: KoaContext,
    path: string | readonly string[],
    overrides?: core.FileOverrides,
  ): Promise<core.Outcome>;
  /** Sends content that is not a file, as `sendContent()` of the core does. */
  sendContent(
    ctx: KoaContext,
    content: Uint8Array | core.Content,
    overrides?: core.FileOverrides,
  ): Promise<core.Outcome>;
}

/** Koa middleware for private objects of S3-compatible storage. */
export interface KoaRemote extends KoaMiddleware {
  /** The stores of the handler. */
  readonly remote: core.RemoteRoot;
  /**
   * Sends one object as the response, as `sendRemote()` of the core does.
   *
   * @returns the outcome, when the exchange is over.
   * @throws a `BadUrlError` or `BadOptionError` for a wrong object, and a `RefusedError` with `status`, `expose` and
   * `headers` if it cannot be sent for this request.
   */
  sendRemote(
    ctx: KoaContext,
    object: core.RemoteObject,
    overrides?: core.FileOverrides,
  ): Promise<core.Outcome>;
}

/** Koa middleware for files, or remote objects, that need a signed link, or a signed cookie. */
export interface KoaAuthToken<Files = KoaXSendfile> extends KoaMiddleware {
  /** Signs and verifies links to the files, and signs cookies. */
  readonly signer: core.UrlSigner;
  /** Sends the same files **without** a link, for routes with their own access control. */
  readonly files: Files;
}

/**
 * Creates Koa middleware that sends the files below one directory.
 *
 * A refusal is thrown, as by `ctx.throw()`, so that middleware before it and `app.on('error')` receive it;
 * `fallthrough` and `onRefused` change that. Options that are functions get Node's request; {@link contextOf}
 * returns its context.
 *
 * @param root - absolute path or file: URL of an existing directory, without symbolic links; or the result of
 * `remoteRoot()` of `xsendfile/remote`.
 * @throws `BadRootError`, `BadSenderError` or `BadOptionError`, as the core does.
 *
 * @example Downloads for logged-in users
 * ```ts
 * import Koa from 'koa';
 * import { xsendfile } from 'xsendfile/koa';
 *
 * const app = new Koa();
 * app.use(async (ctx, next) => {
 *   if (ctx.get('Authorization') !== 'Bearer let-me-in') ctx.throw(401);
 *   await next();
 * });
 * app.use(xsendfile('/srv/files', { prefix: '/files' }));
 * app.listen(3000);
 * ```
 */
export function xsendfile<R extends string | URL | core.RemoteRoot>(
  root: R,
  options?: R extends core.RemoteRoot ? KoaRemoteOptions : KoaXSendfileOptions,
): R extends core.RemoteRoot ? KoaRemote : KoaXSendfile {
  const { prefix, ...split } = splitPrefix<KoaXSendfileOptions>(options ?? {}, 'xsendfile');
  const exchanges = observeExchanges(split.options);
  // The core distinguishes the kinds of roots.
  const handler = core.xsendfile(root as string, exchanges.options);
  return toKoa(handler, prefix, exchanges) as ReturnType<typeof xsendfile<R>>;
}

/**
 * Creates Koa middleware that sends the files below one directory to clients with a valid signed link.
 *
 * @param secret - shared with the signer of the links.
 * @param root - as for {@link xsendfile}.
 * @throws `BadRootError`, `BadSenderError` or `BadOptionError`, as the core does.
 */
export function authToken<R extends string | URL | core.RemoteRoot>(
  secret: core.Secret | readonly core.Secret[],
  root: R,
  options?: R extends core.RemoteRoot ? KoaRemoteAuthTokenOptions : KoaAuthTokenOptions,
): KoaAuthToken<R extends core.RemoteRoot ? KoaRemote : KoaXSendfile> {
  const { prefix, ...split } = splitPrefix<KoaAuthTokenOptions>(options ?? {}, 'authToken');
  const exchanges = observeExchanges(split.options);
  const handler = core.authToken(secret, root as string, exchanges.options);
  return Object.freeze(
    Object.assign(createMiddleware(handler, prefix, exchanges), {
      signer: handler.signer,
      files: toKoa(handler.files, prefix, exchanges) as ReturnType<typeof xsendfile<R>>,
    }),
  );
}

/** Registered, because the ESM and the CommonJS build have separate modules. */
const CONTEXT = Symbol.for('xsendfile.koaContext');

/**
 * Returns the context of a request that an option of the handler has received, for `ctx.state` and others:
 * `allow: (file, { req }) => isOwner(contextOf<Koa.Context>(req).state.user, file)`.
 *
 * @throws TypeError for a request that no middleware of this module has received.
 */
export function contextOf<Context = KoaContext>(req: IncomingMessage): Context {
  const ctx: unknown = Reflect.get(req, CONTEXT);
  if (ctx === undefined) throw new TypeError('contextOf: this is not a request to Koa middleware.');
  return ctx as Context;
}

function toKoa(
  handler: core.XSendfileHandler | core.RemoteHandler,
  prefix: string,
  exchanges: ObservedExchanges<unknown>,
): KoaXSendfile | KoaRemote {
  const middleware = createMiddleware(handler, prefix, exchanges);
  if ('sendRemote' in handler) {
    const { remote } = handler;
    const sendRemote: KoaRemote['sendRemote'] = (ctx, ...rest) =>
      respond(ctx, {}, () => handler.sendRemote(ctx.req, ctx.res, ...rest));
    return Object.freeze(Object.assign(middleware, { remote, sendRemote }));
  }
  const { root } = handler;
  const send: KoaXSendfile['send'] = (ctx, ...rest) =>
    respond(ctx, {}, () => handler.send(ctx.req, ctx.res, ...rest));
  const sendContent: KoaXSendfile['sendContent'] = (ctx, ...rest) =>
    respond(ctx, {}, () => handler.sendContent(ctx.req, ctx.res, ...rest));
  const members = adaptMembers(handler, (given: KoaContext) => {
    const { req } = given;
    if (req !== undefined) Reflect.set(req, CONTEXT, given);
    return req;
  });
  return Object.freeze(Object.assign(middleware, { root, send, sendContent }, members));
}

function createMiddleware(
  handler: core.Middleware,
  prefix: string,
  { handle }: ObservedExchanges<unknown>,
): KoaMiddleware {
  const depth = prefix.split('/').length - 1;
  return async function xsendfileMiddleware(ctx, next) {
    const { req, res } = ctx;
    const [baseUrl, url] = splitTarget(req.url ?? '', depth);
    const call = (): Promise<boolean> => withRest(req, url, () => handle(handler, req, res));
    const isAnswered = baseUrl === prefix && (await respond(ctx, { baseUrl }, call));
    if (!isAnswered) await next();
  };
}

/** Lets a handler of the core respond to a request to Koa. */
async function respond<Result>(
  ctx: KoaContext,
  mount: { readonly baseUrl?: string },
  exchange: () => Promise<Result>,
): Promise<Result> {
  if (typeof ctx?.req?.headers !== 'object') {
    throw new BadOptionError(
      `xsendfile/koa: the first argument must be the context of Koa, got ${showType(ctx)}.`,
    );
  }
  const { req, res, originalUrl, ip, app } = ctx;
  const { params } = ctx as { readonly params?: unknown };
  const isPreset = isStatusPreset(res, req.httpVersionMajor);
  const route = { originalUrl, ip, app: appOf(app.proxy), ...mount };
  const restore = lendProperties(req, params === undefined ? route : { ...route, params });
  Reflect.set(req, CONTEXT, ctx);
  if (isPreset) res.statusCode = 200;
  if (req.httpVersionMajor === 2 && req.method === 'HEAD') {
    // Koa does not respond if it cannot write, and Node ends such a stream before there is a response.
    const get = (): boolean => !res.writableEnded;
    Object.defineProperty(ctx, 'writable', { get, configurable: true });
  }
  try {
    const result = await exchange();
    // An incomplete response: Koa must not try to complete it.
    if (result !== false && !res.writableEnded) ctx.respond = false;
    return result;
  } catch (error) {
    throw withHeaders(error);
  } finally {
    restore();
    if (isPreset && !res.headersSent) res.statusCode = 404;
  }
}

/**
 * Whether a status of 404 is Koa's, not the application's: `ctx.status = 404` also sets the status message.
 * HTTP/2 has no status messages.
 */
function isStatusPreset(res: ServerResponse, httpVersion: number): boolean {
  return res.statusCode === 404 && (httpVersion > 1 || !res.statusMessage);
}
