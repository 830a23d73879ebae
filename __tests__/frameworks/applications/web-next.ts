import { createServer } from 'node:http';
import next from 'next';
import { printPort } from './settings.js';

/** Next in production, with the route handlers of `next-routes`, which scripts/frameworks builds. */

const site = next({ dev: false, dir: 'next-routes' });

async function start(): Promise<void> {
  await site.prepare();
  const server = createServer(site.getRequestHandler()).listen(0, () => printPort(server));
}

start().catch(console.error);
