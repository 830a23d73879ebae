import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { truncateSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type Outcome, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { createFixture, listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection, type RawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { createSparse, LARGE } from './transfer/sparse.js';

jest.setTimeout(30_000);

const root = createTree({ 'ten.txt': '0123456789' });
beforeAll(() => {
  createSparse(root, 'large.bin', LARGE);
  createSparse(root, 'shrinking.bin', LARGE);
});

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

interface Message {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly outcome?: Outcome;
  readonly error?: unknown;
}

const sends = tracingChannel<unknown, Message>('xsendfile:send');

/** What was published, in this order. */
const published: [string, Message][] = [];
const listeners = EVENTS.map(
  (name) => [name, (message: unknown) => void published.push([name, message as Message])] as const,
);

function listen(): void {
  for (const [name, listener] of listeners) sends[name].subscribe(listener);
}

afterEach(() => {
  for (const [name, listener] of listeners) sends[name].unsubscribe(listener);
  published.length = 0;
  jest.restoreAllMocks();
});

const ENDED = ['start', 'end', 'asyncStart', 'asyncEnd'];

function isEnded(): boolean {
  return published.at(-1)?.[0] === 'asyncEnd';
}

describe("tracingChannel('xsendfile:send')", () => {
  it.each<[string, RawRequest, XSendfileOptions, object]>([
    ['a file', { target: '/ten.txt' }, {}, { kind: 'sent', status: 200, bytes: 10 }],
    ['a missing file', { target: '/missing' }, {}, { kind: 'refused', status: 404 }],
    [
      '304',
      { target: '/ten.txt', headers: { 'If-None-Match': '*' } },
      {},
      { kind: 'not-modified', status: 304 },
    ],
    [
      'a front end',
      { target: '/ten.txt' },
      { sender: 'nginx', handshake: false },
      { kind: 'offloaded', sender: 'nginx' },
    ],
  ])('publishes start and end for %s, in one object', async (_what, request, options, outcome) => {
    listen();
    const { request: send } = await createFixture(root, options);
    await send(request);
    await eventually(isEnded);
    expect(published.map(([name]) => name)).toEqual(ENDED);
    expect(new Set(published.map(([, message]) => message)).size).toBe(1);
    const [[, message] = []] = published;
    expect(message).toMatchObject({ outcome });
    expect(message?.req.url).toBe(request.target);
    expect(message?.res.req).toBe(message?.req);
    expect(message).not.toHaveProperty('error');
  });

  it('publishes an error for a function that throws', async () => {
    listen();
    const thrown = new Error('mine');
    const { check } = await createFixture(root, {
      allow() {
        throw thrown;
      },
    });
    await check({ target: '/ten.txt' }, { status: 500 });
    await eventually(isEnded);
    expect(published.map(([name]) => name)).toEqual([
      'start',
      'end',
      'error',
      'asyncStart',
      'asyncEnd',
    ]);
    const [, message] = published[2] ?? [];
    expect(message).toMatchObject({ error: thrown, outcome: { kind: 'failed', status: 500 } });
  });

  it('publishes an error for a sender that breaks its response', async () => {
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    listen();
    const thrown = new Error('broken');
    const { port } = await createFixture(root, {
      handshake: false,
      sender: {
        name: 'breaking',
        send(_file, { res }) {
          res.writeHead(200, { 'Content-Length': 100 }).write('some');
          throw thrown;
        },
      },
    });
    const connection = await Connection.open(port);
    connection.send({ target: '/ten.txt' });
    await connection.readAll();
    await eventually(isEnded);
    expect(published.at(-1)?.[1]).toMatchObject({ error: thrown, outcome: { kind: 'failed' } });
  });

  it('publishes an error for a file that becomes shorter', async () => {
    listen();
    const { port } = await createFixture(root);
    const connection = await Connection.open(port);
    connection.send({ target: '/shrinking.bin' });
    await connection.receive(1);
    truncateSync(join(root, 'shrinking.bin'), 10);
    await connection.readAll();
    await eventually(isEnded);
    const { outcome, error } = published.at(-1)?.[1] ?? {};
    expect(outcome).toMatchObject({ kind: 'failed', status: 200 });
    expect(error).toMatchObject({ code: outcome?.code });
  });

  it('publishes a client that disconnects as an outcome', async () => {
    listen();
    const { port } = await createFixture(root);
    const connection = await Connection.open(port);
    connection.send({ target: '/large.bin' });
    await connection.receive(1);
    expect(published.map(([name]) => name)).toEqual(['start', 'end']);
    connection.destroy();
    await eventually(isEnded);
    expect(published.map(([name]) => name)).toEqual(ENDED);
    expect(published[3]?.[1]).toMatchObject({ outcome: { kind: 'aborted' } });
  });

  it('publishes the end after the outcome, and before the delivery', async () => {
    listen();
    const order: string[] = [];
    const outcomes = channel('xsendfile:outcome');
    const onOutcome = (): void => void order.push('outcome');
    const onEnd = (): void => void order.push('asyncEnd');
    outcomes.subscribe(onOutcome);
    sends.asyncEnd.subscribe(onEnd);
    try {
      const { check } = await createFixture(root, {
        onFinish: () => order.push('onFinish'),
        reports: { begin: () => 'id', end: () => order.push('delivery') },
      });
      await check({ target: '/ten.txt' }, { status: 200 });
      await eventually(() => order.length === 4);
      expect(order).toEqual(['onFinish', 'outcome', 'asyncEnd', 'delivery']);
      expect(published[0]?.[1]).toMatchObject({ outcome: { downloadId: 'id' } });
    } finally {
      outcomes.unsubscribe(onOutcome);
      sends.asyncEnd.unsubscribe(onEnd);
    }
  });

  it('publishes send() once, and its rejection only as an outcome', async () => {
    listen();
    const handler = xsendfile(root, { sender: 'serve' });
    const { check } = await listenWith((req, res) => {
      handler.send(req, res, 'missing').catch(() => res.writeHead(418).end());
    });
    await check({ target: '/' }, { status: 418 });
    await eventually(isEnded);
    expect(published.map(([name]) => name)).toEqual(ENDED);
    expect(published[3]?.[1]).toMatchObject({ outcome: { kind: 'refused', status: 404 } });
  });

  it('runs the request with the stores that are bound to start', async () => {
    const storage = new AsyncLocalStorage<string>();
    const start = channel('tracing:xsendfile:send:start');
    start.bindStore(storage, () => 'span');
    try {
      const seen: unknown[] = [];
      const { check } = await createFixture(root, {
        allow: () => seen.push(storage.getStore()) > 0,
        onFinish: () => seen.push(storage.getStore()),
      });
      await check({ target: '/ten.txt' }, { status: 200 });
      await eventually(() => seen.length === 2);
      expect(seen).toEqual(['span', 'span']);
    } finally {
      start.unbindStore(storage);
    }
  });
});
