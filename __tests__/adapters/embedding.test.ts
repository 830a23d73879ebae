import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import Koa from 'koa';
import * as fastify from '../../lib/adapters/fastify.js';
import * as koa from '../../lib/adapters/koa.js';
import { expectResponse } from '../helpers/check.js';
import { rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text' });
const OTHER = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' };
const ORIGIN = 'https://other.example';

let stop: () => Promise<unknown> = async () => {};
afterEach(() => stop());

/** Each allows an origin for `/allowed`. */
const APPLICATIONS: Readonly<Record<string, () => Promise<number>>> = {
  async Koa() {
    const app = new Koa();
    app.silent = true;
    app.use(async (ctx, next) => {
      if (ctx.path.startsWith('/allowed')) ctx.set('Access-Control-Allow-Origin', ORIGIN);
      await next();
    });
    for (const prefix of ['/files', '/allowed']) app.use(koa.xsendfile(root, { prefix }));
    return listen(app.callback());
  },
  async Fastify() {
    const app = Fastify();
    stop = () => app.close();
    app.addHook('onRequest', async ({ url }, reply) => {
      if (url.startsWith('/allowed')) reply.header('Access-Control-Allow-Origin', ORIGIN);
    });
    await app.register(fastify.xsendfile(root), { prefix: '/files' });
    await app.register(fastify.xsendfile(root, {}), { prefix: '/allowed', decorateReply: false });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
  },
};

it.each(Object.entries(APPLICATIONS))('embedding in %s', async (_name, start) => {
  const port = await start();
  const headers = { 'Cross-Origin-Resource-Policy': 'same-site' };
  const check = async (target: string, sent: Record<string, string>, status: number) =>
    expectResponse(await rawRequest(port, { target, headers: sent }), { status, headers });
  await check('/files/a.txt', {}, 200);
  await check('/files/a.txt', OTHER, 403);
  await check('/files/missing', {}, 404);
  await check('/allowed/a.txt', OTHER, 200);
  await check('/allowed/a.txt', { ...OTHER, 'Sec-Fetch-Mode': 'no-cors' }, 403);
});
