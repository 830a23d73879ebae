import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import express4 from 'express4';
import {
  type AllowContext,
  type AllowFunction,
  authToken,
  BadOptionError,
  type FileTarget,
  type Outcome,
  offload,
  RefusedError,
  type Sender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { createFixture, listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { countOpenFiles, expectAllClosed } from './transfer/descriptors.js';

const CONTENT = 'what only some may have';
const root = createTree({ 'a.txt': CONTENT, 'large.bin': Buffer.alloc(600_000, 'x') });
const SECRET = '0123456789abcdef0123456789abcdef';
const NOT_FOUND = { status: 404, body: 'Not Found\n' };

/** Front ends' senders, one of the application, and this process. */
const SENDERS: readonly { title: string; options: XSendfileOptions; header?: string }[] = [
  { title: 'serve', options: { sender: 'serve' } },
  { title: 'serve, cache: false', options: { sender: 'serve', cache: false } },
  { title: 'nginx', options: { sender: 'nginx', handshake: false }, header: 'x-accel-redirect' },
  { title: 'apache', options: { sender: 'apache', handshake: false }, header: 'x-sendfile' },
  { title: 'h2o', options: { sender: 'h2o', handshake: false }, header: 'x-reproxy-url' },
  {
    title: 'a custom sender',
    options: {
      handshake: false,
      sender: {
        name: 'custom',
        send(file, { res }) {
          res.setHeader('X-Custom', file.name);
          res.end();
        },
      } satisfies Sender,
    },
    header: 'x-custom',
  },
];

describe.each(SENDERS)('xsendfile(root, { allow }) with $title', ({ options, header }) => {
  const withAllow = (allow: XSendfileOptions['allow']) =>
    createFixture(root, { ...options, ...(allow === undefined ? {} : { allow }) });

  it.each(['GET', 'HEAD'])('lets a file go out with %s once it returned true', async (method) => {
    const asked: [FileTarget, AllowContext][] = [];
    const { check } = await withAllow((...args) => asked.push(args) === 1);
    const response = await check({ method, target: '/a.txt' }, { status: 200 });
    // h2o would turn a HEAD into a GET.
    const isNamed = header !== undefined && !(method === 'HEAD' && header === 'x-reproxy-url');
    if (isNamed) expect(Object.keys(response.headers)).toContain(header);
    else expect(String(response.body)).toBe(method === 'HEAD' ? '' : CONTENT);
    expect(asked).toHaveLength(1);
    const [file, context] = asked[0] ?? [];
    expect(file).toMatchObject({ name: 'a.txt', size: CONTENT.length, relativePath: 'a.txt' });
    expect(file?.mtime).toBeInstanceOf(Date);
    expect(file?.etag).toMatch(/^(?:W\/)?"65e1c340-17/);
    expect(context).toMatchObject({ claims: undefined, status: 200 });
    expect(context?.req.url).toBe('/a.txt');
  });

  it.each([
    ['false', () => false],
    ['a promise of false', async () => false],
    ['a list with one function that returns false', [() => true, async () => false]],
  ] as [string, XSendfileOptions['allow']][])(
    'answers like a missing file after %s',
    async (_title, allow) => {
      const { check, outcomes } = await withAllow(allow);
      const refused = await check({ target: '/a.txt' }, NOT_FOUND);
      const missing = await check({ target: '/none.txt' }, NOT_FOUND);
      const withoutDate = (head: string) => head.replace(/^Date: .*$/m, '');
      expect(withoutDate(refused.head)).toBe(withoutDate(missing.head));
      expect(outcomes).toMatchObject([
        { kind: 'refused', status: 404, code: 'ERR_XSENDFILE_NOT_ALLOWED', path: 'a.txt' },
        { kind: 'refused', status: 404, code: 'ERR_XSENDFILE_NOT_FOUND' },
      ]);
      expect(outcomes[0]?.sender).toBeUndefined();
    },
  );

  it.each([
    ['If-None-Match', { 'If-None-Match': '*' }, 304],
    ['If-Match that fails', { 'If-Match': '"other"' }, 412],
    ['a range', { Range: 'bytes=1-2' }, 206],
    ['a range behind the end', { Range: 'bytes=999-' }, 416],
  ] as [string, Record<string, string>, number][])(
    'tells the status to expect for %s, and refuses it with 404',
    async (_title, headers, expected) => {
      const statuses: number[] = [];
      const allowed = await withAllow((_file, { status }) => statuses.push(status) > 0);
      await allowed.request({ target: '/a.txt', headers });
      expect(statuses).toEqual([expected]);
      const refused = await withAllow(() => false);
      await refused.check({ target: '/a.txt', headers }, NOT_FOUND);
    },
  );

  it('is not called for a file that does not exist', async () => {
    let asked = 0;
    const { check } = await withAllow(() => ++asked > 0);
    await check({ target: '/none.txt' }, NOT_FOUND);
    await check({ method: 'POST', target: '/a.txt' }, { status: 405 });
    expect(asked).toBe(0);
  });

  it('is refused by the status of an error with one', async () => {
    const { check, outcomes } = await withAllow(() => {
      throw Object.assign(new Error('quota of secret-user'), { status: 429 });
    });
    const { raw } = await check({ target: '/a.txt' }, { status: 429 });
    expect(String(raw)).not.toContain('secret-user');
    expect(outcomes).toMatchObject([{ kind: 'refused', status: 429 }]);
    const later = await withAllow(async () => {
      throw new RefusedError('ERR_XSENDFILE_UNAVAILABLE');
    });
    await later.check({ target: '/a.txt' }, { status: 503, headers: { 'retry-after': /\d/ } });
  });

  it.each([
    ['nothing', () => undefined],
    ['an object', () => ({ allowed: true })],
    ['a promise of a string', async () => 'yes'],
  ] as [string, () => unknown][])(
    'takes %s for a mistake, never for yes',
    async (_title, allow) => {
      const { check, outcomes } = await withAllow(allow as AllowFunction);
      await check({ target: '/a.txt' }, { status: 500 });
      expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_BAD_ALLOW' }]);
    },
  );

  it('leaves nothing open when the client disconnects before it has decided', async () => {
    let decide: (answer: boolean) => void = () => {};
    let asked = 0;
    const { port, outcomes } = await withAllow(
      () =>
        new Promise<boolean>((resolve) => {
          asked += 1;
          decide = resolve;
        }),
    );
    const connection = await Connection.open(port);
    connection.send({ target: '/large.bin' });
    await eventually(() => asked === 1);
    connection.destroy();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted', status: 0 }]);
    await expectAllClosed(root);
    // Late answers change nothing.
    decide(true);
    await delay(20);
    expect(outcomes).toHaveLength(1);
    expect(countOpenFiles(root)).toBe(0);
  });

  it('sends no file that has replaced the allowed one meanwhile', async () => {
    const site = createTree({ 'a.txt': CONTENT, 'new.txt': 'not for anyone' });
    const asked: string[] = [];
    const { request } = await createFixture(site, {
      ...options,
      allow: async ({ path, size }) => {
        asked.push(path);
        if (size !== CONTENT.length) return false;
        renameSync(join(site, 'new.txt'), path);
        return true;
      },
    });
    const response = await request({ target: '/a.txt' });
    if (header === undefined) {
      expect([response.status, String(response.body)]).toEqual([200, CONTENT]);
    } else {
      expect(response).toMatchObject({ status: 404, body: Buffer.from(NOT_FOUND.body) });
      expect(response.headers).not.toHaveProperty(header);
      expect(asked).toHaveLength(2);
    }
  });

  it('does not treat its own response as a decision', async () => {
    let answer = (): void => {};
    const { check, outcomes } = await createFixture(
      root,
      {
        ...options,
        allow() {
          answer();
          return new Promise(() => {});
        },
        setHeaders: () => {},
      },
      (_req, res) => {
        answer = () => res.writeHead(418).end('answered elsewhere');
      },
    );
    await check({ target: '/a.txt' }, { status: 418, body: 'answered elsewhere' });
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_HEADERS_SENT' }]);
    await expectAllClosed(root);
  });

  it('passes it the outcome once', async () => {
    const told: Outcome[] = [];
    const { request } = await withAllow((_file, { onFinish }) => {
      onFinish((outcome) => told.push(outcome));
      return true;
    });
    await request({ target: '/a.txt' });
    await eventually(() => told.length === 1);
    expect(told).toMatchObject([{ kind: header === undefined ? 'sent' : 'offloaded' }]);
  });
});

describe('xsendfile(root, { allow })', () => {
  it('is called once when the sender declines', async () => {
    let asked = 0;
    const { check } = await createFixture(root, {
      handshake: false,
      sender: (_file, { decline }) => decline(),
      allow: () => ++asked > 0,
    });
    await check({ target: '/a.txt' }, { status: 200, body: CONTENT });
    expect(asked).toBe(1);
  });

  it.each([
    ['Express 5', () => express().set('env', 'test')],
    ['Express 4', () => express4().set('env', 'test')],
  ] as [string, () => express.Express][])(
    'passes what it throws to the error handlers of %s',
    async (_title, create) => {
      const error = Object.assign(new Error('scanner is down'), { status: 502 });
      const seen: unknown[] = [];
      const app = create();
      app.use('/files', xsendfile(root, { allow: async () => Promise.reject(error) }));
      app.use(((thrown, _req, res, _next) => {
        seen.push(thrown);
        res.status(502).end('handled');
      }) as express.ErrorRequestHandler);
      const { check } = await listenWith(app);
      await check({ target: '/files/a.txt' }, { status: 502, body: 'handled' });
      expect(seen).toEqual([error]);
    },
  );

  it('names no file to the front end for a client that disconnected right afterwards', async () => {
    const { request, outcomes } = await createFixture(root, {
      sender: 'nginx',
      handshake: false,
      allow: (_file, { req }) => {
        setImmediate(() => req.socket.destroy());
        return true;
      },
    });
    expect(await request({ target: '/a.txt' })).toMatchObject({ head: '' });
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted', status: 0, sender: undefined }]);
  });

  it('is called for send(), and rejects it', async () => {
    const handler = xsendfile(root, { allow: ({ name }) => name !== 'a.txt' });
    const codes: unknown[] = [];
    const { check } = await listenWith((req, res) => {
      handler.send(req, res, req.url?.slice(1) ?? '').catch((error: RefusedError) => {
        codes.push(error.code);
        res.writeHead(403).end();
      });
    });
    await check({ target: '/a.txt' }, { status: 403 });
    await check({ target: '/large.bin' }, { status: 200 });
    expect(codes).toEqual(['ERR_XSENDFILE_NOT_ALLOWED']);
  });

  it('is called for res.sendFile() through offload()', async () => {
    const app = express().set('env', 'test');
    app.use(offload(xsendfile(root, { allow: ({ name }) => name !== 'a.txt' })));
    app.get('/:name', (req, res) => res.sendFile(req.params.name, { root }));
    const { check } = await listenWith(app);
    await check({ target: '/a.txt' }, { status: 404 });
    await check({ target: '/large.bin' }, { status: 200 });
  });

  it.each([
    ['a string', 'yes'],
    ['a list with a hole', [() => true, undefined]],
    ['true', true],
  ])('throws in the factory for %s', (_title, allow) => {
    expect(() => xsendfile(root, { allow: allow as unknown as AllowFunction })).toThrow(
      BadOptionError,
    );
    expect(() => xsendfile(root, { allow: allow as unknown as AllowFunction })).toThrow(
      /^xsendfile: allow must be a function or a list of functions, got /,
    );
  });
});

describe('xsendfile(root, { allow }) over HTTP/2', () => {
  it.each(['serve', 'nginx'] as const)(
    'leaves nothing open when a stream is reset before it has decided: %s',
    async (sender) => {
      const outcomes: Outcome[] = [];
      let reject: (error: Error) => void = () => {};
      let asked = 0;
      const handler = xsendfile(root, {
        sender,
        handshake: false,
        onFinish: (outcome) => outcomes.push(outcome),
        allow: ({ name }) =>
          name === 'a.txt' ||
          new Promise((_resolve, fail) => {
            asked += 1;
            reject = fail;
          }),
      });
      const server = createHttp2Server((req, res) => {
        handler(req, res);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const stream = session.request({ ':path': '/large.bin' });
      stream.on('error', () => {});
      await eventually(() => asked === 1);
      stream.close(constants.NGHTTP2_CANCEL);
      await eventually(() => outcomes.length === 1);
      expect(outcomes).toMatchObject([{ kind: 'aborted', status: 0 }]);
      await expectAllClosed(root);
      // A late error is nobody's: it must not end the process.
      reject(new Error('too late'));
      await delay(20);
      expect(outcomes).toHaveLength(1);
      // The session goes on.
      const [headers] = await once(session.request({ ':path': '/a.txt' }), 'response');
      expect(headers[':status']).toBe(200);
      session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  );
});

describe('authToken(secret, root, { allow })', () => {
  it('is called with the claims of the link, after the link was verified', async () => {
    const asked: AllowContext['claims'][] = [];
    const handler = authToken(SECRET, root, {
      allow: (_file, { claims }) => asked.push(claims) > 0 && claims?.id !== 'revoked',
    });
    const { check } = await listenWith((req, res) => handler(req, res));
    const link = handler.signer.sign('a.txt', { id: 'order-42', expiresIn: 60 });
    await check({ target: link }, { status: 200, body: CONTENT });
    await check({ target: handler.signer.sign('a.txt', { id: 'revoked' }) }, NOT_FOUND);
    await check({ target: link.replace('a.txt', 'large.bin') }, NOT_FOUND);
    expect(asked.map((claims) => claims?.id)).toEqual(['order-42', 'revoked']);
    expect(asked[0]).toMatchObject({ path: 'a.txt', keyIndex: 0 });
  });
});
