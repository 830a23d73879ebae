import { PassThrough, Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import compression from 'compression';
import cors from 'cors';
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import session from 'express-session';
import express4 from 'express4';
import helmet from 'helmet';
import morgan from 'morgan';
import request from 'supertest';
import {
  type Outcome,
  offload,
  type XSendfileHandler,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { type Fixture, listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

/** The middleware that most applications have, in front of the handler: alone and together. */

const TEXT = 'compresses very well indeed. '.repeat(50_000);
const root = createTree({
  'text.txt': TEXT,
  'page.html': '<p>',
  'big.bin': Buffer.alloc(8e6, 'x'),
  'photo.jpg': Buffer.alloc(4000, 'x'),
});

const log = new PassThrough();
const lines: string[] = [];
log.on('data', (chunk) => lines.push(...String(chunk).trim().split('\n')));

const MIDDLEWARE: Readonly<Record<string, () => RequestHandler>> = {
  compression: () => compression({ threshold: 0 }),
  helmet: () => helmet() as RequestHandler,
  cors: () => cors({ exposedHeaders: ['Content-Range'] }),
  morgan: () => morgan(':method :url :status :res[content-length]', { stream: log }),
  'express-session': () => {
    const middleware = session({ secret: 'tests', resave: true, saveUninitialized: true });
    return (req, res, next) =>
      middleware(req, res, () => {
        Object.assign(req.session, { visited: Date.now() });
        next();
      });
  },
};

const COMBINATIONS = [...Object.keys(MIDDLEWARE).map((name) => [name]), Object.keys(MIDDLEWARE)];
const CASES = [
  { framework: 'Express 5', create: express },
  { framework: 'Express 4', create: express4 },
].flatMap((each) => COMBINATIONS.map((names) => ({ ...each, names, title: names.join(', ') })));

describe.each(CASES)('xsendfile(root) in $framework with $title', ({ create, names }) => {
  const outcomes: Outcome[] = [];

  async function start(options: XSendfileOptions): Promise<Fixture> {
    outcomes.length = 0;
    lines.length = 0;
    const app = create();
    for (const name of names) app.use(MIDDLEWARE[name]?.() as RequestHandler);
    const handler = xsendfile(root, { ...options, onFinish: (outcome) => outcomes.push(outcome) });
    app.use('/files', handler);
    return listenWith(app);
  }

  it('sends a file', async () => {
    const { check } = await start({ sender: 'serve' });
    const isCompressed = names.includes('compression');
    const plain = await check({ target: '/files/text.txt' }, { status: 200, body: TEXT });
    expect(plain.headers['content-length']).toBe(String(TEXT.length));
    const { body, headers } = await check(
      { target: '/files/text.txt', headers: { 'Accept-Encoding': 'gzip' } },
      { status: 200, headers: { 'Content-Encoding': isCompressed ? 'gzip' : null } },
    );
    expect((isCompressed ? gunzipSync(body) : body).toString()).toBe(TEXT);
    expect('set-cookie' in headers).toBe(names.includes('express-session'));
    expect(headers['access-control-allow-origin']).toBe(names.includes('cors') ? '*' : undefined);
    const sent = { kind: 'sent', status: 200, bytes: TEXT.length };
    expect(outcomes).toMatchObject([sent, sent]);
    if (names.includes('morgan')) {
      expect(lines[0]).toBe(`GET /files/text.txt 200 ${TEXT.length}`);
    }
  });

  it.each<[string, number, string]>([
    ['bytes=5-99', 206, TEXT.slice(5, 100)],
    ['bytes=-7', 206, TEXT.slice(-7)],
    ['bytes=99999999-', 416, 'Range Not Satisfiable\n'],
  ])('answers %s with %d, never compressed', async (range, status, expected) => {
    const fixture = await start({ sender: 'serve' });
    const headers = { Range: range, 'Accept-Encoding': 'gzip' };
    const response = await fixture.request({ target: '/files/text.txt', headers });
    expect(response.status).toBe(status);
    const isRefusal = status === 416 && response.headers['content-encoding'] === 'gzip';
    expect((isRefusal ? gunzipSync(response.body) : response.body).toString()).toBe(expected);
    if (status === 206) expect(response.headers['content-encoding']).toBeUndefined();
  });

  it('answers several ranges, never compressed', async () => {
    const { check } = await start({ sender: 'serve' });
    const headers = { Range: 'bytes=0-1,100-101', 'Accept-Encoding': 'gzip' };
    const { body, headers: got } = await check(
      { target: '/files/text.txt', headers },
      {
        status: 206,
        headers: { 'Content-Type': /^multipart\/byteranges/, 'Content-Encoding': null },
      },
    );
    expect(got['content-length']).toBe(String(body.length));
  });

  it('answers a conditional request and HEAD', async () => {
    const { check } = await start({ sender: 'serve' });
    await check(
      { target: '/files/text.txt', headers: { 'If-None-Match': '*' } },
      { status: 304, body: '' },
    );
    await check({ method: 'HEAD', target: '/files/text.txt' }, { status: 200, body: '' });
    await check({ target: '/files/no' }, { status: 404 });
  });

  it.each(['identity', 'gzip'])('survives a client that disconnects (%s)', async (encoding) => {
    const { port, check } = await start({ sender: 'serve' });
    const connection = await Connection.open(port);
    connection.send({ target: '/files/big.bin', headers: { 'Accept-Encoding': encoding } });
    await connection.receive(1);
    connection.destroy();
    await eventually(() => outcomes.length > 0);
    expect(outcomes).toMatchObject([{ status: 200, path: 'big.bin' }]);
    expect(['aborted', 'sent']).toContain(outcomes[0]?.kind);
    await check({ target: '/files/page.html' }, { status: 200 });
  });

  it.each(['nginx', 'apache', 'standard', 'lighttpd'] as const)(
    'leaves a file to %s',
    async (sender) => {
      const { check } = await start({ sender, handshake: false });
      const { headers } = await check(
        { target: '/files/text.txt', headers: { 'Accept-Encoding': 'gzip' } },
        {
          status: 200,
          headers: { 'Content-Length': '0', 'Content-Encoding': null, 'Transfer-Encoding': null },
          body: '',
        },
      );
      expect(headers['x-accel-redirect'] ?? headers['x-sendfile']).toMatch(/\/text\.txt$/);
      expect('set-cookie' in headers).toBe(names.includes('express-session'));
      expect(outcomes).toMatchObject([{ kind: 'offloaded', sender }]);
    },
  );

  it('has a weak ETag exactly where the body may be compressed', async () => {
    letFilesSettle();
    const fixture = await start({ sender: 'serve' });
    const tagOf = async (target: string, headers: Record<string, string> = {}) =>
      (await fixture.request({ target, headers })).headers.etag ?? '';
    const tag = await tagOf('/files/text.txt');
    expect(tag).toMatch(/^"/);
    const packed = names.includes('compression') ? `W/${tag}` : tag;
    const gzip = { 'Accept-Encoding': 'gzip' };
    expect(await tagOf('/files/text.txt', gzip)).toBe(packed);
    expect(await tagOf('/files/text.txt', { ...gzip, 'If-None-Match': packed })).toBe(packed);
    expect(await tagOf('/files/text.txt', { ...gzip, Range: 'bytes=0-1' })).toBe(tag);
    expect(await tagOf('/files/photo.jpg', gzip)).toMatch(/^"/);
    // A client that has a packed beginning gets the whole file again.
    const { status } = await fixture.request({
      target: '/files/text.txt',
      headers: { ...gzip, Range: 'bytes=9-', 'If-Range': packed },
    });
    expect(status).toBe(packed === tag ? 206 : 200);
    jest.restoreAllMocks();
  });

  it('keeps the policy of helmet for active content', async () => {
    const { check } = await start({ sender: 'serve' });
    await check(
      { target: '/files/page.html' },
      {
        status: 200,
        headers: {
          'Content-Security-Policy': names.includes('helmet')
            ? /^default-src.*, sandbox$/
            : 'sandbox',
          'X-Content-Type-Options': 'nosniff',
        },
      },
    );
  });
});

describe("the sandbox of a page, added to helmet's policy", () => {
  type Send = (handler: XSendfileHandler, req: Request, res: Response, next: NextFunction) => void;
  const PAGE = { name: 'page.html', size: 3, read: () => Readable.from([Buffer.from('<p>')]) };
  const ways: readonly { way: string; send: Send }[] = [
    { way: 'the handler', send: (handler, req, res, next) => handler(req, res, next) },
    {
      way: 'send()',
      send: (handler, req, res, next) => void handler.send(req, res, 'page.html').catch(next),
    },
    {
      way: 'sendContent()',
      send: (handler, req, res, next) => void handler.sendContent(req, res, PAGE).catch(next),
    },
    {
      way: 'res.sendFile() behind offload()',
      send: (handler, req, res, next) =>
        offload(handler)(req, res, () => res.sendFile('page.html', { root }, next)),
    },
  ];
  const senders = ['serve', 'nginx', 'apache'] as const;
  const cases = ways.flatMap((each) => senders.map((sender) => ({ ...each, sender })));

  it.each(cases)('is there for $way with sender $sender', async ({ send, sender }) => {
    const createApp = (options: XSendfileOptions): express.Express => {
      const handler = xsendfile(root, { sender, handshake: false, ...options });
      const app = express().use(helmet() as RequestHandler);
      return app.use((req, res, next) => send(handler, req, res, next));
    };
    const policy = 'Content-Security-Policy';
    const { headers } = await request(createApp({}))
      .get('/page.html')
      .expect(200)
      .expect(policy, /^default-src 'self';.*, sandbox$/);
    await request(createApp({ activeContent: 'allow' }))
      .get('/page.html')
      .expect(200)
      .expect(policy, String(headers['content-security-policy']).replace(', sandbox', ''));
  });
});
