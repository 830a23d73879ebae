import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkArguments, checkOverrides } from '../pipeline/overrides.js';
import type { HandlerState } from '../pipeline/request-state.js';
import { run } from '../pipeline/run.js';
import { rulesOf } from '../request-path/from-request.js';
import { NodeResponder } from '../respond/node/node-responder.js';
import { handleError } from '../respond/node/refusal.js';
import { checkRemoteObject } from '../sources/store/remote-object.js';
import type { RemoteStore } from '../sources/store/remote-store.js';
import { storeSource } from '../sources/store/store-source.js';
import type {
  FileOverrides,
  HttpRequest,
  HttpResponse,
  NextFunction,
  Outcome,
  RemoteHandler,
  RemoteObject,
  RemoteRoot,
  RequestFunction,
} from '../types.js';

const CALLER = 'xsendfile: sendRemote()';

import { requestedFile } from './requested-file.js';

/** Creates the handler for objects of a store, and options that have been checked. */
export function createRemoteHandler(
  remote: RemoteRoot,
  store: RemoteStore,
  state: HandlerState,
): RemoteHandler<HttpRequest, HttpResponse> {
  const { config } = state;
  const rules = rulesOf(config);

  function remoteHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    const authorize = () => requestedFile(req, state, rules);
    run(state, { responder: new NodeResponder(req, res), authorize, isAwaited: false }).catch(
      (error: unknown) => handleError(error, config, req, res, next),
    );
  }

  async function sendRemote(
    req: IncomingMessage,
    res: ServerResponse,
    ...rest: [given: RemoteObject, overrides?: FileOverrides]
  ): Promise<Outcome> {
    const [given, overrides = {}] = rest;
    checkOverrides(overrides, 'sendRemote()');
    checkArguments([req, res, ...rest], 'sendRemote(req, res, object)');
    const source = storeSource(store, config, checkRemoteObject(given, store, CALLER));
    return run(
      { ...state, source },
      {
        responder: new NodeResponder(req, res),
        authorize: () => ({ segments: [given.name], overrides }),
        isAwaited: true,
      },
    );
  }

  return Object.freeze(Object.assign(remoteHandler as RequestFunction, { remote, sendRemote }));
}
