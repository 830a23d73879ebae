import type { IncomingMessage, ServerResponse } from 'node:http';
import { openContent } from '../files/content.js';
import type { Site } from '../pipeline/delivery.js';
import { handleError } from '../pipeline/refusal.js';
import { type RequestedFile, run } from '../pipeline/run.js';
import { rulesOf, segmentsOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import type {
  Content,
  FileOverrides,
  HttpRequest,
  HttpResponse,
  NextFunction,
  Outcome,
  RequestFunction,
  XSendfileHandler,
} from '../types.js';
import { CREATE_FILE_CALLER, createFileCaller } from './offload/file-caller.js';
import { checkArguments, checkOverrides } from './overrides.js';

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
    ...rest: [file: string | readonly string[], overrides?: FileOverrides]
  ): Promise<Outcome> {
    const [file, overrides = {}] = rest;
    checkOverrides(overrides, 'send()');
    checkArguments([req, res, ...rest], 'send(req, res, path)');
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
    ...rest: [given: Uint8Array | Content, overrides?: FileOverrides]
  ): Promise<Outcome> {
    const [given, overrides = {}] = rest;
    checkOverrides(overrides, 'sendContent()');
    checkArguments([req, res, ...rest], 'sendContent(req, res, content)');
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
