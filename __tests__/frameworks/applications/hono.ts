import { createServer } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { files, links, mount, offloaded } from './handlers.js';
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

const respond = getRequestListener(async (request, env) => {
  const response = await app.fetch(request, env);
  // For HEAD, Hono makes a new response of the one that the route has returned.
  return 'outgoing' in env && env.outgoing.headersSent ? RESPONSE_ALREADY_SENT : response;
});
const middleware = [mount('/files', files), mount('/offloaded', offloaded), mount('/links', links)];

const server = createServer((req, res) => {
  const run = (index: number): void => {
    const next = middleware[index];
    if (next === undefined) return void respond(req, res);
    next(req, res, () => run(index + 1));
  };
  res.setHeader(HEADER, VALUE);
  run(0);
}).listen(0, () => printPort(server));
