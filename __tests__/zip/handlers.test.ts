import { Agent, get } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import Koa from 'koa';
import * as fastify from '../../lib/adapters/fastify.js';
import * as koa from '../../lib/adapters/koa.js';
import { authToken, type Outcome, xsendfile } from '../../lib/index.js';
import * as web from '../../lib/web/index.js';
import { type ZipEntry, zip } from '../../lib/zip/index.js';
import { listenWith } from '../helpers/check.js';
import { rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

/** An archive is sent through every entry, with the functions of each, and is the same bytes. */

const root = createTree({ 'a.txt': 'the first', 'b/large.bin': Buffer.alloc(200_000, 'x') });
const ENTRIES: readonly ZipEntry[] = [
  { path: 'a.txt' },
  { path: 'b/large.bin' },
  { content: Buffer.from('note'), name: 'note.txt' },
];
const name = 'all.zip';

let whole: Buffer;

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

beforeAll(async () => {
  const files = xsendfile(root);
  const archive = await zip(files, ENTRIES, { req: { headers: {}, url: '/' } as never });
  const chunks: Uint8Array[] = [];
  for await (const chunk of await archive.read(0, archive.size - 1)) chunks.push(chunk);
  whole = Buffer.concat(chunks);
});

/** Checks the whole, a range, HEAD and 304 of a server. */
async function check(port: number): Promise<void> {
  const response = await rawRequest(port, { target: '/' });
  expect(response.status).toBe(200);
  expect(response.headers).toMatchObject({
    'content-type': 'application/zip',
    'content-disposition': 'attachment; filename=all.zip',
    'content-length': String(whole.length),
  });
  expect(response.body.equals(whole)).toBe(true);
  const range = await rawRequest(port, { target: '/', headers: { Range: 'bytes=100-150000' } });
  expect(range.status).toBe(206);
  expect(range.body.equals(whole.subarray(100, 150_001))).toBe(true);
  const head = await rawRequest(port, { method: 'HEAD', target: '/' });
  expect([head.status, head.headers['content-length']]).toEqual([200, String(whole.length)]);
  const headers = { 'If-None-Match': String(response.headers.etag) };
  expect((await rawRequest(port, { target: '/', headers })).status).toBe(304);
}

it('through the property files of authToken()', async () => {
  const { files } = authToken('a secret of the tests, long enough', root);
  const site = await listenWith(async (req, res) => {
    await files.sendContent(req, res, await zip(files, ENTRIES, { req, name }));
  });
  await check(site.port);
});

it('through Koa, with its context for allow', async () => {
  const users: unknown[] = [];
  const files = koa.xsendfile(root, {
    allow: (_file, { req }) => users.push(koa.contextOf(req).state.user) > 0,
  });
  const app = new Koa();
  app.use(async (ctx) => {
    ctx.state.user = 'alice';
    await files.sendContent(ctx, await zip(files, ENTRIES, { req: ctx, name }));
  });
  await check(await listen(app.callback()));
  expect(users).toEqual(Array(8).fill('alice'));
});

it("through Fastify, with Fastify's request for allow", async () => {
  const ids: unknown[] = [];
  const files = fastify.xsendfile(root, {
    allow: (_file, { req }) => ids.push(fastify.requestOf(req).id) > 0,
  });
  const app = Fastify();
  app.get('/', async (request, reply) => {
    await files.sendContent(request, reply, await zip(files, ENTRIES, { req: request, name }));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    await check((app.server.address() as AddressInfo).port);
    expect(new Set(ids).size).toBe(4);
  } finally {
    await app.close();
  }
});

it('through xsendfile/web, with the Request for allow', async () => {
  const asked: unknown[] = [];
  const files = web.xsendfile(root, {
    allow: (file, { request, archive }) => asked.push([file.name, request.url, archive]) > 0,
  });
  const url = 'http://localhost/download';
  const respond = async (headers: Record<string, string> = {}) => {
    const request = new Request(url, { headers });
    return files.sendContent(request, await zip(files, ENTRIES, { req: request, name }));
  };
  const response = await respond();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-length')).toBe(String(whole.length));
  expect(Buffer.from(await response.arrayBuffer()).equals(whole)).toBe(true);
  expect(await web.outcomeOf(response)).toMatchObject({ kind: 'sent', path: name });
  expect(asked).toEqual([
    ['a.txt', url, name],
    ['large.bin', url, name],
  ]);
  const range = await respond({ Range: 'bytes=-50' });
  expect(range.status).toBe(206);
  expect(Buffer.from(await range.arrayBuffer()).equals(whole.subarray(-50))).toBe(true);
});

it('through HTTP/2, on many streams', async () => {
  const outcomes: Outcome[] = [];
  const files = xsendfile(root, { onFinish: (outcome) => outcomes.push(outcome), cache: false });
  const server = createHttp2Server(async (req, res) => {
    await files.sendContent(req, res, await zip(files, ENTRIES, { req, name }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    const bodies = Array.from({ length: 100 }, async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of client.request({ ':path': '/' })) chunks.push(chunk);
      return Buffer.concat(chunks).equals(whole);
    });
    expect(await Promise.all(bodies)).toEqual(Array(100).fill(true));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(100).fill('sent'));
  } finally {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

it('with connections that stay open, one after the other', async () => {
  const files = xsendfile(root);
  const port = await listen(async (req, res) => {
    await files.sendContent(req, res, await zip(files, ENTRIES, { req, name }));
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let count = 0; count < 3; count += 1) {
    const body = await new Promise<Buffer>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent }, async (res) => {
        const chunks: Buffer[] = [];
        for await (const chunk of res) chunks.push(chunk);
        resolve(Buffer.concat(chunks));
      }).on('error', reject);
    });
    expect(body.equals(whole)).toBe(true);
  }
  agent.destroy();
});
