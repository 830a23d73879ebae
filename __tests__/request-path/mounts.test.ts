import type { IncomingMessage } from 'node:http';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import { xsendfile } from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { FRAMEWORKS, type Middleware } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({
  'a.txt': 'text',
  'sub/b.txt': 'below',
  'p/a.txt': 'p in the root',
  '.private/secret.txt': 'secret',
  'admin/secret.txt': 'secret',
});
const handler = xsendfile(root, { sender: 'serve' });
const EXPRESS = [
  { name: 'Express 5', createApp: express },
  { name: 'Express 4', createApp: express4 },
];
const deny: Middleware = (_req, res) => void res.writeHead(401).end('who are you?');

/** A middleware that changes the target. */
const rewrite =
  (change: (url: string) => string): Middleware =>
  (req: IncomingMessage, _res, next) => {
    req.url = change(req.url ?? '');
    next();
  };

describe.each(FRAMEWORKS)('xsendfile(root) in $name', ({ create }) => {
  it.each<[string, number]>([
    ['/p/a.txt', 200],
    ['/p/a.txt?x=/p/no.txt', 200],
    ['/p/a.txt?', 200],
    ['/p/p/a.txt', 200],
    ['/p/sub/b.txt', 200],
    ['/p', 403],
    ['/p/', 403],
    ['/p/..', 403],
    ['/p/../a.txt', 403],
    ['/p/%2e%2e/a.txt', 403],
    ['/p//a.txt', 404],
    ['/p/./a.txt', 404],
    ['/p/a.txt/', 404],
    ['/a.txt', 404],
    ['//p/a.txt', 404],
  ])('answers %s with %d when mounted at /p', async (target, status) => {
    const { check } = await listenWith(create('/p', handler));
    await check({ target }, { status });
  });

  it('serves the target that a middleware has rewritten', async () => {
    const toSub = rewrite(() => '/sub/b.txt');
    const { check } = await listenWith(create('', toSub, handler));
    await check({ target: '/a.txt' }, { status: 200, body: 'below' });
    await check({ target: '/../..' }, { status: 200, body: 'below' });
    await check({ target: '//x' }, { status: 200, body: 'below' });
  });

  it('checks a rewritten target as strictly as any other', async () => {
    for (const [url, status] of [
      ['/../a.txt', 403],
      ['//a.txt', 404],
      ['/%00', 400],
    ] as const) {
      const { check } = await listenWith(
        create(
          '',
          rewrite(() => url),
          handler,
        ),
      );
      await check({ target: '/a.txt' }, { status });
    }
  });

  it('ignores originalUrl when it chooses the file', async () => {
    const lie: Middleware = (req, _res, next) => {
      Object.assign(req, { originalUrl: '/sub/b.txt', baseUrl: '/sub' });
      next();
    };
    const { check } = await listenWith(create('/p', lie, handler));
    await check({ target: '/p/a.txt' }, { status: 200, body: 'text' });
  });
});

const WITH_ROUTER = FRAMEWORKS.filter(({ name }) => name !== 'node:http');

it.each(WITH_ROUTER)(
  'xsendfile(root) mounted at /p in $name matches only whole segments of the path',
  async ({ create }) => {
    const { check } = await listenWith(create('/p', handler));
    await check({ target: '/p?a.txt' }, { status: 403 });
    await check({ target: '/pa.txt' }, { status: 404 });
    await check({ target: '/p.a.txt' }, { status: 404 });
  },
);

it.each(['a.txt', '', '?a.txt', 'http://h/a.txt'])(
  'xsendfile(root) answers 400 when a middleware rewrote the target to %j',
  async (url) => {
    const { check } = await listenWith((req, res) => handler(Object.assign(req, { url }), res));
    await check({ target: '/a.txt' }, { status: 400 });
  },
);

describe.each(EXPRESS)('xsendfile(root) in $name', ({ createApp }) => {
  const createQuietApp = (): express.Express => createApp().set('env', 'test');

  it.each<[string, string, number]>([
    ['/p/', '/p/a.txt', 200],
    ['/p/', '/p//a.txt', 404],
    ['/p/', '/p/', 403],
    ['/p/q', '/p/q/a.txt', 200],
    ['/p/q', '/p//q/a.txt', 404],
    ['/p/q', '/p/q//a.txt', 404],
    ['/P', '/p/a.txt', 200],
    ['/:x', '/anything/a.txt', 200],
    ['/:x', '/anything/../a.txt', 403],
    ['/:x', '/a.txt', 403],
  ])('mounted at %s answers %s with %d', async (mount, target, status) => {
    const { check } = await listenWith(createQuietApp().use(mount, handler));
    await check({ target }, { status });
  });

  it('serves in nested routers', async () => {
    const inner = createApp.Router().use('/in', handler);
    const middle = createApp.Router({ mergeParams: true }).use('/:id', inner);
    const { check } = await listenWith(createQuietApp().use('/out', middle));
    await check({ target: '/out/7/in/a.txt' }, { status: 200, body: 'text' });
    await check({ target: '/out/7/in/sub/b.txt?x' }, { status: 200, body: 'below' });
    for (const target of ['/out//7/in/a.txt', '/out/7//in/a.txt', '/out/7/in//a.txt']) {
      await check({ target }, { status: 404 });
    }
    await check({ target: '/out/7/in/../in/a.txt' }, { status: 403 });
  });

  it('serves in a mounted application', async () => {
    const { check } = await listenWith(
      createQuietApp().use('/out', createQuietApp().use('/in', handler)),
    );
    await check({ target: '/out/in/a.txt' }, { status: 200, body: 'text' });
    await check({ target: '/out/in//a.txt' }, { status: 404 });
  });

  it('leaves req.url unchanged for the next middleware', async () => {
    const app = createQuietApp();
    app.use('/p', xsendfile(root, { sender: 'serve', fallthrough: true }));
    app.use((req, res) => void res.send(`${req.url} ${req.originalUrl}`));
    const { check } = await listenWith(app);
    await check({ target: '/p/no.txt?x' }, { status: 200, body: '/p/no.txt?x /p/no.txt?x' });
  });

  it('serves on a route with a fixed prefix from its whole path', async () => {
    const { check } = await listenWith(createQuietApp().get('/p/:name', handler));
    await check({ target: '/p/a.txt' }, { status: 200, body: 'p in the root' });
  });
});

describe('a mount path that matches another spelling', () => {
  it.each(EXPRESS)(
    'answers 404 for an empty segment though a middleware dropped the query ($name)',
    async ({ createApp }) => {
      const app = createApp().set('env', 'test');
      app.use(rewrite((url) => url.replace(/\?.*$/, '')));
      app.use('/files/admin', deny);
      app.use('/files', handler);
      const { check } = await listenWith(app);
      await check({ target: '/files/a.txt?x' }, { status: 200, body: 'text' });
      await check({ target: '/files/admin/secret.txt?x' }, { status: 401 });
      await check({ target: '/files//admin/secret.txt' }, { status: 404 });
      await check({ target: '/files//admin/secret.txt?x' }, { status: 404 });
    },
  );

  const withDotfiles = xsendfile(root, { sender: 'serve', dotfiles: 'allow' });

  it('answers 404 for a dotfile without its slash (Connect)', async () => {
    const app = connect().use('/files/.private', deny).use('/files', withDotfiles);
    const { check } = await listenWith(app);
    await check({ target: '/files/a.txt' }, { status: 200, body: 'text' });
    await check({ target: '/files/.private/secret.txt' }, { status: 401 });
    await check({ target: '/files.private/secret.txt' }, { status: 404 });
    await check({ target: '/files.private/secret.txt?x' }, { status: 404 });
  });

  it.each(EXPRESS)(
    'answers 404 for a dotfile without its slash ($name, regular expression)',
    async ({ createApp }) => {
      const app = createApp().set('env', 'test');
      app.use('/files/.private', deny);
      app.use(/^\/files/, withDotfiles);
      const { check } = await listenWith(app);
      await check({ target: '/files/a.txt' }, { status: 200, body: 'text' });
      await check({ target: '/files/.private/secret.txt' }, { status: 401 });
      await check({ target: '/files.private/secret.txt' }, { status: 404 });
    },
  );
});
