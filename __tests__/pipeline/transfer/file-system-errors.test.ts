import express from 'express';
import { type Outcome, xsendfile } from '../../../lib/index.js';
import { createFixture, listenWith } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { expectAllClosed } from './descriptors.js';

jest.setTimeout(120_000);

/** What a disk that dies says cannot be had otherwise. */
const mockFailures: { open?: string; read?: string; close?: string; after: number } = { after: 0 };

type Callback = (error: Error | null, ...results: unknown[]) => void;

jest.mock('node:fs', () => {
  const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
  const failure = (errno: string, call: string): Error =>
    Object.assign(new Error(`${errno}: mocked, ${call} '/secret/place'`), { code: errno });
  return {
    ...fs,
    open: (path: string, flags: number, callback: Callback) => {
      if (mockFailures.open === undefined) fs.open(path, flags, callback);
      else process.nextTick(callback, failure(mockFailures.open, 'open'));
    },
    read: (...args: [number, Buffer, number, number, number, Callback]) => {
      const callback = args[5];
      if (mockFailures.read !== undefined && args[4] >= mockFailures.after) {
        process.nextTick(callback, failure(mockFailures.read, 'read'));
      } else fs.read(...args);
    },
    close: (descriptor: number, callback: Callback) =>
      fs.close(descriptor, (error) => {
        callback(mockFailures.close === undefined ? error : failure(mockFailures.close, 'close'));
      }),
  };
});

/** More than the cache keeps. */
const SIZE = 3_000_000;
const root = createTree({ 'a.bin': Buffer.alloc(SIZE, 'a') });

function createHandler() {
  const outcomes: Outcome[] = [];
  const handler = xsendfile(root, {
    sender: 'serve',
    onFinish: (outcome) => outcomes.push(outcome),
  });
  return { handler, outcomes };
}

afterEach(() => {
  for (const name of ['open', 'read', 'close'] as const) delete mockFailures[name];
  mockFailures.after = 0;
});

describe('an error of the file system', () => {
  it.each([
    ['at the first read', 0, {}, 200],
    ['in the middle', SIZE / 2, {}, 200],
    ['at the last read', SIZE - 1_000_000, {}, 200],
    ['in a range', SIZE / 2, { Range: 'bytes=10-' }, 206],
    ['in one of several ranges', SIZE / 2, { Range: `bytes=0-9,${SIZE / 2}-` }, 206],
  ])('%s ends the connection early', async (_what, after, headers, status) => {
    const { port, outcomes } = await createFixture(root);
    Object.assign(mockFailures, { read: 'EIO', after });
    const connection = await Connection.open(port);
    connection.send({ target: '/a.bin', headers });
    const received = await connection.readAll();
    expect(received.length).toBeLessThan(SIZE);
    expect(received.includes('secret')).toBe(false);
    expect(outcomes).toMatchObject([
      { kind: 'failed', status, code: 'ERR_XSENDFILE_INTERNAL', errno: 'EIO' },
    ]);
    expect(outcomes[0]?.bytes).toBeLessThan(SIZE);
    await expectAllClosed(root);
  });

  it('does not affect earlier responses on the connection', async () => {
    const { handler, outcomes } = createHandler();
    let requests = 0;
    let finishFirst = (): void => {};
    const { port } = await listenWith((req, res) => {
      requests += 1;
      if (requests === 1)
        finishFirst = () => res.writeHead(200, { 'Content-Length': 5 }).end('first');
      else handler(req, res);
    });
    mockFailures.read = 'EIO';
    const connection = await Connection.open(port);
    connection.send({ target: '/first' }, { target: '/a.bin' }, { target: '/a.bin' });
    await eventually(() => requests === 3);
    finishFirst();
    const { status, body } = await connection.read();
    expect([status, body.toString()]).toEqual([200, 'first']);
    expect((await connection.readAll()).length).toBeLessThan(SIZE);
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toHaveLength(2);
    expect(outcomes[0]).toMatchObject({ kind: 'failed', errno: 'EIO' });
    await expectAllClosed(root);
  });

  it('in the middle of a response neither rejects send() nor reaches next()', async () => {
    const handler = xsendfile(root, { sender: 'serve' });
    const next = jest.fn();
    const results: unknown[] = [];
    const { port } = await listenWith((req, res) => {
      if (req.url === '/send') handler.send(req, res, 'a.bin').then((each) => results.push(each));
      else handler(req, res, next);
    });
    Object.assign(mockFailures, { read: 'EIO', after: SIZE / 2 });
    for (const target of ['/send', '/a.bin']) {
      const connection = await Connection.open(port);
      connection.send({ target });
      await connection.readAll();
    }
    expect(results).toMatchObject([{ kind: 'failed', errno: 'EIO' }]);
    expect(next).not.toHaveBeenCalled();
  });

  it.each([
    ['EIO', 500],
    ['EBUSY', 500],
    ['EMFILE', 503],
    ['ENFILE', 503],
    ['ENOMEM', 503],
    ['ESTALE', 503],
    ['EAGAIN', 503],
    ['EACCES', 404],
    ['EPERM', 404],
    ['ENXIO', 404],
  ])('is answered when a file is opened: %s with %d', async (errno, status) => {
    const { port, outcomes } = await createFixture(root);
    mockFailures.open = errno;
    const connection = await Connection.open(port);
    const answer = await connection.request({ target: '/a.bin' });
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
    expect(answer.raw.includes('secret')).toBe(false);
    delete mockFailures.open;
    expect((await connection.request({ target: '/a.bin' })).body.length).toBe(SIZE);
    connection.destroy();
    expect(outcomes[0]).toMatchObject({
      kind: status === 500 ? 'failed' : 'refused',
      status,
      errno,
      bytes: 0,
    });
  });

  it('that is unexpected reaches next(error), and shows no path to the client', async () => {
    const errors: unknown[] = [];
    const app = express();
    app.set('env', 'development');
    app.use(xsendfile(root, { sender: 'serve' }));
    app.use(((error, _req, _res, next) => {
      errors.push(error);
      next(error);
    }) as express.ErrorRequestHandler);
    const printed = jest.spyOn(console, 'error').mockImplementation(() => {});
    const { request } = await listenWith(app);
    mockFailures.open = 'EIO';
    const { status, raw } = await request({ target: '/a.bin' });
    printed.mockRestore();
    expect(status).toBe(500);
    for (const secret of ['secret', root, 'EIO']) expect(raw.includes(secret)).toBe(false);
    expect(errors).toMatchObject([
      { code: 'ERR_XSENDFILE_INTERNAL', status: 500, expose: false, errno: 'EIO' },
    ]);
    const { message, stack } = errors[0] as Error;
    expect(`${message}${stack}`).not.toContain('secret');
    // For the application's log.
    expect((errors[0] as Error).cause).toMatchObject({ code: 'EIO' });
  });

  it.each([
    ['EMFILE', 503, 'ERR_XSENDFILE_UNAVAILABLE'],
    ['EIO', 500, 'ERR_XSENDFILE_INTERNAL'],
  ])('rejects send() with %s', async (errno, status, code) => {
    const handler = xsendfile(root, { sender: 'serve' });
    const errors: unknown[] = [];
    const { check } = await listenWith((req, res) => {
      handler.send(req, res, 'a.bin').catch((error) => {
        errors.push(error, res.headersSent, res.getHeaderNames());
        res.writeHead(418).end();
      });
    });
    mockFailures.open = errno;
    await check({ target: '/' }, { status: 418 });
    expect(errors).toMatchObject([{ status, code, errno }, false, []]);
  });

  it('is ignored when a file is closed', async () => {
    const { check, outcomes } = await createFixture(root);
    mockFailures.close = 'EIO';
    await check({ target: '/a.bin' }, { status: 200, body: Buffer.alloc(SIZE, 'a') });
    expect(outcomes).toMatchObject([{ kind: 'sent' }]);
    await expectAllClosed(root);
  });
});
