import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import mount from 'koa-mount';
import request from 'supertest';
import {
  authToken,
  contextOf,
  type KoaXSendfileOptions,
  xsendfile,
} from '../../lib/adapters/koa.js';
import { BadOptionError, BadRootError, type Outcome } from '../../lib/index.js';
import { type Fixture, listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';

const HANDSHAKE = '0123456789abcdef0123456789abcdef';
const SECRET = 'fedcba9876543210fedcba9876543210';

const root = createTree({
  'report.txt': 'the report',
  '404.html': 'not here',
  'acme/plan.txt': 'the plan of acme',
});

/** Errors that reached the application. */
const errors: unknown[] = [];
beforeEach(() => errors.splice(0));

function createApp(...middleware: Koa.Middleware[]): Koa {
  const app = new Koa();
  app.on('error', (error) => errors.push(error));
  for (const each of middleware) app.use(each);
  return app;
}

function listenTo(app: Koa): Promise<Fixture> {
  return listenWith(app.callback());
}

function withFiles(options: KoaXSendfileOptions = {}): Promise<Fixture> {
  return listenTo(createApp(xsendfile(root, options)));
}

const REPORT = { target: '/report.txt' };
const GONE = { target: '/gone.txt' };

describe('xsendfile() for Koa', () => {
  it('resolves when the exchange is over', async () => {
    const events: string[] = [];
    const app = createApp();
    app.use(async (ctx, next) => {
      ctx.res.on('finish', () => events.push('finish'));
      await next();
      events.push(`resumed ${ctx.status} ${ctx.url}`);
    });
    app.use(xsendfile(root, { prefix: '/files', onFinish: ({ kind }) => events.push(kind) }));
    const { check } = await listenTo(app);
    await check({ target: '/files/report.txt?x=1' }, { status: 200, body: 'the report' });
    await eventually(() => events.length === 3);
    expect(events.sort()).toEqual(['finish', 'resumed 200 /files/report.txt?x=1', 'sent']);
  });

  it('honours conditions and ranges although Koa presets 404', async () => {
    const { check } = await withFiles();
    const { headers } = await check(REPORT, { status: 200 });
    const range = { ...REPORT, headers: { Range: 'bytes=4-' } };
    await check(range, { status: 206, body: 'report' });
    const conditional = { ...REPORT, headers: { 'If-None-Match': headers.etag ?? '' } };
    await check(conditional, { status: 304, body: '' });
    await check({ ...REPORT, headers: { Range: 'bytes=99-' } }, { status: 416 });
    await check({ ...REPORT, headers: { 'If-Match': '"other"' } }, { status: 412 });
    expect(errors).toEqual([]);
  });

  it('offloads to a front end', async () => {
    const { check } = await withFiles({ sender: 'nginx', handshake: HANDSHAKE });
    const headers = { 'X-Sendfile-Handshake': HANDSHAKE };
    const offloaded = { 'X-Accel-Redirect': '/-internal-/report.txt' };
    await check({ ...REPORT, headers }, { status: 200, headers: offloaded, body: '' });
    await check({ ...GONE, headers }, { status: 404 });
  });

  it('keeps a status that the application has set, 404 included', async () => {
    const app = createApp();
    const files = xsendfile(root);
    app.use(async (ctx) => {
      ctx.status = Number(ctx.query.status);
      await files.send(ctx, '404.html');
    });
    for (const status of [404, 403]) {
      await request(app.callback()).get('/').query({ status }).expect(status, 'not here');
    }
  });

  it('throws refusals, which Koa answers and emits', async () => {
    const caught: unknown[] = [];
    const app = createApp();
    app.use(cors({ origin: 'https://site.example' }));
    app.use(async (ctx, next) => {
      ctx.set('Content-Disposition', 'attachment');
      await next().catch((error: unknown) => {
        caught.push(error);
        throw error;
      });
    });
    app.use(xsendfile(root));
    const { check } = await listenTo(app);
    const { body } = await check(
      { ...GONE, headers: { Origin: 'https://site.example' } },
      {
        status: 404,
        headers: {
          'Cache-Control': 'no-store',
          'X-Content-Type-Options': 'nosniff',
          'Content-Disposition': null,
          'Access-Control-Allow-Origin': 'https://site.example',
        },
      },
    );
    expect(String(body)).not.toContain(root);
    expect(caught).toMatchObject([{ status: 404, expose: true, code: 'ERR_XSENDFILE_NOT_FOUND' }]);
    expect(errors).toEqual(caught);
    await check({ target: '/../x' }, { status: 403 });
    await check({ target: '/%' }, { status: 400 });
    await check({ ...REPORT, method: 'POST' }, { status: 405, headers: { Allow: 'GET, HEAD' } });
  });

  it('gives errors of options to Koa, which answers 500', async () => {
    const problem = new Error('database is gone');
    const { check } = await withFiles({
      allow: () => {
        throw problem;
      },
    });
    await check(REPORT, { status: 500, body: 'Internal Server Error' });
    expect(errors).toEqual([problem]);
  });

  it('passes refusals on with fallthrough, and with them the status of Koa', async () => {
    const app = createApp(xsendfile(root, { prefix: '/files', fallthrough: true }));
    app.use((ctx) => {
      ctx.set('X-Seen', `${ctx.status} ${ctx.url}`);
    });
    await request(app.callback())
      .get('/files/gone.txt')
      .expect(404, 'Not Found')
      .expect('X-Seen', '404 /files/gone.txt');
    expect(errors).toEqual([]);
  });

  it('waits for the answer of onRefused', async () => {
    const { check } = await withFiles({
      onRefused(error, { res, next }) {
        if (error.status === 403) next(new Error('teapot'));
        else setImmediate(() => res.writeHead(418).end('teapot'));
      },
    });
    await check(GONE, { status: 418, body: 'teapot' });
    await check({ target: '/../x' }, { status: 500 });
  });

  it('serves below a prefix, and passes other requests on', async () => {
    const app = createApp(xsendfile(root, { prefix: '/my%20files/' }));
    app.use((ctx) => {
      ctx.body = 'other';
    });
    const { check } = await listenTo(app);
    await check({ target: '/my%20files/report.txt' }, { status: 200, body: 'the report' });
    await check({ target: '/my%20files/acme/plan.txt?x' }, { status: 200 });
    await check({ target: '/my%20files' }, { status: 403 });
    for (const target of ['/', '/my%20filesx/report.txt', '/%6dy%20files/report.txt', '/x']) {
      await check({ target }, { status: 200, body: 'other' });
    }
  });

  it('serves with koa-mount, and refuses other spellings of the mount path', async () => {
    const app = createApp();
    app.use(async (ctx, next) => {
      await next();
      ctx.state.url = ctx.url;
    });
    app.use(mount('/files', xsendfile(root, { prefix: '/acme' })));
    const { check } = await listenTo(app);
    await check({ target: '/files/acme/report.txt' }, { status: 200 });
    await check({ target: '/files//acme/report.txt' }, { status: 404 });
  });

  it('serves on a route, with its parameters', async () => {
    const router = new Router();
    const path = (req: { params: { tenant: string; name: string } }): string[] => [
      req.params.tenant,
      req.params.name,
    ];
    router.get('/:tenant/documents/:name', xsendfile(root, { path }));
    const { check } = await listenTo(createApp(router.routes() as Koa.Middleware));
    await check({ target: '/acme/documents/plan.txt' }, { status: 200, body: 'the plan of acme' });
    await check({ target: '/%61cme/documents/plan.txt' }, { status: 404 });
    await check({ target: '/acme/documents/..%2freport.txt' }, { status: 403 });
  });

  it('shows options the context of a request', async () => {
    const app = createApp();
    app.use((ctx, next) => {
      ctx.state.tenant = ctx.get('X-Tenant');
      return next();
    });
    app.use(xsendfile(root, { within: (req) => contextOf<Koa.Context>(req).state.tenant }));
    const plan = () => request(app.callback()).get('/acme/plan.txt');
    await plan().set('X-Tenant', 'acme').expect(200);
    await plan().set('X-Tenant', 'other').expect(404);
    expect(() => contextOf({} as never)).toThrow(TypeError);
  });

  it('sends content, and reports its outcome', async () => {
    const outcomes: Outcome[] = [];
    const files = xsendfile(root);
    const app = createApp(async (ctx) => {
      outcomes.push(await files.sendContent(ctx, { name: 'a.csv', ...CONTENT }));
    });
    await request(app.callback()).get('/').expect(200, 'a,b');
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: 3, path: 'a.csv' }]);
  });

  it('lets the other middleware resume when the client disconnects', async () => {
    let release = (): void => {};
    const asked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const outcomes: Outcome[] = [];
    const resumed: number[] = [];
    const app = createApp();
    app.use(async (_ctx, next) => {
      await next();
      resumed.push(1);
    });
    app.use(
      xsendfile(root, {
        onFinish: (outcome) => outcomes.push(outcome),
        allow: () => {
          release();
          return new Promise(() => {});
        },
      }),
    );
    const { port } = await listenTo(app);
    const connection = await Connection.open(port);
    connection.send(REPORT);
    await asked;
    connection.destroy();
    await eventually(() => resumed.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted' }]);
    expect(resumed).toEqual([1]);
  });

  it('works with HTTP/2', async () => {
    const server = createHttp2Server(createApp(xsendfile(root)).callback());
    await once(server.listen(0), 'listening');
    const session = connectHttp2(`http://localhost:${(server.address() as AddressInfo).port}`);
    const statuses: unknown[] = [];
    for (const path of [REPORT.target, GONE.target]) {
      const stream = session.request({ ':path': path });
      const [headers] = await once(stream, 'response');
      statuses.push(headers[':status']);
      stream.resume();
      await once(stream, 'close');
    }
    session.close();
    server.close();
    expect(statuses).toEqual([200, 404]);
  });

  it('refuses wrong arguments in the factory', () => {
    expect(() => xsendfile('files')).toThrow(BadRootError);
    for (const prefix of ['files', '//files', '/a b', '/a/../b', '/a?b', 42, null]) {
      expect(() => xsendfile(root, { prefix } as never)).toThrow(
        /^xsendfile: prefix must be a percent-encoded URL path such as "\/files", got /,
      );
    }
    for (const options of [{ prefx: '/' }, { onFinish: 42 }, { onRefused: 42 }, { prefix: '/%' }]) {
      expect(() => xsendfile(root, options as never)).toThrow(BadOptionError);
    }
    for (const create of [xsendfile, authToken.bind(undefined, SECRET)]) {
      expect(() => create(root, { prefx: '/' } as never)).toThrow('Did you mean "prefix"?');
    }
  });
});

const CONTENT = { size: 3, read: (start: number) => toChunks('a,b'.slice(start)) };

async function* toChunks(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

describe('authToken() for Koa', () => {
  const links = authToken(SECRET, root, { prefix: '/links' });

  it('sends files to clients with a link, and unprotected files on routes', async () => {
    const app = createApp(links);
    app.use((ctx) => links.files.send(ctx, 'report.txt').then(() => {}));
    const { check } = await listenTo(app);
    await check({ target: `/links${links.signer.sign('report.txt')}` }, { status: 200 });
    await check({ target: '/links/report.txt' }, { status: 404 });
    expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_TOKEN_MALFORMED' }]);
    await check({ target: '/other' }, { status: 200, body: 'the report' });
  });

  it('takes the address of the client from Koa', async () => {
    const target = `/links${links.signer.sign('report.txt', { ip: '192.0.2.7' })}`;
    const spoofed = { target, headers: { 'X-Forwarded-For': '192.0.2.7' } };
    const direct = await listenTo(createApp(links));
    await direct.check(spoofed, { status: 404 });
    expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED' }]);
    const app = createApp(links);
    app.proxy = true;
    const proxied = await listenTo(app);
    await proxied.check(spoofed, { status: 200 });
  });
});
