import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { csrfSync } from 'csrf-sync';
import express, { type Express, type RequestHandler } from 'express';
import createSession from 'express-session';
import Fastify from 'fastify';
import Koa from 'koa';
import { authToken as forFastify } from '../../lib/adapters/fastify.js';
import { authToken as forKoa } from '../../lib/adapters/koa.js';
import { authToken } from '../../lib/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { authToken as forWeb } from '../../lib/web/index.js';
import { listenWith } from '../helpers/check.js';
import { Connection, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';

const SECRET = 'a secret of more than sixteen bytes';
const BYTES = '0123456789'.repeat(10);
const root = createTree({ 'a.bin': BYTES });
const OPTIONS = { confirm: true, allow: limitUses({ client: () => 'one' }) };
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const MEGABYTE = 'a'.repeat(1024 * 1024);

it.each(['Express', 'Koa', 'Fastify'])('answers a form of a megabyte, in %s', async (framework) => {
  const koa = forKoa(SECRET, root, { ...OPTIONS, prefix: '/dl' });
  const plugin = forFastify(SECRET, root, OPTIONS);
  const fastify = Fastify();
  await fastify.register(plugin, { prefix: '/dl' });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  try {
    const handler = authToken(SECRET, root, OPTIONS);
    const { port } =
      framework === 'Fastify'
        ? (fastify.server.address() as AddressInfo)
        : await listenWith(
            framework === 'Koa' ? new Koa().use(koa).callback() : express().use('/dl', handler),
          );
    const target = `/dl${handler.signer.sign('a.bin', { uses: 1 })}`;
    expect((await rawRequest(port, { target })).status).toBe(403);
    for (const type of ['multipart/form-data; boundary=x', 'text/plain', 'application/json']) {
      const form = { method: 'POST', target, headers: { 'Content-Type': type }, body: '{' };
      expect((await rawRequest(port, form)).status).toBe(303);
    }
    expect((await rawRequest(port, { method: 'POST', target, body: 'a' })).status).toBe(303);
    const forged = { method: 'POST', target: target.replace('a.bin', 'b.bin'), headers: FORM };
    expect((await rawRequest(port, forged)).status).toBe(405);
    const headers = { ...FORM, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };
    const answer = await rawRequest(port, { method: 'POST', target, headers, body: MEGABYTE });
    expect(answer.status).toBe(303);
    // Nothing waits for the body.
    const connection = await Connection.open(port);
    const length = { ...headers, 'Content-Length': String(MEGABYTE.length) };
    connection.send({ method: 'POST', target, headers: length });
    expect((await connection.read()).status).toBe(303);
    connection.destroy();
    const confirmed = await rawRequest(port, { target: `${target}${answer.headers.location}` });
    expect([confirmed.status, String(confirmed.body)]).toEqual([200, BYTES]);
  } finally {
    await fastify.close();
  }
});

it('answers a form of a megabyte over HTTP/2', async () => {
  const handler = authToken(SECRET, root, OPTIONS);
  const server = createHttp2Server((req, res) => handler(req, res));
  server.listen(0);
  await once(server, 'listening');
  const session = connectHttp2(`http://localhost:${(server.address() as AddressInfo).port}`);
  const path = handler.signer.sign('a.bin', { uses: 1 });
  const stream = session.request({ ':path': path, ':method': 'POST' });
  stream.on('error', () => {});
  stream.end(MEGABYTE);
  const [headers] = await once(stream, 'response');
  expect(headers).toMatchObject({ ':status': 303, location: expect.stringMatching(/^\?conf/) });
  session.destroy();
  server.close();
});

it('works with xsendfile/web', async () => {
  const handler = forWeb(SECRET, root, {
    allow: limitUses<Request>({ client: () => 'one' }) as never,
    confirm: true,
    prefix: '/dl',
  });
  const url = `http://localhost/dl${handler.signer.sign('a.bin', { uses: 1 })}`;
  const page = await handler(new Request(url));
  expect([page.status, await page.text()]).toEqual([403, expect.stringContaining('<form')]);
  let pulls = 0;
  const body = new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 });
  const form = { method: 'POST', body, duplex: 'half' } as RequestInit;
  const answer = await handler(new Request(url, form));
  expect([answer.status, pulls]).toEqual([303, 0]);
  const confirmed = new URL(answer.headers.get('location') ?? '', url).href;
  expect(await (await handler(new Request(confirmed))).text()).toBe(BYTES);
});

describe('confirm behind a middleware that protects against CSRF', () => {
  const { csrfSynchronisedProtection } = csrfSync({
    getTokenFromRequest: ({ headers }) => String(headers['x-token']),
  });
  const session = createSession({ secret: SECRET, resave: false, saveUninitialized: false });
  /** Compares the Origin, which is `null` for the form: the page has `no-referrer`. */
  const checkOrigin: RequestHandler = ({ method, headers }, res, next) => {
    if (method !== 'POST' || headers.origin === 'https://files.example') next();
    else res.sendStatus(403);
  };
  const submit = async (app: Express, target: string) => {
    const { request } = await listenWith(app);
    return request({ method: 'POST', target, headers: { ...FORM, Origin: 'null' }, body: '' });
  };

  it.each<[string, RequestHandler[]]>([
    ['csrf-sync', [session, csrfSynchronisedProtection]],
    ['a check of Origin', [checkOrigin]],
  ])('needs its path to be excluded: %s', async (_name, guards) => {
    const handler = authToken(SECRET, root, OPTIONS);
    const target = `/dl${handler.signer.sign('a.bin', { uses: 1 })}`;
    const guarded = express().set('env', 'test').use(guards).use('/dl', handler);
    expect((await submit(guarded, target)).status).toBe(403);
    const mountedBefore = express().use('/dl', handler).use(guards);
    expect((await submit(mountedBefore, target)).status).toBe(303);
    const excluded = express().use(/^(?!\/dl\/)/, ...guards);
    expect((await submit(excluded.use('/dl', handler), target)).status).toBe(303);
  });
});
