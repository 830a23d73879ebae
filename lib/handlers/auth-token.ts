import { statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { isAbsolute } from 'node:path';
import { TOKEN_OPTIONS } from '../links/options.js';
import { registerSecret } from '../links/shared-secrets.js';
import { createLinkSigner, publicSigner, queryOf } from '../links/signer.js';
import type {
  LinkClaims,
  ReceivedLink,
  Secret,
  TokenOptions,
  UrlSigner,
  VerifiedClaims,
  VerifyResult,
} from '../links/types.js';
import { countsUses } from '../links/uses/counts-uses.js';
import { XSENDFILE_OPTIONS } from '../pipeline/options.js';
import { type RequestedFile, run } from '../pipeline/run.js';
import { rulesOf, segmentsOf } from '../request-path/from-request.js';
import { checkSpelling } from '../request-path/sanitize.js';
import { NodeResponder } from '../respond/node/node-responder.js';
import { handleError } from '../respond/node/refusal.js';
import { clientAddressOf, warnOfUnknownClient } from '../shared/client-address.js';
import { RefusedError, XSendfileError } from '../shared/errors.js';
import { appendToList } from '../shared/header-list.js';
import { show } from '../shared/option-checks.js';
import { callback, Option, readOptions, splitOptions } from '../shared/option-reader.js';
import type {
  HttpRequest,
  HttpResponse,
  NextFunction,
  RemoteHandler,
  RemoteOptions,
  RemoteRoot,
  RequestFunction,
  XSendfileHandler,
  XSendfileOptions,
} from '../types.js';
import { openRoot } from './open-root.js';
import { confine } from './requested-file.js';

/** Options of {@link authToken} for links. */
export interface LinkOptions<Req extends HttpRequest = IncomingMessage> extends TokenOptions {
  /**
   * Returns the address of the client, for links that are bound to one; its port is ignored.
   *
   * @default `req.ip` of Express, which honours `trust proxy`; otherwise the address of the connection. Undefined,
   * so that bound links are refused, behind a proxy whose `X-Forwarded-For` is missing, or not evaluated by the
   * framework.
   */
  readonly clientAddress?: ((req: Req) => string | undefined) | undefined;
}

/** Options of {@link authToken}: options for links, and those of {@link xsendfile}. */
export interface AuthTokenOptions<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
> extends LinkOptions<Req>,
    Omit<XSendfileOptions<Req, Res>, 'fallthrough'> {}

/** Options of {@link authToken} for remote objects. */
export interface RemoteAuthTokenOptions<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
> extends LinkOptions<Req>,
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

/** Default Cache-Control; `max-age` is reduced to the remaining lifetime of the link. */
const AS_LONG_AS_THE_LINK = 'private, max-age=31536000';

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
  const caller = 'authToken';
  checkOrder(secret, caller);
  const { addressOf, tokenOptions, fileOptions } = partOptions(options, caller);
  const opened = openRoot(root, fileOptions, caller);
  if (!opened.hasPaths) {
    throw new Option(caller, 'locate').error(
      `remoteRoot() needs the option locate, which names the object for the path of a link.`,
    );
  }
  const signer = createLinkSigner(secret, tokenOptions, caller);
  const filesConfig = opened.config;
  const config = filesConfig.isCacheControlGiven
    ? filesConfig
    : { ...filesConfig, cacheControl: AS_LONG_AS_THE_LINK };
  const fileRules = rulesOf(config);
  // The signature protects the link, so its spelling does not matter.
  const rules = { ...fileRules, encodedUnreserved: true };
  const state = opened.createState(config);
  const isCounting = countsUses(config.allow);
  registerSecret(signer, opened.name, caller);

  function authorize(req: IncomingMessage, res: ServerResponse): RequestedFile {
    const { url = '' } = req;
    const segments = segmentsOf(req, config.path, rules);
    const link: ReceivedLink = {
      segments,
      query: queryOf(url),
      clientAddress: addressOf(req),
    };
    const byPath = signer.verifyParts(link);
    const result = (isWithoutLink(byPath) && verifyCookies(req, res, link)) || byPath;
    if (result.ok) {
      checkCounted(result.claims, isCounting);
      return { ...toRequestedFile(result.claims, signer.now()), within: confine(req, state) };
    }
    const { code } = result.error;
    const isAddressWrong =
      code === 'ERR_XSENDFILE_TOKEN_ADDRESS' ||
      (code === 'ERR_XSENDFILE_TOKEN_FORGED' && signer.needsAddress);
    const isUnknown =
      isAddressWrong && addressOf === clientAddressOf && link.clientAddress === undefined;
    if (isUnknown) warnOfUnknownClient();
    const refusal = isUnknown
      ? new RefusedError('ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED')
      : result.error;
    if (result.claims === undefined) throw refusal;
    return { ...toRequestedFile(result.claims, signer.now()), refusal };
  }

  function verifyCookies(
    req: IncomingMessage,
    res: ServerResponse,
    link: ReceivedLink,
  ): VerifyResult | undefined {
    const result = signer.verifyCookies(req.headers.cookie ?? '', link);
    if (result?.ok !== true) return result;
    // No signature protects this path from a guard in front that does not recognise it.
    const { url = '', originalUrl = url } = req as { originalUrl?: string } & IncomingMessage;
    checkSpelling(config.path === undefined ? url : originalUrl, link.segments, fileRules);
    varyByCookie(res);
    return result;
  }

  function authTokenHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    run(state, {
      responder: new NodeResponder(req, res),
      authorize: () => authorize(req, res),
      isAwaited: false,
    })
      .catch((error: unknown) => {
        if (tokenOptions.cookie !== undefined) varyByCookie(res);
        throw error;
      })
      .catch((error: unknown) => handleError(error, config, req, res, next));
  }

  const countedSigner: UrlSigner = {
    ...publicSigner(signer),
    sign(path, claims) {
      checkCounted(claims, isCounting);
      return signer.sign(path, claims);
    },
    cookie(path, claims) {
      checkCounted(claims, isCounting);
      return signer.cookie(path, claims);
    },
  };

  return Object.freeze(
    Object.assign(authTokenHandler as RequestFunction, {
      signer: Object.freeze(countedSigner),
      // Shares the root, so that the limits of the cache apply to both handlers together.
      files: opened.createHandler(filesConfig),
    }),
  ) as AuthTokenHandler | RemoteAuthTokenHandler;
}

/** Prevents a swapped secret from appearing in a message about the root. */
function checkOrder(secret: unknown, caller: string): void {
  if (typeof secret !== 'string' || !isAbsolute(secret)) return;
  if (statSync(secret, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new Option(caller, 'secret').error(
    `secret must not be the path of a directory, got ${show(secret)}. The secret is the first argument, the root the second.`,
  );
}

const OWN_OPTIONS = { clientAddress: callback(clientAddressOf) };

function partOptions(options: object, caller: string) {
  const names = [TOKEN_OPTIONS, XSENDFILE_OPTIONS, Object.keys(OWN_OPTIONS)];
  const [tokenOptions = {}, fileOptions = {}, own] = splitOptions(caller, options, ...names);
  const { fallthrough = false } = fileOptions as { fallthrough?: unknown };
  if (fallthrough !== false) {
    throw new Option(caller, 'fallthrough').error(
      `fallthrough is not supported: a request without a link must not reach the next middleware. Use onRefused.`,
    );
  }
  const { clientAddress: addressOf } = readOptions(caller, own, OWN_OPTIONS);
  return { addressOf, tokenOptions: tokenOptions as TokenOptions, fileOptions };
}

/**
 * Checks that the uses of a link are counted, if it is for a number of them.
 *
 * @throws {@link XSendfileError} `ERR_XSENDFILE_USES_NOT_COUNTED` otherwise.
 */
function checkCounted(claims: Pick<LinkClaims, 'uses'> | undefined, isCounting: boolean): void {
  if (claims?.uses === undefined || isCounting) return;
  throw new XSendfileError(
    'ERR_XSENDFILE_USES_NOT_COUNTED',
    'authToken: uses are not counted, so a link with uses would open any number of downloads. Add limitUses() of xsendfile/uses to allow.',
  );
}

function toRequestedFile(claims: VerifiedClaims, now: number): RequestedFile {
  const { segments, expires, filename, disposition } = claims;
  return {
    segments,
    overrides: {
      contentDisposition: filename === undefined ? disposition : { type: disposition, filename },
    },
    access: { remaining: Math.floor((expires.getTime() - now) / 1000), claims },
  };
}

/** Whether a path has no token, so that a cookie decides. */
function isWithoutLink(result: VerifyResult): boolean {
  return !result.ok && result.error.code === 'ERR_XSENDFILE_TOKEN_MALFORMED';
}

/** All refusals vary, so that they do not reveal whether the cookie or the path was refused. */
function varyByCookie(res: ServerResponse): void {
  if (res.headersSent) return;
  const vary = res.getHeader('Vary');
  res.setHeader('Vary', appendToList(vary === undefined ? undefined : String(vary), 'Cookie'));
}
