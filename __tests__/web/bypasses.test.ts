import { readFileSync, statSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import fastifyStatic from 'fastify-static9';
import { Hono } from 'hono';
import { getRequestListener } from 'hono-node-server1';
import { serveStatic } from 'hono-node-server1/serve-static';
import * as main from '../../lib/index.js';
import * as web from '../../lib/web/index.js';
import { rawRequest } from '../helpers/raw-request.js';
import { FRAMEWORKS, listen, type Middleware } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';
import { BYPASSES, GUARDED, HEADER_BYPASSES, MANY_RANGES } from './bypasses.js';
import { loadVulnerableH3 } from './h3.js';
import { type Site, WAYS } from './ways.js';

const SECRET = 'a secret of more than sixteen bytes';
const scratch = createTree({
  'outside.txt': 'TOP SECRET',
  'files-private/secret.txt': 'TOP SECRET',
  'files.private/secret.txt': 'TOP SECRET',
  'filesprivate/secret.txt': 'TOP SECRET',
  'files/public.txt': 'public',
  'files/public/a.txt': 'public',
  'files/x/a.txt': 'public',
  [`files/${GUARDED}`]: 'TOP SECRET',
});
const root = `${scratch}/files`;
const offloading = { sender: 'nginx', handshake: '0123456789abcdef' } as const;

const isGuarded = (path: string): boolean => path.startsWith('/files/private');

interface Entry {
  readonly name: string;
  /** Files at `/files` with a guard before them, files at `/links` with links only. */
  readonly open: () => Promise<Site>;
}

const ofNode: readonly Entry[] = FRAMEWORKS.map(({ name, create }) => ({
  name: `the main entry with ${name}`,
  async open() {
    const files = create('/files', main.xsendfile(root, offloading) as Middleware);
    const links = create('/links', main.authToken(SECRET, root) as Middleware);
    const listener: RequestListener = (req, res) => {
      const { url = '' } = req;
      if (isGuarded(url)) res.writeHead(403).end();
      else if (url.startsWith('/links')) links(req, res);
      else files(req, res);
    };
    const port = await listen(listener);
    return { port, ask: (request) => rawRequest(port, request) };
  },
}));

const ofWeb: readonly Entry[] = WAYS.map((way) => ({
  name: `the web entry with ${way.name}`,
  async open() {
    const files = web.xsendfile(root, { prefix: '/files', ...offloading });
    const links = web.authToken(SECRET, root, { prefix: '/links' });
    return way.open(async (request) => {
      const { pathname } = new URL(request.url);
      if (isGuarded(pathname)) return new Response(null, { status: 403 });
      return pathname.startsWith('/links') ? links(request) : files(request);
    });
  },
}));

const token = web.createUrlSigner(SECRET).sign('public.txt').split('/')[1];

describe.each([...ofNode, ...ofWeb])('$name', ({ open }) => {
  let site: Site;
  beforeAll(async () => {
    site = await open();
  });

  it('sends what it should, and nothing behind the guard', async () => {
    const { body } = await site.ask({ target: '/files/public.txt' });
    expect(String(body)).toBe('public');
    expect(String((await site.ask({ target: `/links/${token}/public.txt` })).body)).toBe('public');
    expect((await site.ask({ target: `/files/${GUARDED}` })).status).toBe(403);
  });

  it.each(BYPASSES)('$whose: $what ($link)', async ({ targets }) => {
    for (const target of targets) {
      const withLink = target.replace('/files', `/links/${token}`);
      for (const each of [target, withLink, target.replace('/files', '/links')]) {
        const { status, raw } = await site.ask({ target: each });
        expect([400, 403, 404]).toContain(status);
        expect([each, raw.includes('TOP SECRET')]).toEqual([each, false]);
      }
    }
  });

  it.each(HEADER_BYPASSES)('$whose: $what ($link)', async ({ headers }) => {
    const response = await site.ask({ target: '/files/public.txt', headers });
    expect([response.status, String(response.body)]).toEqual([200, 'public']);
    for (const name of ['x-accel-redirect', 'x-sendfile', 'x-sendfile-type']) {
      expect(response.headers).not.toHaveProperty(name);
    }
  });

  it(`Rack: many ranges that overlap (${MANY_RANGES.link})`, async () => {
    const { headers } = MANY_RANGES;
    const { status, body } = await site.ask({ target: '/files/public.txt', headers });
    expect([200, 206]).toContain(status);
    expect(String(body)).toBe('public');
  });
});

const bypassesOf = (package_: string) => BYPASSES.filter(({ whose }) => whose === package_);

/** Expects that the guard works, and that one of the targets bypasses it. */
async function expectBypass(port: number, targets: readonly string[]): Promise<void> {
  const guarded = await rawRequest(port, { target: `/files/${GUARDED}` });
  expect([403, 404]).toContain(guarded.status);
  const answers = await Promise.all(targets.map((target) => rawRequest(port, { target })));
  expect(answers.map(({ body }) => String(body))).toContain('TOP SECRET');
}

describe('for comparison, the same requests get the file from', () => {
  it.each(bypassesOf('@hono/node-server'))(
    '@hono/node-server 1.19.9: $what',
    async ({ targets }) => {
      const app = new Hono();
      app.use('/files/private/*', async (c) => c.body(null, 403));
      app.use('/files/*', serveStatic({ root: scratch }));
      await expectBypass(await listen(getRequestListener(app.fetch) as RequestListener), targets);
    },
  );

  const [byFunction, ...byRoute] = bypassesOf('@fastify/static').reverse();

  async function openFastify(allowedPath?: (path: string) => boolean): Promise<number> {
    const app = Fastify();
    if (allowedPath === undefined) {
      app.get('/files/private/*', (_request, reply) => reply.code(403).send());
    }
    app.register(fastifyStatic, { root, prefix: '/files/', ...(allowedPath && { allowedPath }) });
    await app.listen({ port: 0, host: '127.0.0.1' });
    apps.push(app);
    return (app.server.address() as AddressInfo).port;
  }
  const apps: { close(): unknown }[] = [];
  afterAll(() => Promise.all(apps.map((app) => app.close())));

  it.each(byRoute)('@fastify/static 9.1.0: $what', async ({ targets }) => {
    await expectBypass(await openFastify(), targets);
  });

  it(`@fastify/static 9.1.0: ${byFunction?.what}`, async () => {
    const port = await openFastify((path) => !path.startsWith('/private'));
    await expectBypass(port, byFunction?.targets ?? []);
  });

  it.each(bypassesOf('h3'))('h3 2.0.1-rc.21: $what', async ({ targets }) => {
    const { H3, serveStatic: serveAssets, toNodeHandler } = loadVulnerableH3();
    const app = new H3();
    app.use('/files/private/**', () => new Response(null, { status: 403 }));
    app.get('/**', (event) =>
      serveAssets(event, {
        getContents: (id) => readFileSync(`${scratch}${id}`),
        getMeta: (id) => {
          const stats = statSync(`${scratch}${id}`, { throwIfNoEntry: false });
          return stats?.isFile() ? { size: stats.size } : undefined;
        },
      }),
    );
    await expectBypass(await listen(toNodeHandler(app) as RequestListener), targets);
  });
});
