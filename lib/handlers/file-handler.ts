import type { IncomingMessage, ServerResponse } from 'node:http';
import { openContent } from '../files/content.js';
import type { Site } from '../pipeline/delivery.js';
import { handleError } from '../pipeline/refusal.js';
import { type RequestedFile, run } from '../pipeline/run.js';
import { rulesOf, segmentsOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { checkKnownKeys } from '../shared/option-checks.js';
import type { NextFunction, XSendfileHandler } from '../types.js';
import { CREATE_FILE_CALLER, createFileCaller } from './offload/file-caller.js';
import { OVERRIDES } from './overrides.js';

/** Creates the handler for a directory and options that have been checked. */
export function createHandler(site: Site): XSendfileHandler {
  const { config } = site;
  const rules = rulesOf(config);

  function xsendfileHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    const authorize = (): RequestedFile => ({ segments: segmentsOf(req, config.path, rules) });
    run(site, { req, res, authorize, isAwaited: false }).catch((error: unknown) =>
      handleError(error, config, req, res, next),
    );
  }

  const send: XSendfileHandler['send'] = async (req, res, file, overrides = {}) => {
    checkKnownKeys('xsendfile: send()', overrides, OVERRIDES);
    return run(site, {
      req,
      res,
      authorize: () => ({ segments: sanitizePath(file, rules), overrides }),
      isAwaited: true,
    });
  };

  const sendContent: XSendfileHandler['sendContent'] = async (req, res, given, overrides = {}) => {
    checkKnownKeys('xsendfile: sendContent()', overrides, OVERRIDES);
    const content = openContent(given);
    return run(site, {
      req,
      res,
      authorize: () => ({ segments: [content.relativePath], overrides }),
      isAwaited: true,
      content,
    });
  };

  return Object.freeze(
    Object.assign(xsendfileHandler, {
      root: site.directory.path,
      send,
      sendContent,
      [CREATE_FILE_CALLER]: () => createFileCaller(site),
    }),
  );
}
