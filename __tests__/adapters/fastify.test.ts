import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { authToken, requestOf, xsendfile } from '../../lib/adapters/fastify.js';
import { BadOptionError, BadRootError, type Outcome } from '../../lib/index.js';
import { expectResponse } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { createSparse, LARGE } from '../pipeline/transfer/sparse.js';

const SECRET = 'fedcba9876543210fedcba9876543210';
const HANDSHAKE = '0123456789abcdef0123456789abcdef';

const root = createTree({
  'report.txt': 'the report',
  '404.html': 'not here',
  'acme/plan.txt': 'the plan of acme',
});
createSparse(root, 'large.bin', LARGE);

const apps: FastifyInstance[] = [];
afterAll(() => Promise.all(apps.map((app) => app.close())));

function createApp(options = {}): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, ...options });
  apps.push(app);
  return app;
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

describe('xsendfile() for Fastify', () => {
  it('serves below a prefix, also for inject()', async () => {
    const app = createApp();
    await app.register(xsendfile(root), { prefix: '/files' });
    const port = await listen(app);
    const target = '/files/report.txt';
    const range = { Range: 'bytes=4-' };
    const injected = await app.inject({ url: target });
    expect([injected.statusCode, injected.body]).toEqual([200, 'the report']);
    const part = await app.inject({ url: target, headers: range });
    expect([part.statusCode, part.body]).toEqual([206, 'report']);
    const head = await app.inject({ url: target, method: 'HEAD' });
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '10', '']);
    expectResponse(await rawRequest(port, { target }), { status: 200, body: 'the report' });
    const large = await app.inject({ url: '/files/large.bin' });
    expect(large.rawPayload.length).toBe(LARGE);
    const other = await app.inject({ url: target, method: 'POST' });
    expect(other.statusCode).toBe(404);
  });

  it('gives 404 to the not-found handler, and other refusals to the error handler', async () => {
    const app = createApp();
    await app.register(xsendfile(root, { dotfiles: 'deny' }), { prefix: '/files' });
    const answer = async (url: string): Promise<unknown[]> => {
      const { statusCode, headers, json } = await app.inject({ url });
      return [statusCode, json().message, json().code, headers['cache-control']];
    };
    app.get('/gone', (_request, reply) => reply.header('ETag', '"x"').sendFile('gone.txt'));
    for (const url of ['/files/gone.txt', '/gone']) {
      const message = `Route GET:${url} not found`;
      expect(await answer(url)).toEqual([404, message, undefined, 'no-store']);
    }
    expect(await answer('/files/.env')).toEqual([
      403,
      'Forbidden',
      'ERR_XSENDFILE_DOTFILE_DENIED',
      'no-store',
    ]);
  });

  it('gives errors of options to the error handler', async () => {
    const app = createApp();
    const seen: unknown[] = [];
    app.setErrorHandler((error, _request, reply) => {
      seen.push(error);
      return reply.code(500).send('ours');
    });
    const problem = new Error('database is gone');
    const allow = (): never => {
      throw problem;
    };
    await app.register(xsendfile(root, { allow }), { prefix: '/files' });
    const { statusCode, body } = await app.inject({ url: '/files/report.txt' });
    expect([statusCode, body, seen]).toEqual([500, 'ours', [problem]]);
  });

  it('passes everything that fallthrough names to the not-found handler', async () => {
    const app = createApp();
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('ours'));
    await app.register(xsendfile(root, { fallthrough: true }), { prefix: '/files' });
    for (const name of ['gone.txt', '..%2fx', '%00']) {
      const { statusCode, body } = await app.inject({ url: `/files/${name}` });
      expect([statusCode, body]).toEqual([404, 'ours']);
    }
  });

  it('sends the headers of the reply with a file, and no others of it with an error', async () => {
    const app = createApp();
    await app.register(xsendfile(root));
    app.get<{ Params: { name: string } }>('/send/:name', (request, reply) => {
      reply.header('X-Number', 7).header('Set-Cookie', ['a=1', 'b=2']).type('text/x-report');
      return reply.download(request.params.name, 'Your report.txt');
    });
    app.setNotFoundHandler((_request, reply) => {
      reply.removeHeader('X-Number');
      return reply.code(404).send({ ours: true });
    });
    const sent = await app.inject({ url: '/send/report.txt' });
    expect(sent.headers).toMatchObject({
      'content-type': expect.stringContaining('text/x-report'),
      'content-disposition': 'attachment; filename="Your report.txt"',
      'set-cookie': ['a=1', 'b=2'],
      'x-number': expect.anything(),
    });
    const { statusCode, headers } = await app.inject({ url: '/send/gone.txt' });
    expect(statusCode).toBe(404);
    expect(headers).not.toHaveProperty('x-number');
    expect(headers).not.toHaveProperty('content-disposition');
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('runs onRequest and onResponse hooks, and onSend only for errors', async () => {
    const events: string[] = [];
    const app = createApp();
    for (const name of ['onRequest', 'preHandler'] as const) {
      app.addHook(name, async () => void events.push(name));
    }
    app.addHook('onSend', async () => void events.push('onSend'));
    app.addHook('onResponse', async (request, reply) => {
      events.push(`onResponse ${request.url} ${reply.statusCode}`);
    });
    await app.register(xsendfile(root), { prefix: '/files' });
    const hooks = ['onRequest', 'preHandler'];
    await app.inject({ url: '/files/report.txt' });
    expect(events.splice(0)).toEqual([...hooks, 'onResponse /files/report.txt 200']);
    await app.inject({ url: '/files/%00' });
    expect(events.splice(0)).toEqual([...hooks, 'onSend', 'onResponse /files/%00 400']);
  });

  it('is protected by hooks of the scope that it is registered in', async () => {
    const app = createApp();
    app.get('/open', (_request, reply) => reply.send('open'));
    app.register(async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        if (request.headers.authorization === undefined) await reply.code(401).send();
      });
      await scope.register(xsendfile(root), { prefix: '/files' });
      scope.get('/report', (_request, reply) => reply.sendFile('report.txt'));
    });
    const headers = { authorization: 'yes' };
    for (const url of ['/files/report.txt', '/report']) {
      expect((await app.inject({ url })).statusCode).toBe(401);
      expect((await app.inject({ url, headers })).statusCode).toBe(200);
    }
    expect((await app.inject({ url: '/open' })).statusCode).toBe(200);
  });

  it('serves below a prefix with parameters, and shows options the request', async () => {
    const app = createApp();
    app.register(
      async (scope) => {
        const within = (req: Parameters<typeof requestOf>[0]): string =>
          (requestOf(req).params as { tenant: string }).tenant;
        const path = (req: { params: Record<string, string> }): string =>
          `${req.params.tenant}/${req.params['*']}`;
        await scope.register(xsendfile(root, { within, path }), { prefix: '/files' });
      },
      { prefix: '/of/:tenant' },
    );
    const answer = async (url: string): Promise<unknown[]> => {
      const { statusCode, body } = await app.inject({ url });
      return [statusCode, statusCode === 200 && body];
    };
    expect(await answer('/of/acme/files/plan.txt')).toEqual([200, 'the plan of acme']);
    expect(await answer('/of/other/files/plan.txt')).toEqual([404, false]);
    expect(await answer('/of/%61cme/files/plan.txt')).toEqual([404, false]);
    expect(() => requestOf({} as never)).toThrow(TypeError);
  });

  it('offloads to a front end', async () => {
    const app = createApp();
    const files = xsendfile(root, { sender: 'nginx', handshake: HANDSHAKE });
    await app.register(files, { prefix: '/files' });
    const headers = { 'X-Sendfile-Handshake': HANDSHAKE };
    const response = await app.inject({ url: '/files/report.txt', headers });
    expect(response.headers['x-accel-redirect']).toBe('/-internal-/report.txt');
    expect(response.body).toBe('');
  });

  it('works in handlers of all kinds, with a status of the application', async () => {
    const app = createApp();
    const files = xsendfile(root);
    const outcomes: Outcome[] = [];
    await app.register(files, { serve: false });
    app.get('/callback', (_request, reply) => {
      reply.sendFile('report.txt');
    });
    app.get('/async', async (_request, reply) => reply.sendFile('report.txt'));
    app.get('/awaited', async (_request, reply) => {
      await reply.sendFile('report.txt');
    });
    app.get('/outcome', async (request, reply) => {
      outcomes.push(await files.send(request, reply, 'report.txt'));
    });
    app.get('/returned', (request, reply) => files.send(request, reply, 'report.txt'));
    app.get('/page', (_request, reply) => reply.code(404).sendFile('404.html'));
    app.get('/content', (request, reply) =>
      files.sendContent(request, reply, Buffer.from('the report')),
    );
    for (const url of ['/callback', '/async', '/awaited', '/outcome', '/returned', '/content']) {
      const { statusCode, body } = await app.inject({ url });
      expect([url, statusCode, body]).toEqual([url, 200, 'the report']);
    }
    expect(outcomes).toMatchObject([{ status: 200, bytes: 10, path: 'report.txt' }]);
    const page = await app.inject({ url: '/page' });
    expect([page.statusCode, page.body]).toEqual([404, 'not here']);
  });

  it('stands beside a second handler', async () => {
    const app = createApp();
    await app.register(xsendfile(root), { prefix: '/one' });
    await app.register(xsendfile(root), { prefix: '/two', decorateReply: false });
    for (const name of ['one', 'two']) {
      const { statusCode, body } = await app.inject({ url: `/${name}/report.txt` });
      expect([statusCode, body]).toEqual([200, 'the report']);
    }
  });

  it('answers a second call for one request without an effect', async () => {
    const app = createApp();
    await app.register(xsendfile(root), { serve: false });
    app.get('/', async (_request, reply) => {
      await reply.sendFile('report.txt');
      await reply.sendFile('404.html');
    });
    const { statusCode, body } = await app.inject({ url: '/' });
    expect([statusCode, body]).toEqual([200, 'the report']);
  });

  it('runs onRequestAbort when the client disconnects', async () => {
    const kinds: string[] = [];
    const app = createApp();
    app.addHook('onRequestAbort', async (_request) => void kinds.push('onRequestAbort'));
    const onFinish = ({ kind }: Outcome): void => void kinds.push(kind);
    await app.register(xsendfile(root, { onFinish }), { prefix: '/files' });
    const connection = await Connection.open(await listen(app));
    connection.send({ target: '/files/large.bin' });
    await connection.receive(100_000);
    connection.destroy();
    await eventually(() => kinds.length === 2);
    expect(kinds.sort()).toEqual(['aborted', 'onRequestAbort']);
  });

  it('works with HTTP/2', async () => {
    const app = Fastify({ http2: true }) as unknown as FastifyInstance;
    apps.push(app);
    await app.register(xsendfile(root), { prefix: '/files' });
    const session = connectHttp2(`http://localhost:${await listen(app)}`);
    const statuses: unknown[] = [];
    for (const path of ['/files/report.txt', '/files/gone.txt']) {
      const stream = session.request({ ':path': path });
      const [headers] = await once(stream, 'response');
      statuses.push(headers[':status']);
      stream.resume();
      await once(stream, 'close');
    }
    session.close();
    expect(statuses).toEqual([200, 404]);
  });

  it('refuses wrong arguments', async () => {
    expect(() => xsendfile('files')).toThrow(BadRootError);
    expect(() => xsendfile(root, { prefix: '/files' } as never)).toThrow(BadOptionError);
    for (const options of [{ prefix: 'files' }, { prefix: '/a/../b' }, { prefx: '/files' }]) {
      const app = createApp();
      const registered = app.register(xsendfile(root), options as never);
      await expect((async () => registered)()).rejects.toThrow(BadOptionError);
    }
  });
});

describe('authToken() for Fastify', () => {
  const links = authToken(SECRET, root);

  it('sends files to clients with a link, and unprotected files on routes', async () => {
    const app = createApp();
    await app.register(links, { prefix: '/links' });
    await app.register(links.files, { serve: false });
    app.get('/report', (_request, reply) => reply.sendFile('report.txt'));
    const statusOf = async (url: string): Promise<number> => (await app.inject({ url })).statusCode;
    expect(await statusOf(`/links${links.signer.sign('report.txt')}`)).toBe(200);
    expect(await statusOf('/links/report.txt')).toBe(404);
    expect(await statusOf('/report')).toBe(200);
  });

  it('takes the address of the client from Fastify', async () => {
    const target = `/links${links.signer.sign('report.txt', { ip: '192.0.2.7' })}`;
    const headers = { 'X-Forwarded-For': '192.0.2.7' };
    const responses: RawResponse[] = [];
    for (const trustProxy of [false, true]) {
      const app = createApp({ trustProxy });
      await app.register(links, { prefix: '/links' });
      responses.push(await rawRequest(await listen(app), { target, headers }));
    }
    expect(responses.map(({ status }) => status)).toEqual([404, 200]);
  });
});
