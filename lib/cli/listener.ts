import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { beginExchange, endingOf } from '../pipeline/outcome.js';
import { answerRefusal } from '../pipeline/refusal.js';
import { RefusedError } from '../shared/errors.js';
import type { XSendfileOptions } from '../types.js';
import { stripMount } from './mount.js';

/** What a router adds to a request. */
type MountedRequest = IncomingMessage & { originalUrl?: string; baseUrl?: string };

/**
 * Mounts a handler at a URL path, as a router does; anything else is 404 and an outcome, too.
 *
 * The path has to be spelt as it is here: nothing is normalised.
 */
export function mountAt(
  mount: string,
  handler: (req: IncomingMessage, res: ServerResponse) => void,
  onFinish: XSendfileOptions['onFinish'],
): RequestListener {
  if (mount === '') return handler;
  return (req: MountedRequest, res) => {
    const { url = '' } = req;
    const rest = stripMount(url, mount);
    if (rest === undefined) {
      const refusal = new RefusedError('ERR_XSENDFILE_NOT_FOUND');
      beginExchange(req, res, onFinish).end(endingOf(refusal));
      answerRefusal(req, res, refusal);
      return;
    }
    Object.assign(req, { originalUrl: url, baseUrl: mount, url: rest });
    handler(req, res);
  };
}
