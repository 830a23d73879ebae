import type { OutgoingHttpHeaders } from 'node:http';

import Fastify from 'fastify';
import Koa from 'koa';
import { xsendfile as xsendfileForFastify } from '../../lib/adapters/fastify.js';
import { xsendfile as xsendfileForKoa } from '../../lib/adapters/koa.js';
import { authToken, xsendfile } from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { type RawRequest, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text', '.env': 'SECRET=1' });

/** What an application may set for a file before it knows whether there is one. */
const FOR_THE_FILE = {
  'CDN-Cache-Control': 'public, max-age=86400',
  'Cloudflare-CDN-Cache-Control': 'max-age=86400',
  'Netlify-CDN-Cache-Control': 'max-age=86400',
  'X-Proxy-Cache-Control': 'max-age=86400',
  'Surrogate-Control': 'max-age=86400',
  'Edge-Control': 'max-age=1d',
  'Repr-Digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
  'Content-Digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
  Digest: 'sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg==',
  'Content-Location': '/files/a.v2.txt',
  ETag: '"of-the-file"',
} as const;
const NAMES = Object.keys(FOR_THE_FILE).map((name) => name.toLowerCase());

function leftOf(headers: OutgoingHttpHeaders | NodeJS.Dict<string | string[]>): string[] {
  return NAMES.filter((name) => headers[name] !== undefined);
}

const REFUSALS: [string, number, RawRequest][] = [
  ['a missing file', 404, { target: '/no.txt' }],
  ['a missing file, asked for with HEAD', 404, { method: 'HEAD', target: '/no.txt' }],
  ['a hidden file', 403, { target: '/.env' }],
  ['a malformed path', 400, { target: '/%zz' }],
  ['a method', 405, { method: 'DELETE', target: '/a.txt' }],
  ['a precondition', 412, { target: '/a.txt', headers: { 'If-Match': '"other"' } }],
  ['a range', 416, { target: '/a.txt', headers: { Range: 'bytes=9-' } }],
];
/** Answers of the frameworks themselves. */
const OF_FRAMEWORKS = [...REFUSALS.slice(0, 3), ...REFUSALS.slice(-2)];

describe('a refusal, after the application has set headers for the file', () => {
  it.each(REFUSALS)('keeps none of them: %s', async (_title, status, request) => {
    const handler = xsendfile(root, { dotfiles: 'deny' });
    const { request: send } = await listenWith((req, res) => {
      res.setHeaders(new Map(Object.entries(FOR_THE_FILE)));
      res.setHeader('Set-Cookie', 'a=1');
      handler(req, res);
    });
    const { status: actual, headers } = await send(request);
    expect([actual, leftOf(headers)]).toEqual([status, []]);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'set-cookie': 'a=1' });
  });

  it('keeps none of them for a link that is refused', async () => {
    const handler = authToken('0123456789abcdef0123456789abcdef', root);
    const { request } = await listenWith((req, res) => {
      res.setHeaders(new Map(Object.entries(FOR_THE_FILE)));
      handler(req, res);
    });
    const { status, headers } = await request({ target: '/forged/a.txt' });
    expect([status, leftOf(headers)]).toEqual([404, []]);
  });

  it.each(OF_FRAMEWORKS)('keeps none of them in Koa: %s', async (_title, status, request) => {
    const app = new Koa();
    app.silent = true;
    app.use(async (ctx, next) => {
      ctx.set(FOR_THE_FILE);
      await next();
    });
    app.use(xsendfileForKoa(root, { dotfiles: 'deny' }));
    const { status: actual, headers } = await rawRequest(await listen(app.callback()), request);
    expect([actual, leftOf(headers)]).toEqual([status, []]);
  });

  it.each(OF_FRAMEWORKS)('keeps none of them in Fastify: %s', async (_title, status, request) => {
    const app = Fastify();
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers(FOR_THE_FILE);
      reply.raw.setHeader('CDN-Cache-Control', 'max-age=5');
    });
    const files = xsendfileForFastify(root, { dotfiles: 'deny' });
    await app.register(files, { prefix: '/files' });
    app.get('/send/*', (received, reply) => {
      const { '*': path } = received.params as { '*': string };
      return reply.sendFile(path);
    });
    for (const prefix of ['/files', '/send']) {
      const { statusCode, headers } = await app.inject({
        method: (request.method ?? 'GET') as 'GET',
        url: `${prefix}${request.target}`,
        headers: { ...request.headers } as Record<string, string>,
      });
      expect([statusCode, leftOf(headers)]).toEqual([status, []]);
    }
    await app.close();
  });
});

it('keeps them for the file, and for a 304', async () => {
  const handler = xsendfile(root);
  const { request } = await listenWith((req, res) => {
    res.setHeaders(new Map(Object.entries(FOR_THE_FILE)));
    handler(req, res);
  });
  const headers = { 'If-None-Match': '"of-the-file"' };
  for (const [given, status] of [[{}, 200] as const, [headers, 304] as const]) {
    const response = await request({ target: '/a.txt', headers: given });
    expect([response.status, leftOf(response.headers)]).toEqual([status, NAMES]);
  }
});
