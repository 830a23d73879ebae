import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Outcome, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { createFixture, listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection, type RawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';
import { createSparse, LARGE } from './transfer/sparse.js';

jest.setTimeout(30_000);

const root = createTree({
  'ten.txt': '0123456789',
  'blank in name é.txt': 'text',
  'empty.txt': '',
  'dir/b.txt': 'b',
  '.hidden': 'hidden',
});
beforeAll(() => createSparse(root, 'large.bin', LARGE));

const OUTCOMES = channel('xsendfile:outcome');
const TEN = { path: 'ten.txt', size: 10, sender: 'serve' };

afterEach(() => jest.restoreAllMocks());

describe('the outcome', () => {
  it.each<[string, RawRequest, XSendfileOptions, object]>([
    ['a file', { target: '/ten.txt' }, {}, { kind: 'sent', status: 200, bytes: 10, ...TEN }],
    [
      'a name that was encoded',
      { target: '/blank%20in%20name%20%C3%A9.txt?query' },
      {},
      { kind: 'sent', status: 200, bytes: 4, path: 'blank in name é.txt', size: 4 },
    ],
    [
      'a file in a directory',
      { target: '/dir/b.txt' },
      {},
      { kind: 'sent', status: 200, bytes: 1, path: 'dir/b.txt', size: 1 },
    ],
    [
      'an empty file',
      { target: '/empty.txt' },
      {},
      { kind: 'sent', status: 200, bytes: 0, size: 0, path: 'empty.txt', sender: 'serve' },
    ],
    [
      'HEAD',
      { method: 'HEAD', target: '/ten.txt' },
      {},
      { kind: 'sent', status: 200, bytes: 0, ...TEN },
    ],
    [
      'a range',
      { target: '/ten.txt', headers: { Range: 'bytes=2-4' } },
      {},
      { kind: 'sent', status: 206, bytes: 3, range: { start: 2, end: 4 }, ...TEN },
    ],
    [
      'a header sender',
      { target: '/ten.txt' },
      { sender: 'nginx', handshake: false },
      { kind: 'offloaded', status: 200, bytes: 0, ...TEN, sender: 'nginx' },
    ],
    [
      "a sender of one's own",
      { target: '/ten.txt' },
      { sender: { name: 'own', send: (_file, { res }) => void res.end() }, handshake: false },
      { kind: 'offloaded', status: 200, bytes: 0, ...TEN, sender: 'own' },
    ],
    [
      'a sender that declines',
      { target: '/ten.txt' },
      { sender: { name: 'own', send: (_file, { decline }) => decline() }, handshake: false },
      { kind: 'sent', status: 200, bytes: 10, ...TEN },
    ],
    [
      '304',
      { target: '/ten.txt', headers: { 'If-None-Match': '*' } },
      {},
      { kind: 'not-modified', status: 304, bytes: 0, ...TEN },
    ],
    [
      '412',
      { target: '/ten.txt', headers: { 'If-Match': '"x"' } },
      {},
      { kind: 'refused', status: 412, code: 'ERR_XSENDFILE_PRECONDITION_FAILED', bytes: 0, ...TEN },
    ],
    [
      '416',
      { target: '/ten.txt', headers: { Range: 'bytes=10-' } },
      {},
      { kind: 'refused', status: 416, code: 'ERR_XSENDFILE_RANGE_NOT_SATISFIABLE', ...TEN },
    ],
    [
      '400',
      { target: '/%' },
      {},
      { kind: 'refused', status: 400, code: 'ERR_XSENDFILE_BAD_PATH', path: undefined },
    ],
    [
      '403',
      { target: '/..' },
      {},
      { kind: 'refused', status: 403, code: 'ERR_XSENDFILE_FORBIDDEN_PATH', path: undefined },
    ],
    [
      '404',
      { target: '/no%20such.txt' },
      {},
      {
        kind: 'refused',
        status: 404,
        code: 'ERR_XSENDFILE_NOT_FOUND',
        errno: 'ENOENT',
        path: 'no such.txt',
        size: undefined,
        sender: undefined,
      },
    ],
    [
      'a directory',
      { target: '/dir' },
      {},
      { kind: 'refused', status: 404, code: 'ERR_XSENDFILE_NOT_A_FILE', path: 'dir' },
    ],
    [
      'a dotfile',
      { target: '/.hidden' },
      {},
      { kind: 'refused', status: 404, code: 'ERR_XSENDFILE_DOTFILE_IGNORED', path: '.hidden' },
    ],
    [
      '405',
      { method: 'POST', target: '/ten.txt' },
      {},
      { kind: 'refused', status: 405, code: 'ERR_XSENDFILE_METHOD_NOT_ALLOWED', path: undefined },
    ],
    [
      'a function among the options that throws',
      { target: '/ten.txt' },
      {
        setHeaders: () => {
          throw new Error('mine');
        },
      },
      { kind: 'failed', status: 500, code: 'ERR_XSENDFILE_INTERNAL', bytes: 0, path: 'ten.txt' },
    ],
    [
      'a sender that throws',
      { target: '/ten.txt' },
      { sender: () => Promise.reject(new Error('mine')), handshake: false },
      { kind: 'failed', status: 500, code: 'ERR_XSENDFILE_INTERNAL', bytes: 0, path: 'ten.txt' },
    ],
  ])('of %s is reported once', async (_what, request, options, expected) => {
    const before = Date.now();
    const { request: ask, outcomes } = await createFixture(root, options);
    await ask(request);
    await eventually(() => outcomes.length > 0);
    expect(outcomes).toEqual([expect.objectContaining(expected)]);
    const [outcome] = outcomes as [Outcome];
    expect(outcome.method).toBe(request.method ?? 'GET');
    expect(Object.isFrozen(outcome)).toBe(true);
    expect(outcome.startedAt).toBeInstanceOf(Date);
    expect(outcome.startedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(outcome.startedAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(outcome.durationMs).toBeGreaterThanOrEqual(0);
    for (const name of ['range', 'errno', 'code']) {
      if (!(name in expected) && outcome.kind !== 'failed')
        expect(outcome).not.toHaveProperty(name);
    }
  });

  it('is the same record for send(), onFinish and the channel', async () => {
    const told: [string, Outcome][] = [];
    const contexts: unknown[] = [];
    const requests: unknown[] = [];
    const subscriber = (message: unknown): void => {
      const { outcome, ...context } = message as { outcome: Outcome };
      told.push(['channel', outcome]);
      contexts.push(context);
    };
    OUTCOMES.subscribe(subscriber);
    const handler = xsendfile(root, {
      sender: 'serve',
      onFinish: (outcome, context) => {
        told.push(['onFinish', outcome]);
        contexts.push(context);
      },
    });
    const { check } = await listenWith((req, res) => {
      requests.push({ req, res });
      handler.send(req, res, 'ten.txt').then((outcome) => told.push(['send', outcome]));
    });
    await check({ target: '/' }, { status: 200, body: '0123456789' });
    await eventually(() => told.length === 3);
    OUTCOMES.unsubscribe(subscriber);
    expect(told.map(([who]) => who)).toEqual(['onFinish', 'channel', 'send']);
    expect(new Set(told.map(([, outcome]) => outcome)).size).toBe(1);
    for (const context of contexts) {
      const { req, res } = context as { req: IncomingMessage; res: ServerResponse };
      expect(requests).toEqual([{ req, res }]);
    }
  });

  it('is reported after the last byte was written', async () => {
    const { port, outcomes } = await createFixture(root);
    const connection = await Connection.open(port);
    connection.send({ target: '/large.bin' });
    await connection.receive(LARGE / 2);
    expect(outcomes).toEqual([]);
    expect((await connection.read()).body.length).toBe(LARGE);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: LARGE }]);
    connection.destroy();
  });

  it('does not wait for a sender after its response', async () => {
    const { check, outcomes } = await createFixture(root, {
      handshake: false,
      sender: async (_file, { res }) => {
        res.end('answer');
        await new Promise(() => {});
      },
    });
    await check({ target: '/ten.txt' }, { status: 200, body: 'answer' });
    await eventually(() => outcomes.length > 0);
    expect(outcomes).toMatchObject([{ kind: 'offloaded', status: 200 }]);
  });

  it('is failed for a sender that ends its response early', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { port, outcomes } = await createFixture(root, {
      handshake: false,
      sender: {
        name: 'breaking',
        send(_file, { res }) {
          res.writeHead(200, { 'Content-Length': 100 }).write('some');
          throw new Error('broken');
        },
      },
    });
    const connection = await Connection.open(port);
    connection.send({ target: '/ten.txt' });
    await connection.readAll();
    expect(outcomes).toMatchObject([
      { kind: 'failed', status: 200, code: 'ERR_XSENDFILE_INTERNAL', sender: 'breaking' },
    ]);
    expect(warning).toHaveBeenCalledTimes(1);
  });
});

describe('the outcome for a client that disconnects', () => {
  type Send = (file: unknown, context: { res: ServerResponse }) => void | Promise<void>;

  it.each<[string, Send]>([
    ['does nothing', () => {}],
    ['waits forever', () => new Promise(() => {})],
    [
      'waits forever after the headers',
      (_file, { res }) => new Promise(() => void res.flushHeaders()),
    ],
    ['waits for a timer', () => delay(50)],
  ])('is aborted even if the sender %s', async (_what, send) => {
    let called = (): void => {};
    const isCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    const { port, outcomes } = await createFixture(root, {
      handshake: false,
      sender: {
        name: 'silent',
        send(file, context) {
          called();
          return send(file, context);
        },
      },
    });
    const connection = await Connection.open(port);
    connection.send({ target: '/ten.txt' });
    await isCalled;
    connection.destroy();
    await eventually(() => outcomes.length > 0);
    expect(outcomes).toMatchObject([{ kind: 'aborted', ...TEN, sender: 'silent', bytes: 0 }]);
    expect(outcomes[0]).not.toHaveProperty('code');
  });

  it('is aborted with status 0 if no response was begun', async () => {
    const results: Outcome[] = [];
    const handlers = [
      xsendfile(root, { sender: 'serve' }),
      xsendfile(root, { sender: 'nginx', handshake: false }),
    ];
    const { port } = await listenWith(async (req, res) => {
      await once(req.socket, 'close');
      for (const handler of handlers) results.push(await handler.send(req, res, 'ten.txt'));
    });
    const connection = await Connection.open(port);
    connection.send({ target: '/' });
    connection.destroy();
    await eventually(() => results.length === 2);
    const expected = { kind: 'aborted', status: 0, bytes: 0, path: 'ten.txt', size: 10 };
    expect(results).toMatchObject([expected, expected]);
  });
});

describe('handler.send(req, res, path)', () => {
  async function createSender(path: string, options: XSendfileOptions = {}) {
    const settled: unknown[] = [];
    const finished: Outcome[] = [];
    const handler = xsendfile(root, {
      sender: 'serve',
      onFinish: (outcome) => finished.push(outcome),
      ...options,
    });
    const fixture = await listenWith((req, res) => {
      handler.send(req, res, path).then(
        (outcome) => settled.push({ outcome }),
        (error) => {
          settled.push({ error, isUntouched: !res.headersSent && !res.getHeaderNames().length });
          res.writeHead(418).end();
        },
      );
    });
    return { ...fixture, settled, finished };
  }

  it.each([
    ['304', { 'If-None-Match': '*' }, 304, 'not-modified'],
    ['412', { 'If-Match': '"x"' }, 412, 'refused'],
    ['416', { Range: 'bytes=10-' }, 416, 'refused'],
  ])('resolves for %s', async (_what, headers, status, kind) => {
    const { check, settled } = await createSender('ten.txt');
    await check({ target: '/', headers }, { status });
    await eventually(() => settled.length === 1);
    expect(settled).toMatchObject([{ outcome: { kind, status } }]);
  });

  it('resolves when the client disconnects', async () => {
    const { port, settled, finished } = await createSender('large.bin');
    const connection = await Connection.open(port);
    connection.send({ target: '/' });
    await connection.receive(1);
    connection.destroy();
    await eventually(() => settled.length === 1);
    expect(settled).toEqual([{ outcome: finished[0] }]);
    expect(finished).toMatchObject([{ kind: 'aborted', status: 200, size: LARGE }]);
  });

  it.each([
    ['404', 'GET', 'missing', 404, 'ERR_XSENDFILE_NOT_FOUND'],
    ['403', 'GET', '../x', 403, 'ERR_XSENDFILE_FORBIDDEN_PATH'],
    ['400', 'GET', 'a\0b', 400, 'ERR_XSENDFILE_BAD_PATH'],
    ['405', 'POST', 'ten.txt', 405, 'ERR_XSENDFILE_METHOD_NOT_ALLOWED'],
  ])('rejects for %s and has written nothing', async (_what, method, path, status, code) => {
    const { check, settled, finished } = await createSender(path);
    await check({ method, target: '/' }, { status: 418 });
    expect(settled).toMatchObject([{ error: { status, code }, isUntouched: true }]);
    expect(finished).toMatchObject([{ kind: 'refused', status, code }]);
  });
});

describe('an observer that fails', () => {
  const CASES: readonly (readonly [string, () => unknown, string])[] = [
    [
      'throws',
      () => {
        throw new Error('mine');
      },
      'Error: mine',
    ],
    ['rejects', () => Promise.reject(new Error('mine')), 'Error: mine'],
    [
      'throws undefined',
      () => {
        throw undefined;
      },
      'undefined',
    ],
  ];
  const REQUESTS: readonly (readonly [RawRequest, number])[] = [
    [{ target: '/ten.txt' }, 200],
    [{ target: '/missing' }, 404],
  ];

  it.each(CASES)('causes a warning and no harm when onFinish %s', async (_what, onFinish, text) => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { check } = await createFixture(root, { onFinish });
    for (const [request, status] of REQUESTS) await check(request, { status });
    await eventually(() => warning.mock.calls.length === 2);
    expect(warning.mock.calls).toEqual(
      REQUESTS.map(() => [
        expect.stringContaining(`xsendfile: onFinish threw ${text}`),
        warningOptions('XSENDFILE_OBSERVER_THREW'),
      ]),
    );
  });
});
