import { createServer } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Middleware } from 'xsendfile';
import { files, links, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const app = new Hono<{ Bindings: HttpBindings }>();

app.get('/send/:what', async (c) => {
  const { incoming, outgoing } = c.env;
  outgoing.setHeader(HEADER, VALUE);
  await files.send(incoming, outgoing, SENT[c.req.param('what')] ?? '', COPY);
  return RESPONSE_ALREADY_SENT;
});
app.onError((error, c) => {
  const { status, text } = describeError(error);
  return c.text(text, status as 404);
});

const mounts: readonly (readonly [string, Middleware])[] = [
  ['/files', files],
  ['/offloaded', offloaded],
  ['/links', links],
];
const listener = getRequestListener(app.fetch);

const server = createServer((req, res) => {
  const { url = '' } = req;
  const [prefix, handler] = mounts.find(([mount]) => url.startsWith(`${mount}/`)) ?? [];
  if (prefix === undefined || handler === undefined) return void listener(req, res);
  res.setHeader(HEADER, VALUE);
  Object.assign(req, { originalUrl: url, baseUrl: prefix, url: url.slice(prefix.length) });
  handler(req, res, (error) => {
    const { status, text } = describeError(error);
    res.writeHead(status).end(text);
  });
}).listen(0, () => printPort(server));
