import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { stripMount } from './mount.js';

/** What a router adds to a request. */
type MountedRequest = IncomingMessage & { originalUrl?: string; baseUrl?: string };

/**
 * Mounts a handler at a URL path, as a router does.
 *
 * The path has to be spelt as it is here: nothing is normalised.
 *
 * @param elsewhere - handles all other requests.
 */
export function mountAt(
  mount: string,
  handler: (req: IncomingMessage, res: ServerResponse) => void,
  elsewhere: (req: IncomingMessage, res: ServerResponse) => void,
): RequestListener {
  if (mount === '') return handler;
  return (req: MountedRequest, res) => {
    const { url = '' } = req;
    const rest = stripMount(url, mount);
    if (rest === undefined) return elsewhere(req, res);
    Object.assign(req, { originalUrl: url, baseUrl: mount, url: rest });
    handler(req, res);
  };
}
