import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import express from 'express';
import {
  authToken,
  BadOptionError,
  type Outcome,
  offload,
  type Sender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { createFixture, listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { expectAllClosed } from './transfer/descriptors.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const SIZE = 60_000;
const CONTENT = Buffer.alloc(SIZE, 'rate ');
const root = createTree({ 'a.bin': CONTENT, 'large.bin': Buffer.alloc(5_000_000, 'x') });
/** Bytes per second; a transfer may run ahead by a chunk, which is a twentieth of it. */
const RATE = 100_000;
const LEAST_MS = (SIZE / RATE - 0.1) * 1000;

/** Downloads a file; how long that took, in milliseconds. */
async function time(port: number, headers: Record<string, string> = {}): Promise<number> {
  const began = performance.now();
  const { status, body } = await rawRequest(port, { target: '/a.bin', headers });
  expect(status === 206 || body.equals(CONTENT)).toBe(true);
  return performance.now() - began;
}

describe('xsendfile(root, { rate })', () => {
  it.each<[string, XSendfileOptions]>([
    ['a file in memory', {}],
    ['a file that is not cached', { cache: { maxFileSize: 1000 } }],
    ['cache: false', { cache: false }],
    ['a header sender that cannot limit it', { sender: 'apache', handshake: false }],
    ['a function', { rate: ({ size }, { url }) => (url === '/a.bin' && size === SIZE ? RATE : 1) }],
  ])('never exceeds the rate: %s', async (_title, options) => {
    const { port, outcomes } = await createFixture(root, { rate: RATE, ...options });
    await time(port);
    expect(await time(port)).toBeGreaterThan(LEAST_MS);
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toMatchObject(
      Array(2).fill({ kind: 'sent', bytes: SIZE, sender: 'serve', status: 200 }),
    );
    await expectAllClosed(root);
  });

  it('limits ranges, single and several', async () => {
    const { port } = await createFixture(root, { rate: RATE });
    expect(await time(port, { Range: 'bytes=1-' })).toBeGreaterThan(LEAST_MS);
    expect(await time(port, { Range: 'bytes=0-1,3-' })).toBeGreaterThan(LEAST_MS);
  });

  it('limits a stream of HTTP/2', async () => {
    const handler = xsendfile(root, { rate: RATE });
    const server = createHttp2Server((req, res) => {
      handler(req, res);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const began = performance.now();
    const stream = session.request({ ':path': '/a.bin' });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(CONTENT)).toBe(true);
    expect(performance.now() - began).toBeGreaterThan(LEAST_MS);
    session.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('leaves HEAD, 304 and refusals as they are', async () => {
    const { check } = await createFixture(root, { rate: 1 });
    await check({ method: 'HEAD', target: '/a.bin' }, { status: 200, body: '' });
    await check({ target: '/a.bin', headers: { 'If-None-Match': '*' } }, { status: 304 });
    await check({ target: '/none' }, { status: 404 });
  });

  it('does not take its own pauses for a client that has stopped reading', async () => {
    const small = createTree({ 'three.txt': 'abc' });
    // A byte a second, and half a second without one is too long.
    const { check, outcomes } = await createFixture(small, { rate: 1.5, idleTimeout: 0.5 });
    await check({ target: '/three.txt' }, { status: 200, body: 'abc' });
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: 3 }]);
  });

  it('still disconnects a client that has stopped reading', async () => {
    const { port, outcomes } = await createFixture(root, { rate: 1e9, idleTimeout: 0.3 });
    const connection = await Connection.open(port);
    connection.pause();
    // More at a time than the buffers of both systems take.
    for (let count = 0; count < 6; count += 1) connection.send({ target: '/large.bin' });
    await eventually(() => outcomes.length > 0 && outcomes.at(-1)?.kind === 'aborted');
    expect(outcomes.some(({ code }) => code === 'ERR_XSENDFILE_IDLE_TIMEOUT')).toBe(true);
    connection.destroy();
    await expectAllClosed(root);
  });

  it('ends at once when the client disconnects in a pause', async () => {
    const { port, outcomes } = await createFixture(root, { rate: 2, cache: false });
    const connection = await Connection.open(port);
    connection.send({ target: '/a.bin' });
    await connection.receive(100);
    connection.destroy();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted' }]);
    await expectAllClosed(root);
  });

  it('is overridden by send()', async () => {
    const handler = xsendfile(root, { rate: 1 });
    const { port } = await listenWith((req, res) => {
      void handler.send(req, res, 'a.bin', { rate: RATE });
    });
    expect(await time(port)).toBeGreaterThan(LEAST_MS);
  });

  it('is overridden by a link and by a cookie, and these by nothing a client can say', async () => {
    const links = authToken(SECRET, root, { rate: 1, cookie: 'files' });
    const { port } = await listenWith((req, res) => links(req, res));
    const claims = { rate: RATE };
    const cookie = links.signer.cookie('', { mountPath: '/', ...claims }).split(';')[0] ?? '';
    for (const request of [
      { target: links.signer.sign('a.bin', { rate: RATE }) },
      { target: '/a.bin', headers: { Cookie: cookie } },
    ]) {
      const began = performance.now();
      const { status, body } = await rawRequest(port, request);
      expect([status, body.length]).toEqual([200, SIZE]);
      expect(performance.now() - began).toBeGreaterThan(LEAST_MS);
    }
    const forged = links.signer.sign('a.bin', { rate: RATE }).replace(/\.[\w-]+\/a/, '/a');
    expect((await rawRequest(port, { target: forged })).status).toBe(404);
  });

  it.each([
    ['nginx', 'x-accel-limit-rate', '2048'],
    ['lighttpd', 'x-lighttpd-kbytes-per-second', '2'],
    ['apache', 'x-accel-limit-rate', null],
  ] as const)('of a link is for %s to keep, or for this process', async (sender, header, value) => {
    const small = createTree({ 'a.txt': 'abc' });
    const links = authToken(SECRET, small, { sender, handshake: false });
    const { check } = await listenWith((req, res) => links(req, res));
    const target = links.signer.sign('a.txt', { rate: 2048 });
    const isHere = value === null;
    await check(
      { target },
      { status: 200, headers: { [header]: value }, body: isHere ? 'abc' : '' },
    );
  });

  it('limits res.sendFile() through offload()', async () => {
    const app = express().use(offload(xsendfile(root, { rate: RATE })));
    app.get('/a.bin', (_req, res) => res.sendFile('a.bin', { root }));
    const { port } = await listenWith(app);
    expect(await time(port)).toBeGreaterThan(LEAST_MS);
  });

  it.each([
    ['nginx', 1_000_000, 'x-accel-limit-rate', '1000000'],
    ['nginx', 1.9, 'x-accel-limit-rate', '1'],
    ['lighttpd', 1_000_000, 'x-lighttpd-kbytes-per-second', '977'],
    ['lighttpd', 2000, 'x-lighttpd-kbytes-per-second', '1'],
    ['lighttpd', 2 ** 50, 'x-lighttpd-kbytes-per-second', '2097152'],
  ] as const)('tells %s of %d bytes per second', async (sender, rate, header, value) => {
    const options: XSendfileOptions = { sender, handshake: false, rate };
    const { check, outcomes } = await createFixture(root, options);
    const expected = { status: 200, headers: { [header]: value } };
    // The second time from what is remembered, the third with a hook.
    await check({ target: '/a.bin' }, expected);
    await check({ target: '/a.bin' }, expected);
    const hooked = await createFixture(root, { ...options, setHeaders: () => {} });
    await hooked.check({ target: '/a.bin' }, expected);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['offloaded', 'offloaded']);
  });

  it('passes the rate of each request to front ends, whatever the previous one was', async () => {
    const handler = xsendfile(root, { sender: 'nginx', handshake: false });
    const { check } = await listenWith((req, res) => {
      const rate = req.url === '/none' ? undefined : Number(req.url?.slice(1));
      void handler.send(req, res, 'a.bin', { rate });
    });
    for (const target of ['/5', '/none', '/7', '/5', '/none']) {
      const value = target === '/none' ? null : target.slice(1);
      await check({ target }, { status: 200, headers: { 'x-accel-limit-rate': value } });
    }
  });

  it('sends what is too slow for lighttpd from this process', async () => {
    const tiny = createTree({ 'a.txt': 'ab' });
    const options: XSendfileOptions = { sender: 'lighttpd', handshake: false, rate: 1000 };
    const { check, outcomes } = await createFixture(tiny, options);
    await check({ target: '/a.txt' }, { status: 200, body: 'ab' });
    expect(outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
  });

  it('lets a custom sender say how its server limits it', async () => {
    const sender: Sender = {
      name: 'custom',
      limitRate: (rate) => (rate > 10 ? { 'X-Accel-Custom-Rate': rate } : undefined),
      send(_file, { res }) {
        res.end();
      },
    };
    const { check } = await createFixture(root, { sender, handshake: false, rate: 11 });
    await check({ target: '/a.bin' }, { status: 200, headers: { 'x-accel-custom-rate': '11' } });
  });

  it.each([0, -1, Number.NaN, 0.5, '1mb', null, true])('refuses %p in the factory', (rate) => {
    const create = () => xsendfile(root, { rate: rate as number });
    expect(create).toThrow(BadOptionError);
    expect(create).toThrow(/^xsendfile: rate must be a number of bytes per second, 1 or more/);
  });

  it.each([0, Number.NaN, '5'])('answers 500 when the function returns %p', async (rate) => {
    const outcomes: Outcome[] = [];
    const { check } = await createFixture(root, {
      rate: () => rate as number,
      onFinish: (outcome) => outcomes.push(outcome),
    });
    await check({ target: '/a.bin' }, { status: 500 });
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_BAD_OPTION' }]);
    await expectAllClosed(root);
  });
});
