import type { IncomingMessage, ServerResponse } from 'node:http';
import { createFlow } from './flow.js';
import { checkKnownKeys } from './option-checks.js';
import { parseOptions } from './options.js';
import {
  checkMountPath,
  type SanitizerRules,
  sanitizePath,
  sanitizeTarget,
} from './path-sanitizer.js';
import { handleError } from './respond.js';
import { createRootDirectory } from './root-directory.js';
import { parseRoot } from './root-option.js';
import type { NextFunction, RouteParameters, XSendfileHandler, XSendfileOptions } from './types.js';

/**
 * Creates a middleware and route handler that sends the files below one directory.
 *
 * It answers GET and HEAD: checks the path, finds the file, builds the headers, and leaves the
 * bytes to the `sender`. Who may have a file is for the middleware before it to decide. It never
 * throws, and calls `next` only with an error, or as `fallthrough` and `onRefused` say.
 *
 * @param root - absolute path or file: URL of an existing directory that is not reached through
 * symbolic links.
 * @throws {@link BadRootError} when `root` is not such a directory.
 * @throws {@link BadSenderError} when `sender` is unknown.
 * @throws {@link BadOptionError} when an option is unknown or has a wrong value.
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
export function xsendfile<Req extends IncomingMessage = IncomingMessage>(
  root: string | URL,
  options?: XSendfileOptions<Req>,
): XSendfileHandler<Req> {
  const caller = 'xsendfile';
  const path = parseRoot(root, caller);
  // Inside, requests are what node:http says; a framework's additions are the application's.
  const config = parseOptions(options as XSendfileOptions | undefined, caller);
  const rules: SanitizerRules = {
    collapseSlashes: config.collapseSlashes,
    windows: process.platform === 'win32',
  };
  const run = createFlow(createRootDirectory(path, config), config);

  function xsendfileHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    const locate = (): readonly string[] => locateTarget(req, config.path, rules);
    run({ req, res, locate, overrides: {} }).catch((error: unknown) =>
      handleError(error, config, req, res, next),
    );
  }

  const send: XSendfileHandler['send'] = async (req, res, file, overrides = {}) => {
    checkKnownKeys('xsendfile: send()', overrides, ['contentDisposition', 'contentType']);
    return run({ req, res, locate: () => sanitizePath(file, rules), overrides });
  };

  return Object.freeze(Object.assign(xsendfileHandler, { root: path, send }));
}

/** The file that a request is for: by the `path` option, or by its URL. */
function locateTarget(
  req: IncomingMessage,
  path: XSendfileOptions['path'],
  rules: SanitizerRules,
): readonly string[] {
  if (path !== undefined) {
    return sanitizePath(path(req as IncomingMessage & RouteParameters), rules);
  }
  const { url = '' } = req;
  const segments = sanitizeTarget(url, rules);
  if (!rules.collapseSlashes) {
    checkMountPath((req as { originalUrl?: unknown }).originalUrl, url);
  }
  return segments;
}
