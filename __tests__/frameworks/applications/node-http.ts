import { createServer } from 'node:http';
import type { Middleware } from 'xsendfile';
import { files, links, mount, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const middleware: readonly Middleware[] = [
  mount('/files', files),
  mount('/offloaded', offloaded),
  mount('/links', links),
  mount('/send', (req, res, next) => {
    files.send(req, res, SENT[req.url?.slice(1) ?? ''] ?? '', COPY).catch(next);
  }),
  (_req, res) => res.writeHead(404).end(),
];

const server = createServer((req, res) => {
  res.setHeader(HEADER, VALUE);
  const run = (index: number): void =>
    middleware[index]?.(req, res, (error) => {
      if (error === undefined) return run(index + 1);
      const { status, text } = describeError(error);
      res.writeHead(status).end(text);
    });
  run(0);
}).listen(0, () => printPort(server));
