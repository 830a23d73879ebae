import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import express from 'express';
import {
  type AuthTokenHandler,
  type AuthTokenOptions,
  authToken,
  nginxSender,
  type Outcome,
} from '../../lib/index.js';
import { startFrontEnd } from '../helpers/front-end-server.js';
import { rawRequest } from '../helpers/raw-request.js';
import type { Account } from './application.js';
import { expectNoLeak } from './expectations.js';
import { createFiles } from './files.js';
import { generated } from './generated.js';
import { LINK_SECRET } from './links.js';
import { type Details, HANDSHAKE, type Reply } from './site.js';

/** Files that need a link, mounted at /links of an application behind nginx. */
export interface LinkSite {
  readonly root: string;
  readonly handler: AuthTokenHandler;
  /** Asks nginx. No answer may show what is not for clients. */
  ask(target: string, details?: Details): Promise<Reply>;
  /** Asks the application itself. */
  askDirectly(target: string, details?: Details): Promise<Reply>;
  close(): Promise<void>;
}

/** @param prepare - makes files of one's own. */
export async function startLinkSite(
  prepare: (root: string) => void,
  options: AuthTokenOptions = {},
): Promise<LinkSite> {
  const files = createFiles();
  const { root } = files;
  prepare(root);

  const outcomes: Outcome[] = [];
  let last: { readonly req: IncomingMessage; readonly isOver: Promise<unknown> } | undefined;
  const handler = authToken(LINK_SECRET, root, {
    ...options,
    sender: nginxSender({ location: '/-internal-/' }),
    handshake: HANDSHAKE,
    onFinish: (outcome) => outcomes.push(outcome),
  });
  const app = express();
  app.disable('x-powered-by');
  app.use((req, res, next) => {
    last = { req, isOver: once(res, 'close') };
    next();
  });
  app.use('/links', handler);
  const application = createServer({ keepAliveTimeout: 60_000 }, app).listen(0, '127.0.0.1');
  await once(application, 'listening');
  const backendPort = (application.address() as AddressInfo).port;
  const closeApplication = async (): Promise<void> => {
    application.close();
    application.closeAllConnections();
    await once(application, 'close');
    files.remove();
  };
  const server = await startFrontEnd(generated('nginx'), {
    root,
    backendPort,
    handshake: HANDSHAKE,
  }).catch(async (error: unknown) => {
    await closeApplication();
    throw error;
  });

  const secrets = [files.trace, '-internal-', HANDSHAKE, LINK_SECRET];

  /** One request at a time. */
  async function askAt(port: number, target: string, details: Details = {}): Promise<Reply> {
    last = undefined;
    outcomes.length = 0;
    const response = await rawRequest(port, { ...details, target });
    expectNoLeak(response, secrets);
    return { ...response, account: await accountOfLast() };
  }

  async function accountOfLast(): Promise<Account | undefined> {
    if (last === undefined) return undefined;
    const { req, isOver } = last;
    await isOver;
    // The outcome follows in microtasks and closed files.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    return { req, outcomes: [...outcomes] };
  }

  return {
    root,
    handler,
    ask: (target, details) => askAt(server.port, target, details),
    askDirectly: (target, details) => askAt(backendPort, target, details),
    async close() {
      await server.stop();
      await closeApplication();
    },
  };
}
