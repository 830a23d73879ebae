import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Prepare, Prepared, Root } from '../handlers/open-root.js';
import { authorizeByPath } from '../handlers/requested-file.js';
import type { ArchiveRequest } from '../pipeline/allow-member.js';
import type { Configuration } from '../pipeline/options.js';
import { checkArguments, checkOverrides } from '../pipeline/overrides.js';
import { run } from '../pipeline/run.js';
import { NodeResponder } from '../respond/node/node-responder.js';
import { handleError } from '../respond/node/refusal.js';
import { BadOptionError } from '../shared/errors.js';
import { MEMBER_FILES } from '../shared/member-files.js';
import { showType } from '../shared/option-checks.js';
import type {
  FileOverrides,
  NextFunction,
  Outcome,
  RemoteHandler,
  RequestFunction,
  XSendfileHandler,
} from '../types.js';
import { CREATE_FILE_CALLER, createFileCaller } from './offload/file-caller.js';

/** Creates a handler for the files of a root; handlers of one root share its directory and cache. */
export function createHandler(root: Root, config: Configuration): XSendfileHandler | RemoteHandler {
  const state = root.createState(config);
  const handle = createRequestHandler('xsendfileHandler', {
    state,
    authorize: authorizeByPath(state),
  });
  const methods = Object.entries(root.methodsOf(state)).map(([name, prepare]) => [
    name,
    createSendMethod(name, prepare),
  ]);
  const caller = 'root' in root.properties && {
    [CREATE_FILE_CALLER]: () => createFileCaller(state),
    [MEMBER_FILES]: root.membersOf(state, viewRequest),
  };
  return Object.freeze(
    Object.assign(handle, root.properties, Object.fromEntries(methods), caller),
  ) as XSendfileHandler | RemoteHandler;
}

function viewRequest(request: unknown): ArchiveRequest {
  const req = request as IncomingMessage;
  if (typeof req?.headers === 'object' && typeof req.url === 'string') {
    return { request: req, subject: req, named: { req } };
  }
  throw new BadOptionError(`zip: req must be the request, got ${showType(request)}.`, {
    option: 'req',
  });
}

/**
 * Creates the function that a server or framework calls with each request for a file.
 *
 * @param name - its name, for stack traces and messages.
 */
export function createRequestHandler(
  name: string,
  { state, authorize, refusalsVaryBy, policy }: Prepared,
): RequestFunction {
  const named = {
    [name](req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
      const responder = new NodeResponder(req, res);
      const exchange = run(state, { responder, authorize, policy, isAwaited: false });
      const varied =
        refusalsVaryBy === undefined
          ? exchange
          : exchange.catch((error: unknown) => {
              responder.varyBy(refusalsVaryBy);
              throw error;
            });
      varied.catch((error: unknown) => handleError(error, state.config, responder.exchange, next));
    },
  };
  return named[name] as RequestFunction;
}

/** A method of a handler that sends what the application names. */
type SendMethod = (
  req: IncomingMessage,
  res: ServerResponse,
  ...rest: [given: unknown, overrides?: FileOverrides]
) => Promise<Outcome>;

/** The last argument of each method, for messages. */
const GIVEN: Readonly<Record<string, string>> = {
  send: 'path',
  sendContent: 'content',
  sendRemote: 'object',
};

function createSendMethod(name: string, prepare: Prepare): SendMethod {
  return async (req, res, ...rest) => {
    const [given, overrides = {}] = rest;
    checkOverrides(overrides, `${name}()`);
    checkArguments([req, res, ...rest], `${name}(req, res, ${GIVEN[name]})`);
    const { state, authorize } = prepare(given as never);
    return run(state, {
      responder: new NodeResponder(req, res),
      authorize: (responder) => ({ ...authorize(responder), overrides }),
      isAwaited: true,
    });
  };
}
