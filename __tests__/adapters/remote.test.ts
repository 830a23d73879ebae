import Fastify from 'fastify';
import Koa from 'koa';
import * as fastify from '../../lib/adapters/fastify.js';
import * as koa from '../../lib/adapters/koa.js';
import {
  BadRootError,
  type Outcome,
  type RemoteOptions,
  type RemoteRoot,
} from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { eventually } from '../helpers/eventually.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';
import { type RawStore, startStore } from '../remote/raw-store.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const BODY = 'the bytes of the object';
const HANDSHAKE = 'fedcba9876543210fedcba9876543210';

let store: RawStore;
beforeAll(async () => {
  store = await startStore((req, res) => {
    if (!req.url?.startsWith('/known')) res.writeHead(404).end('<Error/>');
    else res.writeHead(200, { ETag: '"1"', 'Content-Length': BODY.length }).end(BODY);
  });
});

const objectOf = (path: string) => ({ url: `${store.origin}/${path}`, name: 'Invoice.pdf' });
const apps: { close(): unknown }[] = [];
afterAll(() => Promise.all(apps.map((app) => app.close())));

/** An application with objects mounted at /files, on routes at /send, and with links at /links. */
interface Site {
  ask(request: RawRequest): Promise<RawResponse>;
  /** Returns a link for one use to an object. */
  sign(path: string): string;
}

type Create = (
  remote: (locate: 'koa' | 'fastify') => RemoteRoot,
  options: RemoteOptions,
) => Promise<Site>;

const createForKoa: Create = async (rootFor, options) => {
  const objects = koa.xsendfile(rootFor('koa'), { ...options, prefix: '/files' });
  const links = koa.authToken(SECRET, rootFor('koa'), {
    ...options,
    prefix: '/links',
    allow: limitUses(),
  });
  expect(objects.remote.origins).toEqual([store.origin]);
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx, next) => {
    ctx.state.user = 'somebody';
    ctx.set('X-Request-Id', '7');
    const [, way, path = ''] = ctx.path.split('/');
    if (way === 'send')
      await objects.sendRemote(ctx, objectOf(path), { contentType: 'text/plain' });
    else if (way === 'free') await links.files.sendRemote(ctx, objectOf(path));
    else await next();
  });
  app.use(objects).use(links);
  const port = await listen(app.callback());
  return {
    ask: (request) => rawRequest(port, request),
    sign: (path) => `/links${links.signer.sign(path, { uses: 1, expiresIn: 600 })}`,
  };
};

const createForFastify: Create = async (rootFor, options) => {
  const objects = fastify.xsendfile(rootFor('fastify'), options);
  const links = fastify.authToken(SECRET, rootFor('fastify'), { ...options, allow: limitUses() });
  expect(objects.remote.origins).toEqual([store.origin]);
  const app = Fastify({ forceCloseConnections: true });
  apps.push(app);
  app.addHook('onRequest', async (request, reply) => {
    Object.assign(request, { user: 'somebody' });
    reply.header('X-Request-Id', '7');
  });
  await app.register(objects, { prefix: '/files' });
  await app.register(links, { prefix: '/links' });
  // Files on a disk have decorators of their own.
  await app.register(fastify.xsendfile(createTree({ 'a.txt': 'text' })), { serve: false });
  app.get('/disk', (_request, reply) => reply.sendFile('a.txt'));
  app.get<{ Params: { path: string } }>('/send/:path', (request, reply) =>
    reply.sendRemote(objectOf(request.params.path), { contentType: 'text/plain' }),
  );
  app.get<{ Params: { path: string } }>('/free/:path', (request, reply) =>
    links.files.sendRemote(request, reply, objectOf(request.params.path)),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const answer = await rawRequest(port, { target: '/disk' });
  expect(answer.body.toString()).toBe('text');
  return {
    ask: (request) => rawRequest(port, request),
    sign: (path) => `/links${links.signer.sign(path, { uses: 1, expiresIn: 600 })}`,
  };
};

const FRAMEWORKS: readonly [string, Create][] = [
  ['Koa', createForKoa],
  ['Fastify', createForFastify],
];

describe.each(FRAMEWORKS)('remoteRoot() in %s', (_name, create) => {
  const outcomes: Outcome[] = [];
  const seen: unknown[] = [];
  let site: Site;
  beforeAll(async () => {
    const rootFor = (framework: 'koa' | 'fastify') =>
      remoteRoot({
        origins: [store.origin],
        locate(path, { req }) {
          const user =
            framework === 'koa'
              ? koa.contextOf(req).state.user
              : fastify.requestOf<{ user: string }>(req as never).user;
          seen.push([path, user]);
          return path === 'unknown' ? undefined : objectOf(path);
        },
      });
    const options: RemoteOptions = { onFinish: (outcome) => outcomes.push(outcome) };
    site = await create(rootFor, options);
  });
  beforeEach(() => {
    outcomes.length = 0;
    seen.length = 0;
  });

  it('sends mounted objects that locate names, with the headers of the application', async () => {
    const { status, headers, body } = await site.ask({ target: '/files/known' });
    expect([status, body.toString()]).toEqual([200, BODY]);
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      etag: '"1"',
      'x-request-id': '7',
    });
    expect(seen).toEqual([['known', 'somebody']]);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', path: 'known', bytes: BODY.length }]);
  });

  it.each(['/send/known', '/free/known'])('sends the object of a route: %s', async (target) => {
    const whole = await site.ask({ target });
    expect([whole.status, whole.body.toString()]).toEqual([200, BODY]);
    const isText = whole.headers['content-type'] === 'text/plain';
    expect(isText).toBe(target === '/send/known');
    const part = await site.ask({ target, headers: { 'If-None-Match': '"1"' } });
    expect([part.status, part.body.toString()]).toEqual([304, '']);
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toMatchObject([{ kind: 'sent' }, { kind: 'not-modified' }]);
  });

  it.each(['/files/known', '/send/known'])('answers HEAD: %s', async (target) => {
    const { status, headers, body } = await site.ask({ method: 'HEAD', target });
    expect([status, headers['content-length'], body.length]).toEqual([200, String(BODY.length), 0]);
  });

  it.each(['/files/unknown', '/files/missing', '/send/missing', '/free/missing'])(
    'answers 404 with a page of the framework: %s',
    async (target) => {
      const { status, headers } = await site.ask({ target });
      expect([status, headers['cache-control'], headers.etag]).toEqual([
        404,
        'no-store',
        undefined,
      ]);
    },
  );

  it('counts the uses of links', async () => {
    const target = site.sign('known');
    const first = await site.ask({ target });
    expect([first.status, first.body.toString()]).toEqual([200, BODY]);
    expect((await site.ask({ target: '/links/forged/known' })).status).toBe(404);
  });
});

it.each<[string, (root: RemoteRoot, options?: object) => unknown]>([
  ['Koa', (root, options) => koa.xsendfile(root, options)],
  ['Fastify', (root, options) => fastify.xsendfile(root, options)],
  ['Koa, with links', (root, options) => koa.authToken(SECRET, root, options)],
  ['Fastify, with links', (root, options) => fastify.authToken(SECRET, root, options)],
])('options for files are refused for remote objects in %s', (_name, create) => {
  const root = remoteRoot({ origins: ['https://bucket.s3.example'], locate: () => undefined });
  expect(() => create(root, { precompressed: ['br'] })).toThrow(/precompressed is for files/);
  expect(() => create({ origins: [] } as never)).toThrow(BadRootError);
});

it('hands mounted objects over to nginx in Koa and Fastify', async () => {
  const root = remoteRoot({ origins: [store.origin], locate: objectOf });
  const options = { sender: 'nginx', handshake: HANDSHAKE } as const;
  const app = new Koa().use(koa.xsendfile(root, { ...options, prefix: '/files' }));
  const server = Fastify();
  apps.push(server);
  await server.register(fastify.xsendfile(root, options), { prefix: '/files' });
  const headers = { 'X-Sendfile-Handshake': HANDSHAKE };
  const fromKoa = await rawRequest(await listen(app.callback()), {
    target: '/files/known',
    headers,
  });
  const fromFastify = await server.inject({ url: '/files/known', headers });
  for (const answer of [fromKoa.headers, fromFastify.headers]) {
    expect(answer).toHaveProperty('x-accel-redirect');
    expect(answer).toMatchObject({ 'x-sendfile-remote': '/known' });
  }
});
