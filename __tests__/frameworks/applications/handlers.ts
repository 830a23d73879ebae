import { authToken, xsendfile } from 'xsendfile';
import { LINK_SECRET, OFFLOADED, ROOT } from './settings.js';

/** Handlers for frameworks that take middleware for `node:http`. */

export const files = xsendfile(ROOT);
export const offloaded = xsendfile(ROOT, OFFLOADED);
export const links = authToken(LINK_SECRET, ROOT);
