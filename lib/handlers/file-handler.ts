import type { IncomingMessage, ServerResponse } from 'node:http';
import { configForContent } from '../pipeline/options.js';
import { checkArguments, checkOverrides } from '../pipeline/overrides.js';
import { createHandlerState, type HandlerState } from '../pipeline/request-state.js';
import { run } from '../pipeline/run.js';
import { rulesOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { NodeResponder } from '../respond/node/node-responder.js';
import { handleError } from '../respond/node/refusal.js';
import { contentSource } from '../sources/content.js';
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
import { confine, requestedFile } from './requested-file.js';

/** Creates the handler for a directory and options that have been checked. */
export function createHandler(state: HandlerState): XSendfileHandler<HttpRequest, HttpResponse> {
  const { config, source } = state;
  const { root } = source;
  const rules = rulesOf(config);
  const contentState = createHandlerState(source, configForContent(config));

  function xsendfileHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    const authorize = () => requestedFile(req, state, rules);
    run(state, { responder: new NodeResponder(req, res), authorize, isAwaited: false }).catch(
      (error: unknown) => handleError(error, config, req, res, next),
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
    return run(state, {
      responder: new NodeResponder(req, res),
      authorize: () => ({
        segments: sanitizePath(file, rules),
        within: confine(req, state),
        overrides,
      }),
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
    return run(
      { ...contentState, source: contentSource(root, given) },
      {
        responder: new NodeResponder(req, res),
        authorize: () => ({ segments: [nameOf(given)], overrides }),
        isAwaited: true,
      },
    );
  }

  return Object.freeze(
    Object.assign(xsendfileHandler as RequestFunction, {
      root,
      send,
      sendContent,
      [CREATE_FILE_CALLER]: () => createFileCaller(state),
    }),
  );
}

/** Bytes have no name. */
function nameOf(content: Uint8Array | Content): string {
  return 'read' in content ? content.name : '';
}
