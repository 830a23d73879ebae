import type { IncomingMessage, ServerResponse } from 'node:http';
import { sep } from 'node:path';
import { BadOptionError } from '../../shared/errors.js';
import { show, showType } from '../../shared/option-checks.js';
import type { HttpRequest, HttpResponse, NextFunction, XSendfileHandler } from '../../types.js';
import { parseCall } from './call.js';
import { parseCallOptions } from './call-options.js';
import { CREATE_FILE_CALLER, type FileCaller } from './file-caller.js';
import { createReport } from './report.js';

/** An Express middleware. */
export type Middleware = (req: HttpRequest, res: HttpResponse, next: NextFunction) => void;

/**
 * Creates a middleware that makes the application's `res.sendFile()` and `res.download()` use
 * handlers: a file below the root of a handler is sent by its sender, with its headers and under its
 * rules; Express sends all other files.
 *
 * The longest root wins. Paths are compared literally, after `.`, `..` and `root` are resolved: a file
 * reached through a symbolic link outside of all roots stays with Express. Only `res.sendFile` is
 * replaced, on each response, in Express 4 and 5; mount the middleware before the routes. A handler's
 * `fallthrough` and `onRefused` do not apply: errors go to the callback, or to `next()`.
 *
 * Arguments and options keep their meaning, and the callback is called exactly once: after the
 * transfer, or as soon as the file is handed over to the front end. Differences from Express, for
 * files below a root:
 *
 * | | Express | here |
 * |---|---|---|
 * | Cache-Control, if the call has neither `maxAge`, `immutable` nor `cacheControl` | `public, max-age=0` | the handler's: `private, no-cache` |
 * | other headers | | `nosniff`, and the handler's: sandbox, disposition, encoding of `.gz` |
 * | ETag | `W/"size-time"` | the handler's; none if `etag` of the call is false or the application's is off |
 * | `dotfiles` not given | 5: `ignore`, 4: only the last name; also above a missing `root` | the handler's, below its root |
 * | symbolic links that leave the root, unreadable files | sent, 500 | as with the handler: 404 |
 * | too many open files | 500 | 503 |
 * | a path with a trailing slash | `index.html` in it | 404, 403 for the root |
 * | 412 and 416 | an error, nothing written | a response, and no error |
 * | Range with a status other than 200, or with POST | 206 | the whole file with that status |
 * | several ranges | the whole file | `multipart/byteranges` |
 * | message of an error | names the path | does not; `code` is the system's, or one of this package |
 * | errors during the transfer, no callback | `next(error)` | the connection is closed; see `onFinish` |
 * | a callback that throws | ends the process | `next(error)`; a warning if the head is already sent |
 * | a call with `start`, `end`, `extensions` or `from` | | stays with Express |
 * | option `index` | | no effect |
 *
 * To replace `express.static(root)`, mount the handler instead:
 * `app.use(xsendfile(root, { fallthrough: true }))`.
 *
 * @throws {@link BadOptionError} when there is no handler, when an argument is not a handler of this
 * package, or when two handlers have the same root.
 *
 * @example An application that already uses res.sendFile() and res.download()
 * ```ts
 * import express from 'express';
 * import { offload, xsendfile } from 'xsendfile';
 *
 * const app = express();
 * app.use(offload(xsendfile('/srv/files', { sender: 'serve' })));
 * app.get('/report', (req, res) => res.download('/srv/files/report.pdf'));
 * app.listen(3000);
 * ```
 */
export function offload(...handlers: readonly XSendfileHandler<never, never>[]): Middleware {
  const targets = parseHandlers(handlers);
  return function offloadMiddleware(req, res, next) {
    // Both have the same methods.
    replaceSendFile(req as IncomingMessage, res as ServerResponse, targets);
    next();
  };
}

interface Target {
  readonly root: string;
  readonly callFile: FileCaller;
}

/** Sorts the handlers by the length of their roots, longest first. */
function parseHandlers(handlers: readonly unknown[]): readonly Target[] {
  if (handlers.length === 0) {
    throw new BadOptionError('offload: handlers are missing, got none. Use offload(xsendfile(…)).');
  }
  const targets = handlers.map(toTarget);
  const roots = targets.map(({ root }) => root);
  const twice = roots.find((root, index) => roots.indexOf(root) !== index);
  if (twice !== undefined) {
    throw new BadOptionError(
      `offload: two handlers must not have the same root, got ${show(twice)} twice. Leave one out.`,
    );
  }
  return targets.sort((one, other) => other.root.length - one.root.length);
}

function toTarget(handler: unknown): Target {
  const { [CREATE_FILE_CALLER]: create, root } = (handler ?? {}) as {
    [CREATE_FILE_CALLER]?: () => FileCaller;
    root?: string;
  };
  if (create !== undefined && root !== undefined) return { root, callFile: create() };
  throw new BadOptionError(
    `offload: handlers must be made by xsendfile(), got ${describe(handler)}. ${fixFor(handler)}`,
  );
}

function describe(value: unknown): string {
  return isRequest(value) ? 'a request' : showType(value);
}

function fixFor(value: unknown): string {
  if (isRequest(value)) return 'Call offload(handler) to get a middleware.';
  if (Array.isArray(value)) return 'Use offload(...handlers).';
  const isAuthToken = typeof value === 'function' && 'signer' in value && 'files' in value;
  return isAuthToken ? 'Use the files of authToken().' : 'Use offload(xsendfile(…)).';
}

/** `app.use(offload)`: the factory itself was mounted as a middleware. */
function isRequest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'method' in value && 'headers' in value;
}

/** Properties that Express adds to a response. */
interface ExpressResponse extends ServerResponse {
  sendFile?: ((...args: unknown[]) => void) | undefined;
  readonly app?: { enabled?(setting: string): boolean };
}

function replaceSendFile(
  req: IncomingMessage,
  res: ExpressResponse,
  targets: readonly Target[],
): void {
  // Another replacement stays in effect. Express's own method is looked up at the time of the call,
  // because a mounted sub-application changes the response's prototype.
  const replacement = Object.hasOwn(res, 'sendFile') ? res.sendFile : undefined;
  const original = (): ExpressResponse['sendFile'] =>
    replacement ?? (Object.getPrototypeOf(res) as ExpressResponse).sendFile;
  if (original() === undefined) return;

  res.sendFile = function sendFile(...args) {
    const call = parseCall(args);
    const target = call && targets.find(({ root }) => call.file.startsWith(root + sep));
    const options = target && parseCallOptions(call.options, res.app?.enabled?.('etag') !== false);
    if (call === undefined || target === undefined || options === undefined) {
      original()?.apply(res, args);
      return;
    }
    const report = createReport({ req, res }, call.callback);
    const segments = call.file.slice(target.root.length + 1).split(sep);
    const { handedOver: onHandedOver, ended, refused } = report;
    target.callFile({ req, res, segments, options, onHandedOver }).then(ended, refused);
  };
}
