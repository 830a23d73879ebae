import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import Koa from 'koa';
import { authToken as forFastify } from '../../../lib/adapters/fastify.js';
import { authToken as forKoa } from '../../../lib/adapters/koa.js';
import { authToken } from '../../../lib/index.js';
import { limitUses } from '../../../lib/uses/index.js';
import { listenWith } from '../../helpers/check.js';
import { rawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { clientOf, SECRET, startLinkSite } from './site.js';

const root = createTree({ 'b.pdf': 'b' });

/** Requests of clients whose user has not followed the link. */
const ANNOUNCED: readonly (readonly [string, string])[] = [
  ['Sec-Purpose', 'prefetch'],
  ['Sec-Purpose', 'prefetch;prerender'],
  ['Sec-Purpose', 'prefetch;anonymous-client-ip'],
  ['Purpose', 'prefetch'],
  ['Purpose', 'Preview'],
  ['X-Purpose', 'preview'],
  ['X-Purpose', ': preview'],
  ['X-Moz', 'prefetch'],
];

describe('a request that no user waits for', () => {
  it.each(ANNOUNCED)(
    'gets no file of a link with uses, and takes none: %s: %s',
    async (...field) => {
      const { sign, ask, respond, outcomes } = await startLinkSite(root);
      const link = sign('b.pdf', { uses: 1, id: 'order-7' });
      const headers = Object.fromEntries([field]);
      for (const request of [
        { headers },
        { headers, method: 'HEAD' },
        { headers: { ...headers, Range: 'bytes=0-0' } },
      ]) {
        const refused = await respond('browser', link, request);
        expect(refused.status).toBe(503);
        expect(refused.headers).toMatchObject({ 'cache-control': 'no-store' });
        expect(refused.headers).not.toHaveProperty('etag');
        expect(outcomes.at(-1)).toMatchObject({
          kind: 'refused',
          code: 'ERR_XSENDFILE_PREFETCH',
          path: 'b.pdf',
          tokenId: 'order-7',
        });
      }
      expect(await ask('user', link)).toBe(200);
      expect(await ask('another', link)).toBe(410);
      expect(await ask('user', link, { headers })).toBe(503);
    },
  );

  it.each(ANNOUNCED)('gets the file of a link without uses: %s: %s', async (...field) => {
    const { sign, ask } = await startLinkSite(root);
    expect(await ask('browser', sign('b.pdf', {}), { headers: Object.fromEntries([field]) })).toBe(
      200,
    );
  });
});

it('gets no file of a cookie with uses, and takes none', async () => {
  const handler = authToken(SECRET, root, { cookie: 'files', allow: limitUses() });
  const { check } = await listenWith((req, res) => handler(req, res));
  const [cookie = ''] = handler.signer.cookie('', { mountPath: '/', uses: 1 }).split(';');
  const request = { target: '/b.pdf', headers: { Cookie: cookie } };
  await check(
    { ...request, headers: { ...request.headers, 'Sec-Purpose': 'prefetch;prerender' } },
    { status: 503, headers: { 'Cache-Control': 'no-store', Vary: 'Cookie' } },
  );
  await check(request, { status: 200 });
});

/** Applications of frameworks that answer refusals themselves. */
const FRAMEWORKS = {
  async Koa() {
    const handler = forKoa(SECRET, root, { allow: limitUses({ client: clientOf }) });
    const app = new Koa();
    app.silent = true;
    const { port } = await listenWith(app.use(handler).callback());
    return { port, sign: handler.signer.sign };
  },
  async Fastify() {
    const plugin = forFastify(SECRET, root, { allow: limitUses({ client: clientOf }) });
    const app = Fastify();
    stop = () => app.close();
    await app.register(plugin);
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, sign: plugin.signer.sign };
  },
};
let stop: (() => Promise<unknown>) | undefined;
afterEach(() => stop?.());

it.each(Object.entries(FRAMEWORKS))('gets 503 with no-store from %s', async (_name, start) => {
  const { port, sign } = await start();
  const target = sign('b.pdf', { uses: 1 });
  const refused = await rawRequest(port, { target, headers: { 'Sec-Purpose': 'prefetch' } });
  expect(refused.status).toBe(503);
  expect(refused.headers).toMatchObject({ 'cache-control': 'no-store' });
  expect((await rawRequest(port, { target })).status).toBe(200);
});

it('is an ordinary request without one of the values', async () => {
  const { sign, ask } = await startLinkSite(root);
  for (const value of ['', 'navigate', 'unprefetched', 'prefetched']) {
    expect(await ask('browser', sign('b.pdf'), { headers: { 'Sec-Purpose': value } })).toBe(200);
  }
});

it('says nothing about a link that is forged or has expired', async () => {
  let time = Date.now();
  const { sign, ask } = await startLinkSite(root, { now: () => time, resumeGrace: 60 });
  const headers = { 'Sec-Purpose': 'prefetch', Range: 'bytes=1-', 'If-Range': '"a"' };
  const link = sign('b.pdf', { uses: 1, expiresIn: 10 });
  expect(await ask('browser', link.replace('b.pdf', 'c.pdf'), { headers })).toBe(404);
  time += 20_000;
  expect(await ask('browser', link, { headers })).toBe(410);
});
