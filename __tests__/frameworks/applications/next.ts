import { createServer } from 'node:http';
import next from 'next';
import { files, links, mount, offloaded } from './handlers.js';
import { HEADER, printPort, VALUE } from './settings.js';

/** A custom server of Next, whose pages and API routes are in `next-site`. */

const site = next({ dev: false, dir: 'next-site' });

async function start(): Promise<void> {
  await site.prepare();
  const handle = site.getRequestHandler();
  const mounted = [mount('/files', files), mount('/offloaded', offloaded), mount('/links', links)];
  const server = createServer((req, res) => {
    res.setHeader(HEADER, VALUE);
    if (req.url?.startsWith('/send/')) req.url = `/api${req.url}`;
    const run = (index: number): unknown =>
      mounted[index] === undefined
        ? handle(req, res)
        : mounted[index](req, res, () => run(index + 1));
    run(0);
  }).listen(0, () => printPort(server));
}

start().catch(console.error);
