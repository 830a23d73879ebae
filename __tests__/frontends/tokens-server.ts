import { type FrontEnd, startFrontEnd } from '../helpers/front-end-server.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { createFiles } from './files.js';

/** What the links are signed with; a configuration can hold it without quoting. */
export const LINK_SECRET = 'secret-of-the-link-tests';

/** A server that checks links by itself, without any application behind it. */
export interface LinkServer {
  readonly root: string;
  ask(target: string, details?: Omit<RawRequest, 'target'>): Promise<RawResponse>;
  close(): Promise<void>;
}

export async function startLinkServer(frontEnd: FrontEnd): Promise<LinkServer> {
  const files = createFiles();
  const { root } = files;
  const place = { root, backendPort: 0, handshake: '' };
  const server = await startFrontEnd(frontEnd, place).catch((error: unknown) => {
    files.remove();
    throw error;
  });
  return {
    root,
    ask: (target, details = {}) => rawRequest(server.port, { ...details, target }),
    async close() {
      await server.stop();
      files.remove();
    },
  };
}

/** A decoded path as a URL has it; not by the package, which is to be tested. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Seconds since the epoch, some seconds from now. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
