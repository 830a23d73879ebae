import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import Router from '@koa/router';
import express from 'express';
import express4 from 'express4';
import Fastify from 'fastify';
import Koa from 'koa';
import { listenWith } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';

/** Mistakes of applications that look like something else. */

const root = createTree({ 'a.txt': 'text', 'sub/b.txt': 'below' });
const SECRET = '0123456789abcdef0123456789abcdef';

type Build = typeof import('../../lib/index.js');
type Express = typeof express;
type Listener = (req: IncomingMessage, res: ServerResponse) => void;

const EXPRESS: readonly (readonly [string, Express])[] = [
  ['Express 5', express],
  ['Express 4', express4],
];

let emitWarning: jest.SpyInstance;
beforeEach(() => {
  // Warnings are given once per process.
  jest.resetModules();
  emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => emitWarning.mockRestore());

const codes = (): unknown[] => emitWarning.mock.calls.map(([, options]) => options?.code);

describe.each(EXPRESS)('a route of %s with parameters', (name, createApp) => {
  const rest = name === 'Express 5' ? '*path' : '*';
  const app = (): express.Express => createApp().set('env', 'test');
  type Create = (build: Build) => Listener;

  it.each<[string, string, Create]>([
    ['a parameter', '/files/a.txt', ({ xsendfile }) => app().get('/files/:name', xsendfile(root))],
    [
      'a wildcard',
      '/files/sub/b.txt',
      ({ xsendfile }) => app().get(`/files/${rest}`, xsendfile(root)),
    ],
    [
      'a parameter before the words',
      '/7/files/a.txt',
      ({ xsendfile }) => app().get('/:user/files/:name', xsendfile(root)),
    ],
    [
      'a parameter that needs encoding',
      '/files/no%20file.txt',
      ({ xsendfile }) => app().get('/files/:name', xsendfile(root)),
    ],
    [
      'a router that is mounted',
      '/top/files/a.txt',
      ({ xsendfile }) =>
        app().use('/top', createApp.Router().get('/files/:name', xsendfile(root)) as never),
    ],
    [
      'fallthrough',
      '/files/a.txt',
      ({ xsendfile }) => app().get('/files/:name', xsendfile(root, { fallthrough: true })),
    ],
    [
      'a link',
      '/files/none/a.txt',
      ({ authToken }) => app().get(`/files/${rest}`, authToken(SECRET, root)),
    ],
  ])('is warned about once without path: %s', async (_what, target, create) => {
    const { check } = await listenWith(create(await import('../../lib/index.js')));
    await check({ target }, { status: 404 });
    await check({ target }, { status: 404 });
    expect(emitWarning.mock.calls).toEqual([
      [
        expect.stringMatching(
          /on a route with parameters.*no path option.*path: \(req\) => req\.params\.name.*app\.use\(/,
        ),
        warningOptions('XSENDFILE_ROUTE_WITHOUT_PATH'),
      ],
    ]);
  });

  it.each<[string, string, number, Create]>([
    [
      'a mount with parameters',
      '/u/5/none.txt',
      404,
      ({ xsendfile }) => app().use('/u/:id', xsendfile(root)),
    ],
    [
      'the same parameter in the path',
      '/u/5/none/5',
      404,
      ({ xsendfile }) => app().use('/u/:id', xsendfile(root)),
    ],
    [
      'a mount behind a route',
      '/u/5/none/5',
      404,
      ({ xsendfile }) =>
        app()
          .get('/u/:id/none/:more', (_req, _res, next) => next())
          .use('/u/:id', xsendfile(root)),
    ],
    [
      'a path',
      '/files/none',
      404,
      ({ xsendfile }) =>
        app().get('/files/:name', xsendfile(root, { path: (req) => req.params.name })),
    ],
    [
      'a route that is all parameters',
      '/none.txt',
      404,
      ({ xsendfile }) => app().get('/:name', xsendfile(root)),
    ],
    [
      'a file that is there',
      '/sub/b.txt',
      200,
      ({ xsendfile }) => app().get('/sub/:name', xsendfile(root)),
    ],
    [
      'another refusal',
      '/files/..',
      403,
      ({ xsendfile }) => app().get('/files/:name', xsendfile(root)),
    ],
    [
      'send()',
      '/files/none',
      404,
      ({ xsendfile }) => {
        const files = xsendfile(root);
        return app().get('/files/:name', (req, res, next) => {
          files.send(req, res, req.params.name).catch(next);
        });
      },
    ],
  ])('is no reason for a warning with %s', async (_what, target, status, create) => {
    const { check } = await listenWith(create(await import('../../lib/index.js')));
    await check({ target }, { status });
    expect(codes()).toEqual([]);
  });
});

it('a route of Koa is warned about, too, unless the prefix is its beginning', async () => {
  const { xsendfile } = await import('../../lib/adapters/koa.js');
  const router = new Router();
  router.get('/right/:name', xsendfile(root, { prefix: '/right' }) as never);
  router.get('/wrong/:name', xsendfile(root) as never);
  const { check } = await listenWith(new Koa().use(router.routes()).callback());
  await check({ target: '/right/a.txt' }, { status: 200 });
  await check({ target: '/right/none' }, { status: 404 });
  expect(codes()).toEqual([]);
  await check({ target: '/wrong/a.txt' }, { status: 404 });
  expect(codes()).toEqual(['XSENDFILE_ROUTE_WITHOUT_PATH']);
});

it('the plugin for Fastify is not warned about if a name in the path is that of its prefix', async () => {
  const { xsendfile } = await import('../../lib/adapters/fastify.js');
  const app = Fastify();
  await app.register(xsendfile(root), { prefix: '/files/:id' });
  for (const url of ['/files/7/files/none', '/files/7/sub/7']) {
    expect((await app.inject({ url })).statusCode).toBe(404);
  }
  await app.close();
  expect(codes()).toEqual([]);
});

describe('an absolute path below the root', () => {
  const absolute = join(root, 'a.txt');

  it.each<[string, (build: Build) => Listener]>([
    [
      'send()',
      ({ xsendfile }) => {
        const files = xsendfile(root);
        return (req, res) => {
          files.send(req, res, absolute).catch(({ status }) => res.writeHead(status).end());
        };
      },
    ],
    ['path', ({ xsendfile }) => xsendfile(root, { path: () => absolute })],
  ])('is 404, and warned about once: %s', async (_what, create) => {
    const { check } = await listenWith(create(await import('../../lib/index.js')));
    const body = (await check({ target: '/' }, { status: 404 })).body.toString();
    await check({ target: '/' }, { status: 404 });
    expect(body).not.toContain(root);
    expect(emitWarning.mock.calls).toEqual([
      [
        expect.stringMatching(
          /absolute path below the root.*path\.relative\(handler\.root, file\)/,
        ),
        warningOptions('XSENDFILE_ABSOLUTE_PATH'),
      ],
    ]);
  });

  it('is no reason for a warning if a client requests it, or the file is there', async () => {
    const { xsendfile } = await import('../../lib/index.js');
    const { check } = await listenWith(xsendfile(root));
    await check({ target: absolute }, { status: 404 });
    const nested = createTree({});
    const deep = createTree({ [join(nested, 'x.txt').slice(1)]: 'deep' });
    const files = xsendfile(deep);
    const below = await listenWith((req, res) => void files.send(req, res, join(nested, 'x.txt')));
    await below.check({ target: '/' }, { status: 200, body: 'deep' });
    expect(codes()).toEqual([]);
  });
});

describe('a call with other arguments', () => {
  const CONTENT = Buffer.from('x');

  type Method = (...args: unknown[]) => Promise<unknown>;
  type Loose = Readonly<Record<'send' | 'sendContent', Method>>;

  it.each<[string, (files: Loose, req: unknown, res: unknown) => Promise<unknown>, string]>([
    [
      'send',
      (files, req, res) => files.send(res, req, 'a.txt'),
      'a response, a request, a string of 5 characters',
    ],
    [
      'send',
      (files, _req, res) => files.send(res, 'a.txt'),
      'a response, a string of 5 characters',
    ],
    ['send', (files, req) => files.send(req, 'a.txt'), 'a request, a string of 5 characters'],
    ['send', (files, req, res) => files.send(req, res), 'a request, a response'],
    [
      'send',
      (files, req, res) => files.send('a.txt', req, res),
      'a string of 5 characters, a request, a response',
    ],
    ['send', (files) => files.send(), 'undefined, undefined'],
    [
      'sendContent',
      (files, req, res) => files.sendContent(res, req, CONTENT),
      'a response, a request, a Buffer of 1 byte',
    ],
    ['sendContent', (files, req, res) => files.sendContent(req, res), 'a request, a response'],
  ])('of %s() is rejected', async (method, call, given) => {
    const { xsendfile } = await import('../../lib/index.js');
    const files = xsendfile(root) as unknown as Loose;
    const errors: unknown[] = [];
    const { check } = await listenWith((req, res) => {
      call(files, req, res).catch((error) => {
        errors.push(error);
        res.writeHead(500).end();
      });
    });
    await check({ target: '/' }, { status: 500 });
    const what = method === 'send' ? 'path' : 'content';
    expect(errors).toMatchObject([
      {
        code: 'ERR_XSENDFILE_BAD_OPTION',
        message: `xsendfile: ${method}(req, res, ${what}) was called with other arguments: ${given}. Give it all of them, in this order.`,
      },
    ]);
  });

  it('of send() for Koa is rejected', async () => {
    const { xsendfile } = await import('../../lib/adapters/koa.js');
    const files = xsendfile(root) as unknown as Loose;
    const errors: unknown[] = [];
    const app = new Koa().use(async (ctx) => {
      await files.send(ctx.req, ctx.res, 'a.txt').catch((error) => errors.push(error));
      await files.send('a.txt').catch((error) => errors.push(error));
      await files.send().catch((error) => errors.push(error));
      await files.send(ctx).catch((error) => errors.push(error));
    });
    await (await listenWith(app.callback())).check({ target: '/' }, { status: 404 });
    const message = 'xsendfile/koa: the first argument must be the context of Koa, got ';
    expect(errors).toMatchObject([
      { code: 'ERR_XSENDFILE_BAD_OPTION', message: `${message}an object.` },
      { message: `${message}a string of 5 characters.` },
      { message: `${message}undefined.` },
      { message: expect.stringContaining('send(req, res, path) was called with other arguments') },
    ]);
  });

  it('of send() for Fastify is rejected', async () => {
    const { xsendfile } = await import('../../lib/adapters/fastify.js');
    const files = xsendfile(root) as unknown as Loose;
    const errors: unknown[] = [];
    const app = Fastify();
    app.get('/', async (request, reply) => {
      await files.send(reply, request, 'a.txt').catch((error) => errors.push(error));
      await files.send(request, 'a.txt').catch((error) => errors.push(error));
      await files.send(request, reply).catch((error) => errors.push(error));
      return 'done';
    });
    expect((await app.inject('/')).body).toBe('done');
    const message =
      'xsendfile/fastify: the first arguments must be the request and the reply of Fastify, got ';
    expect(errors).toMatchObject([
      { code: 'ERR_XSENDFILE_BAD_OPTION', message: `${message}an object, an object.` },
      { message: `${message}an object, a string of 5 characters.` },
      { message: expect.stringContaining('send(req, res, path) was called with other arguments') },
    ]);
  });
});
