import { createServer } from 'node:http';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import { authToken, xsendfile } from 'xsendfile/koa';
import {
  COPY,
  describeError,
  HEADER,
  LINK_SECRET,
  OFFLOADED,
  printPort,
  ROOT,
  SENT,
  VALUE,
} from './settings.js';

const app = new Koa();
const router = new Router();
const files = xsendfile(ROOT, { prefix: '/files' });

// Koa reports clients that disconnect as errors.
app.on('error', ({ code }) => {
  if (code !== 'ECONNRESET' && code !== 'EPIPE') console.error(code);
});
app.use(cors({ origin: 'https://site.example' }));
app.use(async (ctx, next) => {
  ctx.set(HEADER, VALUE);
  try {
    await next();
  } catch (error) {
    const { status, text } = describeError(error);
    ctx.status = status;
    ctx.body = text;
  }
});
app.use(files);
app.use(xsendfile(ROOT, { ...OFFLOADED, prefix: '/offloaded' }));
app.use(authToken(LINK_SECRET, ROOT, { prefix: '/links' }));
router.get('/send/:what', async (ctx) => {
  await files.send(ctx, SENT[ctx.params.what ?? ''] ?? '', COPY);
});
app.use(router.routes());

const server = createServer(app.callback()).listen(0, () => printPort(server));
