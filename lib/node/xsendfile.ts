import type { IncomingMessage, ServerResponse } from 'node:http';
import { openRoot } from '../handlers/open-root.js';
import { countsUses } from '../links/uses/counts-uses.js';
import { BadOptionError } from '../shared/errors.js';
import type {
  HttpRequest,
  HttpResponse,
  RemoteHandler,
  RemoteOptions,
  RemoteRoot,
  XSendfileHandler,
  XSendfileOptions,
} from '../types.js';
import { createHandler } from './request-handler.js';

/**
 * Creates a middleware and route handler that sends the files below one directory, or private objects of S3-compatible
 * storage.
 *
 * It handles GET and HEAD: it checks the path, finds the file, builds the headers, and leaves the
 * bytes to the `sender`. The middleware before it controls access. It never throws, and calls `next`
 * only with an error, or as `fallthrough` and `onRefused` specify.
 *
 * @typeParam Root - only needed if `Req` is given and `root` is a {@link RemoteRoot}:
 * `xsendfile<Request, Response, RemoteRoot>(remote, …)`.
 * @param root - absolute path or file: URL of an existing directory, without symbolic links; or the result of
 * `remoteRoot()` of `xsendfile/remote`, whose option `locate` a middleware needs.
 * @throws {@link BadRootError} when `root` is not such a directory.
 * @throws {@link BadSenderError} when `sender` is unknown.
 * @throws {@link BadOptionError} when an option is unknown, has a wrong value, or is only for files on a disk, and `root` is not a directory.
 *
 * @example Downloads for logged-in users
 * ```ts
 * import express from 'express';
 * import { xsendfile } from 'xsendfile';
 *
 * const app = express();
 * app.use('/files', requireLogin, xsendfile('/srv/files', { sender: 'serve' }));
 * app.listen(3000);
 * ```
 */
export function xsendfile<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
  // One signature, whose conditions lead to the right message: of overloads, some compilers show only the last one.
  Root extends string | URL | RemoteRoot = string | URL,
>(
  root: Root,
  options?: Root extends RemoteRoot ? RemoteOptions<Req, Res> : XSendfileOptions<Req, Res>,
): Root extends RemoteRoot ? RemoteHandler<Req, Res> : XSendfileHandler<Req, Res>;
export function xsendfile(
  root: string | URL | RemoteRoot,
  options?: XSendfileOptions | RemoteOptions,
): XSendfileHandler | RemoteHandler {
  const caller = 'xsendfile';
  // Internally, requests have the types of node:http; only option functions see the framework's.
  const opened = openRoot(root, options, caller);
  if (countsUses(opened.config.allow)) {
    throw new BadOptionError(
      `${caller}: limitUses() counts uses of links; pass it to authToken().`,
      { option: 'allow' },
    );
  }
  return createHandler(opened, opened.config);
}
