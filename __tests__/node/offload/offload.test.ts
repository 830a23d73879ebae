import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Request, Response } from 'express';
import {
  authToken,
  BadOptionError,
  offload,
  type XSendfileHandler,
  xsendfile,
} from '../../../lib/index.js';
import { CREATE_FILE_CALLER } from '../../../lib/node/offload/file-caller.js';
import { listenWith } from '../../helpers/check.js';
import { createTree } from '../../helpers/tree.js';
import { VERSIONS } from './applications.js';

const place = createTree({
  'files/a.txt': 'text',
  'files/sub/b.txt': 'below',
  'files/sub-other/c.txt': 'beside',
  'files/100% ü?#.txt': 'awkward',
  'files/out.txt': { link: '../files-secret/s.txt' },
  'files/in.txt': { link: 'a.txt' },
  'files-secret/s.txt': 'secret',
  alias: { link: 'files' },
});
const root = join(place, 'files');

describe('offload()', () => {
  const handler = xsendfile(root, { sender: 'serve' });
  const links = authToken('0123456789abcdef', root, { sender: 'serve' });

  it.each<[string, unknown[], string]>([
    ['no handler', [], 'offload: handlers are missing, got none. Use offload(xsendfile(…)).'],
    [
      'a path',
      ['/srv/files'],
      'offload: handlers must be made by xsendfile(), got a string of 10 characters. Use offload(xsendfile(…)).',
    ],
    [
      'undefined',
      [handler, undefined],
      'offload: handlers must be made by xsendfile(), got undefined. Use offload(xsendfile(…)).',
    ],
    [
      'null',
      [null],
      'offload: handlers must be made by xsendfile(), got null. Use offload(xsendfile(…)).',
    ],
    [
      'an object with a root',
      [{ root }],
      'offload: handlers must be made by xsendfile(), got an object. Use offload(xsendfile(…)).',
    ],
    [
      'an object that creates callers, without a root',
      [{ [CREATE_FILE_CALLER]: () => () => {} }],
      'offload: handlers must be made by xsendfile(), got an object. Use offload(xsendfile(…)).',
    ],
    [
      'a list',
      [[7]],
      'offload: handlers must be made by xsendfile(), got an array. Use offload(...handlers).',
    ],
    [
      'the factory of handlers',
      [xsendfile],
      'offload: handlers must be made by xsendfile(), got function xsendfile. Use offload(xsendfile(…)).',
    ],
    [
      'a handler for links',
      [links],
      'offload: handlers must be made by xsendfile(), got function authTokenHandler. Use the files of authToken().',
    ],
    [
      'a request, when it was taken for a middleware itself',
      [{ method: 'GET', headers: {} }, {}, () => {}],
      'offload: handlers must be made by xsendfile(), got a request. Call offload(handler) to get a middleware.',
    ],
    [
      'the same root twice',
      [handler, xsendfile(root, { sender: 'nginx' })],
      `offload: two handlers must not have the same root, got ${JSON.stringify(root)} twice. Leave one out.`,
    ],
  ])('throws for %s', (_what, handlers, message) => {
    let error: unknown;
    try {
      offload(...(handlers as XSendfileHandler[]));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BadOptionError);
    expect(error).toMatchObject({ code: 'ERR_XSENDFILE_BAD_OPTION', message });
  });

  it('accepts the handler of authToken()', () => {
    expect(offload(links.files).name).toBe('offloadMiddleware');
  });

  it('does not touch responses without sendFile()', async () => {
    const { check } = await listenWith((req, res) => {
      offload(handler)(req, res, () => res.end(String('sendFile' in res)));
    });
    await check({ target: '/' }, { status: 200, body: 'false' });
  });

  it.each<[string, object, boolean]>([
    ['without an application', {}, true],
    ['of an application without settings', { app: {} }, true],
    ['with the setting on', { app: { enabled: (name: string) => name === 'etag' } }, true],
    ['with the setting off', { app: { enabled: (name: string) => name !== 'etag' } }, false],
  ])('sends an ETag from a response %s: %s', async (_which, properties, hasEtag) => {
    const original = jest.fn();
    const { request } = await listenWith((req, res) => {
      const response = Object.assign(res, { sendFile: original }, properties);
      offload(handler)(req, res, () => response.sendFile(join(root, 'a.txt')));
    });
    const { status, headers } = await request({ target: '/' });
    expect([status, headers.etag !== undefined]).toEqual([200, hasEtag]);
    expect(original).not.toHaveBeenCalled();
  });

  it.each<[string, unknown[]]>([
    ['a wrong policy', [join(root, 'a.txt'), { dotfiles: 'wrong' }]],
    ['a file elsewhere', [join(place, 'files-secret/s.txt')]],
    ['wrong arguments', [7]],
  ])('leaves %s to the method that was there', async (_what, args) => {
    const original = jest.fn(function (this: ServerResponse) {
      this.end('original');
    });
    const { check } = await listenWith((req, res) => {
      const response = Object.assign(res, { sendFile: original });
      offload(handler)(req, res, () =>
        (response.sendFile as (...args: unknown[]) => void).apply(response, args),
      );
    });
    await check({ target: '/' }, { status: 200, body: 'original' });
    expect(original.mock.calls).toEqual([args]);
  });
});

interface Routing {
  readonly what: string;
  /** Below the place, or absolute. */
  readonly path: string;
  /** Of the root of the handler, below the place; undefined if the call is none of their business. */
  readonly by: string | undefined;
  readonly status: number;
  readonly body?: string;
}

const ROUTINGS: readonly Routing[] = [
  { what: 'a file', path: 'files/a.txt', by: 'files', status: 200, body: 'text' },
  { what: 'a longer root', path: 'files/sub/b.txt', by: 'files/sub', status: 200, body: 'below' },
  {
    what: 'a sibling of the longer root',
    path: 'files/sub-other/c.txt',
    by: 'files',
    status: 200,
    body: 'beside',
  },
  {
    what: 'a sibling of the root',
    path: 'files-secret/s.txt',
    by: undefined,
    status: 200,
    body: 'secret',
  },
  {
    what: 'a name as it is',
    path: 'files/100% ü?#.txt',
    by: 'files',
    status: 200,
    body: 'awkward',
  },
  { what: 'dots and slashes', path: 'files/./sub//b.txt', by: 'files/sub', status: 200 },
  {
    what: 'a link that stays inside',
    path: 'files/in.txt',
    by: 'files',
    status: 200,
    body: 'text',
  },
  { what: 'a link to outside', path: 'files/out.txt', by: 'files', status: 404 },
  { what: 'a link to the root', path: 'alias/a.txt', by: undefined, status: 200, body: 'text' },
  { what: 'a missing file', path: 'files/no.txt', by: 'files', status: 404 },
  { what: 'a missing file elsewhere', path: 'no.txt', by: undefined, status: 404 },
  { what: 'the root with a slash', path: 'files/', by: 'files', status: 403 },
  { what: 'a way out', path: 'files/../files-secret/s.txt', by: undefined, status: 403 },
  { what: 'a way in', path: 'files-secret/../files/a.txt', by: undefined, status: 403 },
];

describe.each(VERSIONS)('offload() in $name', ({ create }) => {
  it.each(ROUTINGS)('answers $status for $what', async ({ path, by, status, body }) => {
    const asked: string[] = [];
    const handlerFor = (name: string) =>
      xsendfile(join(place, name), { sender: 'serve', onFinish: () => asked.push(name) });
    const app = create();
    app.set('env', 'test');
    app.use(offload(handlerFor('files'), handlerFor('files/sub')));
    app.get('/', (_req: Request, res: Response) => res.sendFile(`${place}/${path}`));
    const { check } = await listenWith(app);
    const headers = status === 200 ? { 'X-Content-Type-Options': by ? 'nosniff' : null } : {};
    await check({ target: '/' }, { status, headers, ...(body === undefined ? {} : { body }) });
    expect(asked).toEqual(by === undefined ? [] : [by]);
  });

  const NOSNIFF = { 'X-Content-Type-Options': 'nosniff' };
  const handler = xsendfile(root, { sender: 'serve' });
  const sendText = (_req: Request, res: Response): void => res.sendFile(join(root, 'a.txt'));

  it('replaces only sendFile(), and only for one response', async () => {
    const seen: unknown[] = [];
    const app = create();
    const { sendFile } = app.response;
    app.get('/before', sendText);
    app.use((_req: Request, res: Response, next: () => void) => {
      const before = Object.keys(res);
      offload(handler)(_req, res, next);
      seen.push(Object.keys(res).filter((key) => !before.includes(key)));
    });
    app.get('/', sendText);
    const { check } = await listenWith(app);
    await check({ target: '/' }, { status: 200, headers: NOSNIFF, body: 'text' });
    await check(
      { target: '/before' },
      { status: 200, headers: { 'X-Content-Type-Options': null } },
    );
    expect(seen).toEqual([['sendFile']]);
    expect(app.response.sendFile).toBe(sendFile);
  });

  it('reaches nested routers and mounted applications', async () => {
    const inner = create.Router();
    inner.get('/b', sendText);
    const outer = create.Router();
    outer.use('/a', inner);
    const mounted = create();
    mounted.get('/c', sendText);
    const app = create();
    app.use(offload(handler));
    app.use('/router', outer);
    app.use('/app', mounted);
    const { check } = await listenWith(app);
    for (const target of ['/router/a/b', '/app/c']) {
      await check({ target }, { status: 200, headers: NOSNIFF, body: 'text' });
    }
  });

  it('leaves other files to the sendFile() of a mounted application', async () => {
    const mounted = create();
    mounted.response = Object.create(mounted.response, {
      sendFile: {
        value(this: Response, path: string) {
          this.end(`own: ${path}`);
        },
        writable: true,
      },
    });
    mounted.get('/', (req: Request, res: Response) => res.sendFile(String(req.query.path)));
    const app = create();
    app.use(offload(handler));
    app.use('/app', mounted);
    const { check } = await listenWith(app);
    await check({ target: '/app/?path=/x' }, { status: 200, body: 'own: /x' });
    await check({ target: `/app/?path=${root}/a.txt` }, { status: 200, body: 'text' });
  });

  it('may be used again by a router for its own roots', async () => {
    const router = create.Router();
    const secret = xsendfile(join(place, 'files-secret'), { sender: 'serve' });
    router.use(offload(secret));
    router.get('/text', sendText);
    router.get('/secret', (_req: Request, res: Response) => res.sendFile(`${secret.root}/s.txt`));
    router.get('/none', (_req: Request, res: Response) => res.sendFile(`${place}/alias/a.txt`));
    const app = create();
    app.use(offload(handler));
    app.use(router);
    const { check } = await listenWith(app);
    await check({ target: '/text' }, { status: 200, headers: NOSNIFF, body: 'text' });
    await check({ target: '/secret' }, { status: 200, headers: NOSNIFF, body: 'secret' });
    const express = { 'X-Content-Type-Options': null };
    await check({ target: '/none' }, { status: 200, headers: express, body: 'text' });
  });

  it('works in asynchronous routes', async () => {
    const app = create();
    app.use(offload(handler));
    app.get('/:name', async (req: Request, res: Response) => {
      await new Promise(setImmediate);
      res.sendFile(req.params.name as string, { root });
    });
    app.set('env', 'test');
    const { check } = await listenWith(app);
    await check({ target: '/a.txt' }, { status: 200, headers: NOSNIFF, body: 'text' });
    await check({ target: '/no.txt' }, { status: 404, headers: { ETag: null } });
  });

  it('runs the example of its documentation', async () => {
    const app = create();
    app.use(offload(xsendfile(root, { sender: 'serve' })));
    app.get('/report', (_req: Request, res: Response) => res.download(join(root, 'a.txt')));
    const { check } = await listenWith(app);
    const headers = { ...NOSNIFF, 'Content-Disposition': /^attachment; filename="?a\.txt"?$/ };
    await check({ target: '/report' }, { status: 200, headers, body: 'text' });
  });

  it('is not needed for express.static(), which xsendfile() with fallthrough replaces', async () => {
    const app = create();
    app.use(xsendfile(root, { sender: 'serve', fallthrough: true }));
    app.use((_req: Request, res: Response) => res.send('next'));
    const { check } = await listenWith(app);
    await check({ target: '/sub/b.txt' }, { status: 200, body: 'below' });
    for (const target of ['/', '/sub', '/no.txt', '/..%2fx']) {
      await check({ target }, { status: 200, body: 'next' });
    }
    await check({ method: 'POST', target: '/a.txt' }, { status: 200, body: 'next' });
  });
});
