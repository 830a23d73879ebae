import express from 'express';
import request from 'supertest';
import { authToken, offload, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text', 'large.bin': Buffer.alloc(3_000_000, 'l') });
const SECRET = '0123456789abcdef0123456789abcdef';

beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => jest.restoreAllMocks());

/** All ways in, with an error page, and with what must not be reached behind them. */
function createApp(options: XSendfileOptions) {
  const handler = xsendfile(root, options);
  const links = authToken(SECRET, root, options);
  const app = express().set('env', 'test');
  app.use('/mounted', handler);
  app.get('/route/:name', xsendfile(root, { ...options, path: (req) => req.params.name }));
  app.get('/send', (req, res, next) => void handler.send(req, res, 'a.txt').catch(next));
  app.use('/links', links);
  app.use('/offload', offload(handler), (_req, res) => res.sendFile(`${root}/a.txt`));
  app.use((_req, res) => void res.end('what comes next'));
  app.use(((_error, _req, res, _next) => {
    res.status(500).end('an error page');
  }) satisfies express.ErrorRequestHandler);
  const targets = [
    '/mounted/a.txt',
    '/route/a.txt',
    '/send',
    `/links${links.signer.sign('a.txt')}`,
    '/offload',
  ];
  return { app, targets };
}

/** Expects that a response has none of these headers. */
function expectWithout(headers: object, ...names: readonly string[]): void {
  expect(Object.keys(headers).filter((name) => names.includes(name))).toEqual([]);
}

const VALUES: readonly unknown[] = [undefined, null, '', 0, new Error('mine')];
const throwing = (value: unknown) => (): never => {
  throw value;
};
const OPTIONS: readonly [string, (value: unknown) => XSendfileOptions][] = [
  ['setHeaders', (value) => ({ setHeaders: throwing(value) })],
  ['disposition', (value) => ({ disposition: throwing(value) })],
  ['etag', (value) => ({ etag: throwing(value) })],
  ['contentType', (value) => ({ contentType: throwing(value) })],
  ['sender', (value) => ({ sender: throwing(value), handshake: false })],
  ['a sender that rejects', (value) => ({ sender: () => Promise.reject(value), handshake: false })],
];

describe.each(OPTIONS)('%s that throws', (_name, create) => {
  it.each(VALUES)('leads to the error page when it throws %p', async (value) => {
    const { app, targets } = createApp(create(value));
    for (const target of targets) {
      const { headers, text } = await request(app).get(target).expect(500);
      expect([target, text]).toEqual([target, 'an error page']);
      expectWithout(headers, 'etag', 'last-modified', 'content-disposition');
    }
  });
});

it('onRefused leads to the error page when it throws undefined', async () => {
  const { app } = createApp({ onRefused: throwing(undefined) });
  const { text } = await request(app).get('/mounted/none').expect(500);
  expect(text).toBe('an error page');
});

describe('a middleware that throws when the headers are written', () => {
  it.each<[string, XSendfileOptions]>([
    ['serve', { disposition: 'attachment' }],
    ['nginx', { sender: 'nginx', handshake: false }],
  ])('leaves no header of the file on the error page (%s)', async (_name, options) => {
    const handler = xsendfile(root, options);
    const app = express().set('env', 'test');
    app.use((_req, res, next) => {
      const { writeHead } = res;
      res.writeHead = () => {
        res.writeHead = writeHead;
        throw new Error('a listener of on-headers');
      };
      next();
    });
    app.use(handler);
    app.use(((_error, _req, res, _next) => {
      res.status(500).end('an error page');
    }) satisfies express.ErrorRequestHandler);
    const { headers } = await request(app).get('/large.bin').expect(500);
    expectWithout(headers, 'etag', 'last-modified', 'content-disposition');
    expectWithout(headers, 'cache-control', 'x-accel-redirect');
  });
});
