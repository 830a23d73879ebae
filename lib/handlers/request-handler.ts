import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkArguments, checkOverrides } from '../pipeline/overrides.js';
import type { HandlerState } from '../pipeline/request-state.js';
import { type RequestedFile, run } from '../pipeline/run.js';
import { rulesOf } from '../request-path/from-request.js';
import { NodeResponder } from '../respond/node/node-responder.js';
import { handleError } from '../respond/node/refusal.js';
import type { FileOverrides, NextFunction, Outcome, RequestFunction } from '../types.js';
import { requestedFile } from './requested-file.js';

/** Creates the function that a server or framework calls with each request for a file below a mount path, or of a route. */
export function createRequestHandler(state: HandlerState): RequestFunction {
  const { config } = state;
  const rules = rulesOf(config);

  function xsendfileHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    const authorize = (): RequestedFile => requestedFile(req, state, rules);
    const responder = new NodeResponder(req, res);
    run(state, { responder, authorize, isAwaited: false }).catch((error: unknown) =>
      handleError(error, config, req, res, next),
    );
  }

  return xsendfileHandler as RequestFunction;
}

/** A method of a handler that sends what the application names. */
type SendMethod<Given> = (
  req: IncomingMessage,
  res: ServerResponse,
  ...rest: [given: Given, overrides?: FileOverrides]
) => Promise<Outcome>;

/**
 * Creates a method of a handler that sends what the application names.
 *
 * @param signature - such as `send(req, res, path)`, for messages.
 * @param prepare - returns the state that knows the source, and what names the file as soon as the request is accepted.
 */
export function createSendMethod<Given>(
  signature: string,
  prepare: (
    given: Given,
    req: IncomingMessage,
  ) => readonly [state: HandlerState, authorize: () => RequestedFile],
): SendMethod<Given> {
  const name = `${signature.slice(0, signature.indexOf('('))}()`;
  return async (req, res, ...rest) => {
    const [given, overrides = {}] = rest;
    checkOverrides(overrides, name);
    checkArguments([req, res, ...rest], signature);
    const [state, authorize] = prepare(given, req);
    return run(state, {
      responder: new NodeResponder(req, res),
      authorize: () => ({ ...authorize(), overrides }),
      isAwaited: true,
    });
  };
}
