import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type FileOverrides,
  type Outcome,
  type RemoteObject,
  type RemoteOptions,
  xsendfile,
} from '../../lib/index.js';
import { type RemoteRootOptions, remoteRoot } from '../../lib/remote/index.js';
import { type Fixture, listenWith } from '../helpers/check.js';

/** A server that sends remote objects, with its outcomes and what `sendRemote()` rejected with. */
export interface RemoteSite extends Fixture {
  readonly errors: unknown[];
}

/** What a site sends: an object, or a function of the request. */
export type Sent =
  | RemoteObject
  | ((req: IncomingMessage, res: ServerResponse) => RemoteObject | Promise<RemoteObject>);

/** Sends an object for each request, on bare node:http. */
export async function startSite(
  root: RemoteRootOptions,
  sent: Sent,
  options: RemoteOptions = {},
  overrides?: FileOverrides,
): Promise<RemoteSite> {
  const outcomes: Outcome[] = [];
  const errors: unknown[] = [];
  const handler = xsendfile(remoteRoot(root), {
    ...options,
    onFinish: (outcome, context) => {
      outcomes.push(outcome);
      options.onFinish?.(outcome, context);
    },
  });
  async function listener(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      const object = typeof sent === 'function' ? await sent(req, res) : sent;
      await handler.sendRemote(req, res, object, overrides);
    } catch (error) {
      errors.push(error);
      const { status = 500, headers = {} } = error as { status?: number; headers?: object };
      if (!res.headersSent) res.writeHead(status, { ...headers }).end();
    }
  }
  const site = await listenWith((req, res) => void listener(req, res), outcomes);
  return { ...site, errors };
}
