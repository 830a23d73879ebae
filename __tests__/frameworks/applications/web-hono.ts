import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { HEADER, VALUE } from './settings.js';
import { files, links, offloaded, sendCopy, showError } from './web-fetch.js';

const app = new Hono();

app.use(async (c, next) => {
  await next();
  // Before, it would be for responses that the context creates.
  c.header(HEADER, VALUE);
});
app.get('/files/*', (c) => files(c.req.raw));
app.get('/offloaded/*', (c) => offloaded(c.req.raw));
app.get('/links/*', (c) => links(c.req.raw));
app.get('/send/:what', (c) => sendCopy(c.req.raw, c.req.param('what')));
app.onError(showError);

serve({ fetch: app.fetch, port: 0 }, ({ port }) => console.log(`port ${port}`));
