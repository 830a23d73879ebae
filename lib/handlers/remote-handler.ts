import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkRemoteObject } from '../files/remote-object.js';
import type { Site } from '../pipeline/delivery.js';
import { handleError } from '../pipeline/refusal.js';
import { type RequestedFile, run } from '../pipeline/run.js';
import { rulesOf, segmentsOf } from '../request-path/from-request.js';
import type { RemoteStore } from '../shared/remote-store.js';
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
import { checkArguments, checkOverrides } from './overrides.js';

const CALLER = 'xsendfile: sendRemote()';

/** Creates the handler for objects of a store, and options that have been checked. */
export function createRemoteHandler(
  remote: RemoteRoot,
  store: RemoteStore,
  site: Site,
): RemoteHandler<HttpRequest, HttpResponse> {
  const { config } = site;
  const rules = rulesOf(config);

  function remoteHandler(req: IncomingMessage, res: ServerResponse, next?: NextFunction): void {
    const authorize = (): RequestedFile => ({ segments: segmentsOf(req, config.path, rules) });
    run(site, { req, res, authorize, isAwaited: false }).catch((error: unknown) =>
      handleError(error, config, req, res, next),
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
    const object = checkRemoteObject(given, store, CALLER);
    return run(site, {
      req,
      res,
      authorize: () => ({ segments: [given.name], overrides, object }),
      isAwaited: true,
    });
  }

  return Object.freeze(Object.assign(remoteHandler as RequestFunction, { remote, sendRemote }));
}
