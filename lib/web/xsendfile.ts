import { openRoot } from '../handlers/open-root.js';
import { countsUses } from '../links/uses/counts-uses.js';
import { splitPrefix } from '../request-path/prefix.js';
import { BadOptionError } from '../shared/errors.js';
import { storeOf } from '../sources/store/remote-store.js';
import type { RemoteRoot, XSendfileOptions } from '../types.js';
import { createHandler } from './create-handler.js';
import type {
  RemoteWebHandler,
  RemoteWebOptions,
  ResultFor,
  XSendfileWebHandler,
  XSendfileWebOptions,
} from './types.js';

/**
 * Creates a handler for the files below one directory, or for private objects of S3-compatible storage, that takes a
 * `Request` and returns a `Response`: for Hono, h3, Next, SvelteKit, `Bun.serve()`, `Deno.serve()`.
 *
 * It handles GET and HEAD. Refusals are responses, unless `fallthrough` or `onRefused` say otherwise. The code that
 * calls it controls access.
 *
 * @param root - absolute path or file: URL of an existing directory, without symbolic links; or the result of
 * `remoteRoot()` of `xsendfile/remote`, with the option `locate`.
 * @throws {@link BadRootError} when `root` is not such a directory.
 * @throws {@link BadSenderError} when `sender` is unknown, or writes to a response of Node.
 * @throws {@link BadOptionError} when an option is unknown or has a wrong value.
 *
 * @example Downloads for logged-in users
 * ```ts
 * import { Hono } from 'hono';
 * import { xsendfile } from 'xsendfile/web';
 *
 * const files = xsendfile('/srv/files', { prefix: '/files' });
 * const site = new Hono();
 * site.use('/files/*', async (c, next) => {
 *   if (c.req.header('Authorization') !== 'Bearer let-me-in') return c.text('Unauthorized', 401);
 *   return next();
 * });
 * site.get('/files/*', (c) => files(c.req.raw));
 * ```
 */
export function xsendfile<
  // One signature, whose conditions lead to the right message: of overloads, some compilers show only the last one.
  Root extends string | URL | RemoteRoot = string | URL,
  Passes extends boolean = false,
>(
  root: Root,
  options?: Root extends RemoteRoot ? RemoteWebOptions<Passes> : XSendfileWebOptions<Passes>,
): Root extends RemoteRoot
  ? RemoteWebHandler<ResultFor<Passes>>
  : XSendfileWebHandler<ResultFor<Passes>>;
export function xsendfile(
  root: string | URL | RemoteRoot,
  given: XSendfileWebOptions | RemoteWebOptions = {},
): XSendfileWebHandler<Response | undefined> | RemoteWebHandler<Response | undefined> {
  const caller = 'xsendfile';
  const { prefix, options } = splitPrefix(given, caller);
  const opened = openRoot(root, withDefaults(root, options), caller);
  if (countsUses(opened.config.allow)) {
    throw new BadOptionError(
      `${caller}: limitUses() counts uses of links; pass it to authToken().`,
      { option: 'allow' },
    );
  }
  return createHandler(opened, opened.config, prefix, caller);
}

/**
 * Returns the options with the defaults of this entry. Next drops Content-Encoding, so a compressed file would
 * arrive as text: it is sent as what it is. Internally, options have the types of the main entry.
 */
export function withDefaults(root: unknown, options: object): XSendfileOptions {
  return storeOf(root) === undefined ? { contentEncoding: false, ...options } : options;
}
