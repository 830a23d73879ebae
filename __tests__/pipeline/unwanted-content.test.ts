import fs from 'node:fs';
import { authToken, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import type { RawRequest } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

const SIZE = 900_000;
const root = createTree({
  'small.bin': Buffer.alloc(50_000, 's'),
  'large.bin': Buffer.alloc(SIZE, 'l'),
  'app.js': Buffer.alloc(SIZE, 'a'),
  'app.js.gz': Buffer.alloc(SIZE, 'g'),
});
const SECRET = '0123456789abcdef0123456789abcdef';

beforeEach(() => letFilesSettle());
afterEach(() => jest.restoreAllMocks());

/** Counts the bytes that are read from files from now on. */
function countReads(): () => number {
  const read = jest.spyOn(fs, 'read');
  return () => {
    const lengths = read.mock.calls.map((call: unknown[]) => Number(call[3]));
    read.mockClear();
    return lengths.reduce((sum, length) => sum + length, 0);
  };
}

type Start = (options: XSendfileOptions) => ReturnType<typeof listenWith>;
const WAYS: Readonly<Record<string, Start>> = {
  'a mounted handler': (options) => {
    const handler = xsendfile(root, options);
    return listenWith((req, res) => handler(req, res));
  },
  'send()': (options) => {
    const handler = xsendfile(root, options);
    return listenWith((req, res) => {
      handler.send(req, res, (req.url ?? '').slice(1)).catch((error: { status: number }) => {
        res.writeHead(error.status).end();
      });
    });
  },
  'a signed link': (options) => {
    const handler = authToken(SECRET, root, options);
    return listenWith((req, res) => {
      req.url = handler.signer.sign((req.url ?? '').slice(1));
      handler(req, res);
    });
  },
};

const FILES = ['/small.bin', '/large.bin', '/app.js'];
const PRECOMPRESSED = { precompressed: ['gzip'] } as const;
const refuse = { allow: async () => false };

/** Request, options, status, and how many bytes it may read at most. */
const WITHOUT: [string, Omit<RawRequest, 'target'>, XSendfileOptions, number, number][] = [
  ['HEAD', { method: 'HEAD' }, {}, 200, 0],
  ['HEAD with a range', { method: 'HEAD', headers: { Range: 'bytes=0-' } }, {}, 200, 0],
  ['HEAD that is allowed', { method: 'HEAD' }, { allow: () => true }, 200, 0],
  ['the first byte', { headers: { Range: 'bytes=0-0' } }, {}, 206, 1],
  ['the last byte', { headers: { Range: 'bytes=-1' } }, {}, 206, 1],
  ['all but one byte', { headers: { Range: 'bytes=1-9' } }, {}, 206, 9],
  ['two ranges', { headers: { Range: 'bytes=0-0,5-5' } }, {}, 206, 2],
  ['304', { headers: { 'If-None-Match': '*' } }, {}, 304, 0],
  ['304 by date', { headers: { 'If-Modified-Since': new Date().toUTCString() } }, {}, 304, 0],
  ['412', { headers: { 'If-Match': '"other"' } }, {}, 412, 0],
  ['412 by date', { headers: { 'If-Unmodified-Since': new Date(0).toUTCString() } }, {}, 412, 0],
  ['416', { headers: { Range: 'bytes=99999999-' } }, {}, 416, 0],
  ['a refusal by allow', {}, refuse, 404, 0],
  ['a refusal by allow, without a cache', {}, { ...refuse, cache: false }, 404, 0],
];
const WITH: [string, Omit<RawRequest, 'target'>, XSendfileOptions, number][] = [
  ['GET', {}, {}, 200],
  ['GET that is allowed', {}, { allow: async () => true }, 200],
  ['all bytes as a range', { headers: { Range: 'bytes=0-' } }, {}, 206],
  ['a condition that does not hold', { headers: { 'If-None-Match': '"other"' } }, {}, 200],
  ['GET with a rate', {}, { rate: 100_000_000 }, 200],
];

describe.each(Object.entries(WAYS))('the cache of %s', (_way, start) => {
  it.each(WITHOUT)('reads nothing for %s', async (_title, request, options, status, most) => {
    const { request: ask } = await start({ ...PRECOMPRESSED, ...options });
    const reads = countReads();
    for (const target of FILES) {
      const headers = { 'Accept-Encoding': 'gzip', ...request.headers };
      // Several ranges of an encoded file are sent as the whole file.
      if (status === 206 && most === 2 && target === '/app.js') continue;
      for (let times = 0; times < 3; times += 1) {
        expect((await ask({ ...request, target, headers })).status).toBe(status);
        expect(reads()).toBeLessThanOrEqual(most);
      }
    }
  });

  it.each(WITH)('is filled by %s', async (_title, request, options, status) => {
    const { request: ask } = await start({ ...PRECOMPRESSED, ...options });
    const reads = countReads();
    for (const target of FILES) {
      const response = await ask({ ...request, target });
      expect([response.status, response.body.length > 0]).toEqual([status, true]);
      reads();
      await ask({ ...request, target });
      expect(reads()).toBe(0);
    }
  });
});

it('evicts no file from the cache for requests without content', async () => {
  const handler = xsendfile(root, { cache: { maxBytes: SIZE + 10 } });
  const { request } = await listenWith((req, res) => handler(req, res));
  await request({ target: '/large.bin' });
  await request({ method: 'HEAD', target: '/app.js' });
  await request({ target: '/app.js', headers: { Range: 'bytes=0-0' } });
  const reads = countReads();
  await request({ target: '/large.bin' });
  expect(reads()).toBe(0);
});
