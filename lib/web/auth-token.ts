import { openLinks } from '../handlers/open-links.js';
import type { Secret } from '../links/types.js';
import { splitPrefix } from '../request-path/prefix.js';
import { warnOfUnknownClient } from '../shared/client-address.js';
import type { RemoteRoot } from '../types.js';
import { createHandler, createRequestHandler } from './create-handler.js';
import type {
  AuthTokenWebHandler,
  AuthTokenWebOptions,
  RemoteAuthTokenWebOptions,
  RemoteWebHandler,
  XSendfileWebHandler,
} from './types.js';
import { withDefaults } from './xsendfile.js';

/**
 * Creates a handler that responds with files below one directory, or remote objects, to clients with a valid signed
 * link, or a signed cookie.
 *
 * Links are those of the main entry: either accepts the other's.
 *
 * @param secret - shared with the signer of the links; see {@link createUrlSigner}.
 * @param root - as for {@link xsendfile}.
 * @throws {@link BadRootError}, {@link BadSenderError} or {@link BadOptionError}, as {@link xsendfile}
 * and {@link createUrlSigner} do.
 *
 * @example Links valid for two minutes
 * ```ts
 * import { Hono } from 'hono';
 * import { authToken } from 'xsendfile/web';
 *
 * const { LINK_SECRET } = process.env;
 * if (LINK_SECRET === undefined) throw new Error('Set LINK_SECRET.');
 *
 * const downloads = authToken(LINK_SECRET, '/srv/files', { prefix: '/dl' });
 * const site = new Hono();
 * site.get('/dl/*', (c) => downloads(c.req.raw));
 * site.get('/link', (c) => c.text(`/dl${downloads.signer.sign('report.pdf')}`));
 * ```
 */
export function authToken<Root extends string | URL | RemoteRoot = string | URL>(
  secret: Secret | readonly Secret[],
  root: Root,
  options?: Root extends RemoteRoot ? RemoteAuthTokenWebOptions : AuthTokenWebOptions,
): AuthTokenWebHandler<Root extends RemoteRoot ? RemoteWebHandler : XSendfileWebHandler>;
export function authToken(
  secret: Secret | readonly Secret[],
  root: string | URL | RemoteRoot,
  given: AuthTokenWebOptions | RemoteAuthTokenWebOptions = {},
): AuthTokenWebHandler<XSendfileWebHandler | RemoteWebHandler> {
  const caller = 'authToken';
  const { prefix, options } = splitPrefix(given, caller);
  const links = openLinks(secret, root, withDefaults(root, options), {
    caller,
    // A Request has none.
    addressOf: () => undefined,
    warnOfUnknown: () => warnOfUnknownClient('web'),
  });
  return Object.freeze(
    Object.assign(createRequestHandler(links, prefix, caller), {
      signer: links.signer,
      files: createHandler(links.root, links.root.config, prefix, caller),
    }),
  ) as AuthTokenWebHandler<XSendfileWebHandler | RemoteWebHandler>;
}
