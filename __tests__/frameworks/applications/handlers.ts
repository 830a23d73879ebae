import { authToken, type Middleware, xsendfile } from 'xsendfile';
import { LINK_SECRET, OFFLOADED, ROOT } from './settings.js';

/** Handlers for frameworks that take middleware for `node:http`. */

export const files = xsendfile(ROOT);
export const offloaded = xsendfile(ROOT, OFFLOADED);
export const links = authToken(LINK_SECRET, ROOT);

/** Mounts a handler at a path where the framework cannot, with the properties that Express would set. */
export function mount(prefix: string, handler: Middleware): Middleware {
  return (req, res, next) => {
    const { url = '' } = req;
    if (!url.startsWith(`${prefix}/`)) return next();
    Object.assign(req, { originalUrl: url, baseUrl: prefix, url: url.slice(prefix.length) });
    handler(req, res, next);
  };
}
