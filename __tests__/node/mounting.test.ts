import type { IncomingMessage } from 'node:http';
import express from 'express';
import express4 from 'express4';
import request from 'supertest';
import {
  nginxSender,
  type RefusedError,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { FRAMEWORKS } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({
  'a.txt': 'text',
  'sub/b c.txt': 'below',
  '100%.txt': 'percent',
  'p%20q.txt': 'literally',
});
const OPTIONS: XSendfileOptions = { sender: 'serve' };
const EXPRESS = [
  { name: 'Express 5', create: express, wildcard: '/files/*path' },
  { name: 'Express 4', create: express4, wildcard: '/files/*' },
];

describe.each(FRAMEWORKS)('xsendfile(root) in $name', ({ create }) => {
  it.each<[string, number, string]>([
    ['/files/a.txt', 200, 'text'],
    ['/files/sub/b%20c.txt?download=1', 200, 'below'],
    ['/files/100%25.txt', 200, 'percent'],
    ['/files/p%2520q.txt', 200, 'literally'],
    ['/files/p%20q.txt', 404, 'Not Found\n'],
    ['/files/no.txt', 404, 'Not Found\n'],
    ['/files', 403, 'Forbidden\n'],
    ['/files/', 403, 'Forbidden\n'],
    ['/files//a.txt', 404, 'Not Found\n'],
    ['/files/%zz', 400, 'Bad Request\n'],
  ])('answers %s with %d when mounted at /files', async (target, status, body) => {
    const { check } = await listenWith(create('/files', xsendfile(root, OPTIONS)));
    await check({ target }, { status, body });
  });

  it('serves when mounted at the top', async () => {
    await request(create('', xsendfile(root, OPTIONS)))
      .get('/a.txt')
      .expect(200, 'text');
  });

  it('serves nothing behind a middleware that denies access', async () => {
    const app = create(
      '/files',
      (req, res, next) => {
        if (req.headers.authorization === 'yes') next();
        else res.writeHead(401).end('who are you?');
      },
      xsendfile(root, OPTIONS),
    );
    await request(app).get('/files/a.txt').expect(401, 'who are you?');
    await request(app).get('/files/a.txt').set('Authorization', 'yes').expect(200, 'text');
  });

  it('answers refusals itself, and shows nothing of the file system', async () => {
    const fixture = await listenWith(create('/files', xsendfile(root, OPTIONS)));
    for (const target of ['/files/no.txt', '/files/sub', '/files/../x', '/files/%00']) {
      const { headers, raw } = await fixture.request({ target });
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
      expect(raw.includes(root)).toBe(false);
    }
  });

  it('answers another method with 405 and keeps the connection', async () => {
    const { check } = await listenWith(create('/files', xsendfile(root, OPTIONS)));
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const expected = {
        status: 405,
        headers: { Allow: 'GET, HEAD' },
        body: 'Method Not Allowed\n',
      };
      await check({ method, target: '/files/a.txt', headers: { 'Content-Length': '0' } }, expected);
    }
  });

  it('leaves refusals to the next middleware with fallthrough, and sets no headers', async () => {
    const seen: unknown[] = [];
    const { check } = await listenWith(
      create('/files', xsendfile(root, { ...OPTIONS, fallthrough: true }), (_req, res) => {
        seen.push(res.getHeaderNames().filter((name) => name !== 'x-powered-by'));
        res.end('next');
      }),
    );
    // On bare http the fixture gives `next` to all but the last.
    const targets = ['/files/no.txt', '/files/..%2fx', '/files/%zz', '/files/sub'];
    for (const target of targets) await check({ target }, { status: 200, body: 'next' });
    await check({ method: 'DELETE', target: '/files/a.txt' }, { status: 200, body: 'next' });
    expect(seen).toEqual([[], [], [], [], []]);
  });

  it('lets the application answer with onRefused', async () => {
    const onRefused: XSendfileOptions['onRefused'] = (error, { res }) => {
      res.writeHead(error.status, { 'X-Code': error.code });
      res.end('sorry');
    };
    await request(create('/files', xsendfile(root, { ...OPTIONS, onRefused })))
      .get('/files/no.txt')
      .expect(404, 'sorry')
      .expect('X-Code', 'ERR_XSENDFILE_NOT_FOUND');
  });

  it('passes errors of its hooks to the error handlers, with a clean response', async () => {
    const boom = (): never => {
      throw new Error('boom');
    };
    const hooks: XSendfileOptions[] = [
      { setHeaders: boom },
      { disposition: boom },
      { contentType: boom },
      { cacheControl: boom },
      { etag: boom },
      { path: boom },
      { onRefused: boom, path: () => 'no.txt' },
      { onRefused: async () => boom(), path: () => 'no.txt' },
    ];
    for (const hook of hooks) {
      const app = create('/files', xsendfile(root, { ...OPTIONS, ...hook }));
      const { headers } = await request(app).get('/files/a.txt').expect(500);
      expect(headers.etag).toBeUndefined();
      expect(headers['last-modified']).toBeUndefined();
    }
  });
});

describe.each(EXPRESS)('xsendfile(root) on a route of $name', ({ create, wildcard }) => {
  it('reads the path from a parameter, decoded once', async () => {
    const app = create();
    const handler = xsendfile(root, { ...OPTIONS, path: (req) => req.params.name });
    app.get('/files/:name', handler);
    const { check } = await listenWith(app);
    await check({ target: '/files/a.txt' }, { status: 200, body: 'text' });
    await check({ method: 'HEAD', target: '/files/a.txt' }, { status: 200, body: '' });
    await check({ target: '/files/100%25.txt' }, { status: 200, body: 'percent' });
    await check({ target: '/files/p%2520q.txt' }, { status: 200, body: 'literally' });
    await check({ target: '/files/..' }, { status: 403 });
    await check({ target: '/files/..%2f..%2fetc%2fpasswd' }, { status: 403 });
    await check({ target: '/files/%00' }, { status: 400 });
    await check({ target: '/files/no' }, { status: 404 });
  });

  it('reads the path from a wildcard', async () => {
    const app = create();
    const path = (req: IncomingMessage & { params: Record<string, never> }) =>
      req.params.path ?? req.params['0'];
    app.get(wildcard, xsendfile(root, { ...OPTIONS, path }));
    const { check } = await listenWith(app);
    await check({ target: '/files/sub/b%20c.txt' }, { status: 200, body: 'below' });
    await check({ target: '/files/sub/../a.txt' }, { status: 403 });
    await check({ target: '/files/sub/no.txt' }, { status: 404 });
  });

  it('rejects other spellings behind a guard in front of a wildcard', async () => {
    const app = create();
    app.use('/files/sub', (_req, res) => void res.status(401).end());
    const path = (req: { params: Record<string, never> }) => req.params.path ?? req.params['0'];
    app.get(wildcard, xsendfile(root, { ...OPTIONS, path }));
    const fixture = await listenWith(app);
    await fixture.check({ target: '/files/a.txt?x=//%61' }, { status: 200, body: 'text' });
    for (const spelling of ['/files/sub/b%20c.txt', '/files/SUB/b%20c.txt']) {
      await fixture.check({ target: spelling }, { status: 401 });
    }
    for (const spelling of [
      's%75b/',
      '%73ub/',
      '/sub/',
      './sub/',
      'sub%2F',
      'sub%2f',
      'x/../sub/',
    ]) {
      const { status, body } = await fixture.request({ target: `/files/${spelling}b%20c.txt` });
      expect([spelling, status >= 400, body.includes('below')]).toEqual([spelling, true, false]);
    }
  });

  it('rejects a query parameter that is not a string', async () => {
    const app = create();
    app.get(
      '/download',
      xsendfile(root, {
        ...OPTIONS,
        path: (req) => (req as unknown as express.Request).query.file as string,
      }),
    );
    await request(app).get('/download?file=a.txt').expect(200, 'text');
    await request(app).get('/download').expect(404);
    await request(app).get('/download?file=').expect(403);
    await request(app).get('/download?file=..&file=..&file=x').expect(403);
    const nested = create()
      .set('query parser', 'extended')
      .get(
        '/',
        xsendfile(root, {
          ...OPTIONS,
          path: (req) => (req as unknown as express.Request).query.file as string,
        }),
      );
    await request(nested).get('/?file[x]=a.txt').expect(400);
  });

  it('keeps to the mount path in nested routers', async () => {
    const inner = create.Router();
    const sender = nginxSender({ prependMount: true });
    inner.use('/deep', xsendfile(root, { sender, handshake: false }));
    const outer = create.Router();
    outer.use('/in', inner);
    const app = create();
    app.use('/top', outer);
    await request(app)
      .get('/top/in/deep/a.txt')
      .expect(200)
      .expect('X-Accel-Redirect', '/top/in/deep/-internal-/a.txt');
  });

  it('encodes the mount path again, whatever the spelling of the client', async () => {
    const app = create();
    const sender = nginxSender({ prependMount: true });
    app.use('/:user/files', xsendfile(root, { sender, handshake: false }));
    const { check } = await listenWith(app);
    await check(
      { target: '/j%C3%B6rg%3F/files/a.txt' },
      {
        status: 200,
        headers: { 'X-Accel-Redirect': '/j%C3%B6rg%3F/files/-internal-/a.txt' },
      },
    );
    const absent = { 'X-Accel-Redirect': null, ETag: null };
    await check({ target: '/%2e%2e/files/a.txt' }, { status: 403, headers: absent });
    await check({ target: '/a%2Fb/files/a.txt' }, { status: 404, headers: absent });
    await check({ target: '/%0D%0A/files/a.txt' }, { status: 400, headers: absent });
  });

  it('shows the error page of the application after next(error)', async () => {
    const app = create();
    app.use('/files', xsendfile(root, { ...OPTIONS, onRefused: (error, { next }) => next(error) }));
    const show: express.ErrorRequestHandler = (error: RefusedError, _req, res, _next) => {
      res.status(error.status).send(`own page for ${error.code}`);
    };
    app.use(show);
    await request(app).get('/files/no').expect(404, 'own page for ERR_XSENDFILE_NOT_FOUND');
  });
});

describe.each(EXPRESS)('handler.send() in a route of $name', ({ create }) => {
  const handler = xsendfile(root, OPTIONS);

  it('sends the file that the route chose', async () => {
    const outcomes: unknown[] = [];
    const app = create();
    app.get('/documents/:id', (req, res, next) => {
      const overrides = { contentDisposition: { filename: 'Q3 é.txt' }, contentType: 'text/x-own' };
      handler
        .send(req, res, ['sub', 'b c.txt'], overrides)
        .then((outcome) => outcomes.push(outcome), next);
    });
    await request(app)
      .get('/documents/7')
      .expect(200, 'below')
      .expect(
        'Content-Disposition',
        `attachment; filename="Q3 _.txt"; filename*=UTF-8''Q3%20%C3%A9.txt`,
      )
      .expect('Content-Type', 'text/x-own');
    expect(outcomes).toMatchObject([{ kind: 'sent', path: 'sub/b c.txt', bytes: 5, status: 200 }]);
  });

  it('rejects with a typed error and has written nothing', async () => {
    const app = create();
    app.get('/documents/:id', (req, res, next) => {
      handler.send(req, res, req.params.id ?? '').catch((error: RefusedError) => {
        if (error.status !== 404) return next(error);
        res.status(404).send(`nothing yet: ${res.headersSent} ${error.code}`);
      });
    });
    await request(app)
      .get('/documents/no')
      .expect(404, 'nothing yet: false ERR_XSENDFILE_NOT_FOUND');
  });

  it('rejects an unknown override', async () => {
    const app = create();
    app.get('/', (req, res) => {
      handler
        .send(req, res, 'a.txt', { filename: 'x' } as object)
        .catch((error: Error) => res.send(error.message));
    });
    await request(app)
      .get('/')
      .expect(200, /send\(\): unknown option "filename"/);
  });

  it('rejects when a response was already sent, and does not touch it', async () => {
    const errors: unknown[] = [];
    const app = create();
    app.get('/', (req, res) => {
      res.send('done');
      handler.send(req, res, 'a.txt').catch((error) => errors.push(error));
    });
    await request(app).get('/').expect(200, 'done');
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_XSENDFILE_HEADERS_SENT' })]);
  });
});

it('forwards the rejection of send() in an async route of Express 5', async () => {
  const handler = xsendfile(root, OPTIONS);
  const app = express();
  app.get('/:id', async (req, res) => {
    await handler.send(req, res, req.params.id);
  });
  app.set('env', 'test');
  await request(app).get('/a.txt').expect(200, 'text');
  await request(app).get('/no').expect(404);
});
