import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { startBucket } from './bucket.js';
import { DIFFICULT_KEYS } from './difficult-keys.js';
import { startStore } from './raw-store.js';
import { startSite } from './site.js';

const GIGABYTE = 2 ** 30;
const SIZE = 5 * GIGABYTE;

/** The byte of the object at a position. */
const byteAt = (position: number): number => (position + Math.floor(position / GIGABYTE)) % 251;
function bytesOf(start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end + 1 - start);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = byteAt(start + index);
  return bytes;
}

/** Sends an object of 5 GB that is nowhere stored. */
function respond(req: IncomingMessage, res: ServerResponse): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = last === undefined || last === '' ? SIZE - 1 : Number(last);
  res.writeHead(first === undefined ? 200 : 206, {
    ETag: '"large"',
    'Content-Length': end + 1 - start,
    ...(first === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${SIZE}` }),
  });
  const position = { next: start };
  const fill = (): void => {
    while (res.writable && position.next <= end) {
      const upTo = Math.min(position.next + 65_535, end);
      const bytes = bytesOf(position.next, upTo);
      position.next = upTo + 1;
      if (!res.write(bytes)) return;
    }
    res.end();
  };
  res.on('drain', fill);
  fill();
}

beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe('an object of 5 GB', () => {
  it('can be read by ranges, at both ends and beyond 4 GB', async () => {
    const store = await startStore(respond);
    const { check } = await startSite(
      { origins: [store.origin] },
      { url: `${store.origin}/a`, name: 'a.bin', size: SIZE },
    );
    for (const [start, end] of [
      [0, 99],
      [2 ** 32 - 50, 2 ** 32 + 49],
      [SIZE - 100_000, SIZE - 1],
    ] as const) {
      await check(
        { target: '/', headers: { Range: `bytes=${start}-${end}` } },
        {
          status: 206,
          headers: { 'Content-Range': `bytes ${start}-${end}/${SIZE}` },
          body: bytesOf(start, end),
        },
      );
    }
  });

  it('can be resumed after the store was restarted', async () => {
    const store = await startStore(respond);
    const { port, request, outcomes } = await startSite(
      { origins: [store.origin] },
      { url: `${store.origin}/a`, name: 'a.bin' },
    );
    const client = await Connection.open(port);
    client.send({ target: '/', headers: { Range: `bytes=0-${GIGABYTE}` } });
    await client.receive(1_000_000);
    store.stop();
    const received = await client.readAll();
    expect(outcomes).toMatchObject([{ kind: 'failed', status: 206 }]);
    expect((await request({ target: '/' })).status).toBe(502);
    await startStore(respond, store.port);
    const body = received.subarray(received.indexOf('\r\n\r\n') + 4);
    const start = body.length;
    const rest = await request({
      target: '/',
      headers: { Range: `bytes=${start}-${start + 9_999}`, 'If-Range': '"large"' },
    });
    expect(rest.status).toBe(206);
    const both = Buffer.concat([body, rest.body]);
    expect(both.equals(bytesOf(0, both.length - 1))).toBe(true);
  });
});

it('needs little memory for clients that do not read', async () => {
  const CLIENTS = 60;
  const chunk = Buffer.alloc(65_536);
  const store = await startStore((_req, res) => {
    res.writeHead(200, { 'Content-Length': SIZE });
    const fill = (): void => {
      while (res.writable && res.write(chunk));
    };
    res.on('drain', fill);
    fill();
  });
  const { port, outcomes } = await startSite(
    { origins: [store.origin] },
    { url: `${store.origin}/a`, name: 'a.bin' },
  );
  const before = process.memoryUsage.rss();
  const clients: Connection[] = [];
  for (let count = 0; count < CLIENTS; count += 1) {
    const client = await Connection.open(port);
    client.pause();
    client.send({ target: '/' });
    clients.push(client);
  }
  await eventually(() => store.requests.length === CLIENTS);
  const sent = (): number => [...store.sockets].reduce((sum, each) => sum + each.bytesWritten, 0);
  let last = -1;
  await eventually(async () => {
    const isStill = last === sent();
    last = sent();
    if (!isStill) await delay(200);
    return isStill;
  });
  // Clients, application and store are in this process.
  expect(process.memoryUsage.rss() - before).toBeLessThan(CLIENTS * 700_000);
  for (const client of clients) client.destroy();
  await eventually(() => store.sockets.size === 0 && outcomes.length === CLIENTS);
  expect(store.sockets.size).toBe(0);
  expect(outcomes.every(({ kind }) => kind === 'aborted')).toBe(true);
});

const STORE = `
  const server = require('node:http').createServer((req, res) => {
    res.writeHead(200, { 'Content-Length': 1e9 });
    const chunk = Buffer.alloc(65536);
    const fill = () => { while (res.writable && res.write(chunk)); };
    res.on('drain', fill);
    fill();
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

describe('a store that is stopped', () => {
  let child: ChildProcess;
  let port: number;
  beforeAll(async () => {
    child = spawn(process.execPath, ['-e', STORE], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = child.stdout === null ? [''] : await once(child.stdout, 'data');
    port = Number(line);
  });
  afterAll(() => void child?.kill('SIGKILL'));

  it('ends downloads by the idle timeout, and new ones by the timeout', async () => {
    const origin = `http://127.0.0.1:${port}`;
    const site = await startSite(
      { origins: [origin], timeout: 0.5 },
      { url: `${origin}/a`, name: 'a.bin' },
      { idleTimeout: 0.5 },
    );
    const client = await Connection.open(site.port);
    client.send({ target: '/' });
    await client.receive(1_000_000);
    child.kill('SIGSTOP');
    await client.closed;
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes).toMatchObject([
      { kind: 'failed', code: 'ERR_XSENDFILE_CONTENT_STALLED' },
    ]);
    await site.check({ target: '/' }, { status: 504 });
    child.kill('SIGCONT');
    const next = await Connection.open(site.port);
    next.send({ target: '/' });
    await next.receive(100_000);
    expect(next.length).toBeGreaterThanOrEqual(100_000);
    next.destroy();
  });
});

it('asks a real store for objects with difficult names, byte for byte as they were signed', async () => {
  const bucket = await startBucket();
  let key = '';
  const { check } = await startSite({ origins: [bucket.origin] }, async () => ({
    url: await bucket.presign(key),
    name: key,
  }));
  for (key of DIFFICULT_KEYS) {
    await bucket.put(key, `the bytes of ${key}`);
    await check({ target: '/' }, { status: 200, body: `the bytes of ${key}` });
  }
});
