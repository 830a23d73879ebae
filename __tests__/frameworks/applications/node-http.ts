import { createServer } from 'node:http';
import type { Middleware } from 'xsendfile';
import { files, links, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const mounts: readonly (readonly [string, Middleware])[] = [
  ['/files', files],
  ['/offloaded', offloaded],
  ['/links', links],
  [
    '/send',
    (req, res, next) => {
      files.send(req, res, SENT[req.url?.slice(1) ?? ''] ?? '', COPY).catch(next);
    },
  ],
];

const server = createServer((req, res) => {
  const { url = '' } = req;
  res.setHeader(HEADER, VALUE);
  const [prefix, handler] = mounts.find(([mount]) => url.startsWith(`${mount}/`)) ?? [];
  if (prefix === undefined || handler === undefined) return void res.writeHead(404).end();
  Object.assign(req, { originalUrl: url, baseUrl: prefix, url: url.slice(prefix.length) });
  // Without `next`, the handler answers refusals; `send()` rejects.
  handler(req, res, (error) => {
    const { status, text } = describeError(error);
    res.writeHead(status).end(text);
  });
}).listen(0, () => printPort(server));
