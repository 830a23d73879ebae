import type { IncomingMessage, ServerResponse } from 'node:http';
import { openContent } from '../files/content.js';
import { openDirectory } from '../files/open-directory.js';
import { parseRoot } from '../files/root-option.js';
import type { Site } from '../pipeline/delivery.js';
import { parseOptions } from '../pipeline/options.js';
import { handleError } from '../pipeline/refusal.js';
import { createSite, type RequestedFile, run } from '../pipeline/run.js';
import { rulesOf, segmentsOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { countsUses } from '../shared/counts-uses.js';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys } from '../shared/option-checks.js';
import type {
  Content,
  FileOverrides,
  HttpRequest,
  HttpResponse,
  NextFunction,
  Outcome,
  RequestFunction,
  XSendfileHandler,
  XSendfileOptions,
} from '../types.js';
import { CREATE_FILE_CALLER, createFileCaller } from './offload/file-caller.js';

/**
 * Creates a middleware and route handler that sends the files below one directory.
 *
 * It handles GET and HEAD: it checks the path, finds the file, builds the headers, and leaves the
 * bytes to the `sender`. The middleware before it controls access. It never throws, and calls `next`
 * only with an error, or as `fallthrough` and `onRefused` specify.
 *
 * @param root - absolute path or file: URL of an existing directory, without symbolic links.
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
export function xsendfile<
  Req extends HttpRequest = IncomingMessage,
  Res extends HttpResponse = ServerResponse,
>(root: string | URL, options?: XSendfileOptions<Req, Res>): XSendfileHandler<Req, Res> {
  const caller = 'xsendfile';
  const path = parseRoot(root, caller);
  // Internally, requests have the types of node:http; only option functions see the framework's.
  const config = parseOptions(options as XSendfileOptions | undefined, caller);
  if (countsUses(config.allow)) {
    throw new BadOptionError(
      `${caller}: uses are counted for links: give limitUses() to authToken().`,
    );
  }
  return createHandler(createSite(openDirectory(path, config), config));
}

const OVERRIDES = ['contentDisposition', 'contentType', 'rate'];

/** Creates the handler for a directory and options that have been checked. */
export function createHandler(site: Site): XSendfileHandler<HttpRequest, HttpResponse> {
  const { config } = site;
  const rules = rulesOf(config);

  function xsendfileHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    const authorize = (): RequestedFile => ({ segments: segmentsOf(req, config.path, rules) });
    run(site, { req, res, authorize, isAwaited: false }).catch((error: unknown) =>
      handleError(error, config, req, res, next),
    );
  }

  async function send(
    req: IncomingMessage,
    res: ServerResponse,
    file: string | readonly string[],
    overrides: FileOverrides = {},
  ): Promise<Outcome> {
    checkKnownKeys('xsendfile: send()', overrides, OVERRIDES);
    return run(site, {
      req,
      res,
      authorize: () => ({ segments: sanitizePath(file, rules), overrides }),
      isAwaited: true,
    });
  }

  async function sendContent(
    req: IncomingMessage,
    res: ServerResponse,
    given: Uint8Array | Content,
    overrides: FileOverrides = {},
  ): Promise<Outcome> {
    checkKnownKeys('xsendfile: sendContent()', overrides, OVERRIDES);
    const content = openContent(given);
    return run(site, {
      req,
      res,
      authorize: () => ({ segments: [content.relativePath], overrides }),
      isAwaited: true,
      content,
    });
  }

  return Object.freeze(
    Object.assign(xsendfileHandler as RequestFunction, {
      root: site.directory.path,
      send,
      sendContent,
      [CREATE_FILE_CALLER]: () => createFileCaller(site),
    }),
  );
}
