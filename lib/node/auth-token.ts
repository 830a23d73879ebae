import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { openLinks } from '../handlers/open-links.js';
import type { Secret, TokenOptions, UrlSigner } from '../links/types.js';
import { clientAddressOf, warnOfUnknownClient } from '../shared/client-address.js';
import type {
  ConfirmationInfo,
  HttpRequest,
  HttpResponse,
  NextFunction,
  RemoteHandler,
  RemoteOptions,
  RemoteRoot,
  XSendfileHandler,
  XSendfileOptions,
} from '../types.js';
import { createHandler, createRequestHandler } from './request-handler.js';

/** Options of {@link authToken} for links. */
export interface LinkOptions<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
> extends TokenOptions {
  /**
   * Returns the address of the client, for links that are bound to one; its port is ignored.
   *
   * @default `req.ip` of Express, which honours `trust proxy`; otherwise the address of the connection. Undefined,
   * so that bound links are refused, behind a proxy whose `X-Forwarded-For` is missing, or not evaluated by the
   * framework.
   */
  readonly clientAddress?: ((req: Req) => string | undefined) | undefined;
  /**
   * Seconds after the end of a link during which a download can be resumed: a request for one range that does not
   * begin at byte 0, with the strong ETag of the current version in If-Range or If-Match. Everything else is 410.
   *
   * It lengthens the link for every client that knows this ETag, so keep it short. At most 86,400. Node sends these
   * responses. It is not for cookies.
   *
   * @default 0
   */
  readonly resumeGrace?: number | undefined;
  /**
   * Asks users before a link with `uses` takes one, because scanners of mails and previews of chats request links, too:
   * `true`, or a function that returns the HTML of the page. A GET gets the page with 403, and its form, which has to be
   * submitted with POST to `info.action`, leads to a confirmed URL: only that counts. For the first request it is valid
   * for five minutes, then as long as the download counts as begun.
   *
   * It needs `limitUses()`, and is not for cookies.
   *
   * @default false
   */
  readonly confirm?:
    | boolean
    | ((
        info: ConfirmationInfo,
        context: { readonly req: Req; readonly res: Res },
      ) => string | Promise<string>)
    | undefined;
}

/** Options of {@link authToken}: options for links, and the options of {@link xsendfile}. */
export interface AuthTokenOptions<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
> extends LinkOptions<Req, Res>,
    Omit<XSendfileOptions<Req, Res>, 'fallthrough'> {}

/** Options of {@link authToken} for remote objects. */
export interface RemoteAuthTokenOptions<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
> extends LinkOptions<Req, Res>,
    Omit<RemoteOptions<Req, Res>, 'fallthrough'> {}

/** Middleware and route handler for files, or remote objects, that need a signed link, or a signed cookie. */
export interface AuthTokenHandler<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
  Files = XSendfileHandler<Req, Res>,
> {
  (req: Req | Http2ServerRequest, res: Res | Http2ServerResponse, next?: NextFunction): void;
  /** Signs and verifies links to the files, and signs cookies. */
  readonly signer: UrlSigner;
  /** Sends the same files **without** a link, for routes with their own access control. */
  readonly files: Files;
}

/** The same for remote objects. */
export type RemoteAuthTokenHandler<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
> = AuthTokenHandler<Req, Res, RemoteHandler<Req, Res>>;

/**
 * Creates a middleware and route handler that sends the files below one directory, or remote objects, to clients with
 * a valid signed link.
 *
 * Once the link is verified, the handler works like {@link xsendfile}. All invalid links get the same
 * 404; only genuine, expired links get 410. A link may have any equivalent spelling, such as `%7E` for
 * `~`; the mount path before it may not.
 *
 * With the option `cookie`, requests without a link in the path need a signed cookie instead.
 *
 * Handlers with the same secret accept each other's links, unless `purpose`, scheme or `mountPath`
 * differs. If their roots differ, a warning is printed (`XSENDFILE_SHARED_SECRET`).
 *
 * @param secret - shared with the signer of the links; see {@link createUrlSigner}.
 * @param root - as for {@link xsendfile}; `remoteRoot()` needs the option `locate`, which names the object for the path of
 * a link.
 * @typeParam Root - as for {@link xsendfile}.
 * @throws {@link BadRootError}, {@link BadSenderError} or {@link BadOptionError}, as {@link xsendfile}
 * and {@link createUrlSigner} do.
 *
 * @example Links valid for two minutes
 * ```ts
 * import express from 'express';
 * import { authToken } from 'xsendfile';
 *
 * const { LINK_SECRET } = process.env;
 * if (LINK_SECRET === undefined) throw new Error('Set LINK_SECRET.');
 *
 * const downloads = authToken(LINK_SECRET, '/srv/files', { sender: 'serve' });
 * const app = express();
 * app.use('/downloads', downloads);
 * app.get('/link', requireLogin, (req, res) => {
 *   res.send(`/downloads${downloads.signer.sign('report.pdf')}`);
 * });
 * ```
 */
export function authToken<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
  Root extends string | URL | RemoteRoot = string | URL,
>(
  secret: Secret | readonly Secret[],
  root: Root,
  options?: Root extends RemoteRoot ? RemoteAuthTokenOptions<Req, Res> : AuthTokenOptions<Req, Res>,
): AuthTokenHandler<
  Req,
  Res,
  Root extends RemoteRoot ? RemoteHandler<Req, Res> : XSendfileHandler<Req, Res>
>;
export function authToken(
  secret: Secret | readonly Secret[],
  root: string | URL | RemoteRoot,
  options: AuthTokenOptions | RemoteAuthTokenOptions = {},
): AuthTokenHandler | RemoteAuthTokenHandler {
  const links = openLinks(secret, root, options, {
    caller: 'authToken',
    addressOf: clientAddressOf,
    warnOfUnknown: () => warnOfUnknownClient('node'),
  });
  return Object.freeze(
    Object.assign(createRequestHandler('authTokenHandler', links), {
      signer: links.signer,
      // Shares the root, so that the limits of the cache apply to both handlers together.
      files: createHandler(links.root, links.root.config),
    }),
  ) as AuthTokenHandler | RemoteAuthTokenHandler;
}
