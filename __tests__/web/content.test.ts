import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BadOptionError,
  type Content,
  type FileOverrides,
  type Outcome,
  outcomeOf,
  xsendfile,
} from '../../lib/web/index.js';
import { eventually } from '../helpers/eventually.js';
import { createTree, OLD } from '../helpers/tree.js';
import { openFixture } from './site.js';
import { WAYS, type Way } from './ways.js';

const root = createTree({ 'a.txt': 'a file', 'large.bin': Buffer.alloc(1_000_000, 'x') });
const BYTES = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 251));

function createContentFixture(
  way: Way,
  content: Uint8Array | Content,
  overrides?: FileOverrides,
  options = {},
) {
  const outcomes: Outcome[] = [];
  const onFinish = (outcome: Outcome) => void outcomes.push(outcome);
  const files = xsendfile(root, { onFinish, ...options });
  return openFixture(way, (request) => files.sendContent(request, content, overrides), outcomes);
}

const contentOf = (read: Content['read'], properties: Partial<Content> = {}): Content => ({
  name: 'report.pdf',
  size: BYTES.length,
  mtime: OLD,
  etag: 'v1',
  read,
  ...properties,
});

const readable = (start: number, end: number | undefined) =>
  Readable.from([BYTES.subarray(start, end === undefined ? undefined : end + 1)], {
    objectMode: false,
  });

afterEach(() => jest.restoreAllMocks());

describe.each(WAYS)('sendContent() with $name', (way) => {
  const shared = new Uint8Array(new SharedArrayBuffer(1000)).fill(7);

  it.each([BYTES, new Uint8Array(BYTES), Buffer.from('small'), shared])(
    'sends bytes',
    async (bytes) => {
      const { check, outcomes } = await createContentFixture(way, bytes, {
        contentType: 'application/pdf',
        contentDisposition: { type: 'attachment', filename: 'Ünï.pdf' },
      });
      const headers = {
        'Content-Type': 'application/pdf',
        'Content-Length': String(bytes.length),
        'Content-Disposition': /filename\*=UTF-8''%C3%9Cn%C3%AF\.pdf$/,
      };
      await check({ target: '/' }, { status: 200, headers, body: Buffer.from(bytes) });
      await check({ target: '/', method: 'HEAD' }, { status: 200, headers, body: '' });
      expect(outcomes[0]).toMatchObject({ kind: 'sent', bytes: bytes.length });
    },
  );

  it('sends what a Readable gives, whole, in ranges and by conditions', async () => {
    const { check, outcomes } = await createContentFixture(way, contentOf(readable));
    await check(
      { target: '/' },
      { status: 200, headers: { ETag: '"v1"', 'Content-Type': 'application/pdf' }, body: BYTES },
    );
    const range = { Range: 'bytes=100000-' };
    await check({ target: '/', headers: range }, { status: 206, body: BYTES.subarray(100_000) });
    await check({ target: '/', headers: { 'If-None-Match': '"v1"' } }, { status: 304, body: '' });
    await eventually(() => outcomes.length === 3);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'not-modified']);
  });

  it('sends content of unknown size', async () => {
    const content: Content = { name: 'log.txt', read: readable };
    const { check } = await createContentFixture(way, content);
    await check({ target: '/' }, { status: 200, headers: { 'Content-Length': null }, body: BYTES });
  });

  it.each<[string, Content['read'], string]>([
    ['too short', () => Readable.from([Buffer.alloc(10)]), 'ERR_XSENDFILE_CONTENT_LENGTH'],
    ['too long', () => Readable.from([BYTES, BYTES]), 'ERR_XSENDFILE_CONTENT_LENGTH'],
    [
      'broken',
      async function* () {
        yield Buffer.alloc(10);
        throw new Error('broken');
      },
      'ERR_XSENDFILE_CONTENT_FAILED',
    ],
    [
      'stalled',
      async function* () {
        yield Buffer.alloc(10);
        await delay(2000);
      },
      'ERR_XSENDFILE_CONTENT_STALLED',
    ],
  ])('never looks whole if it is %s', async (title, read, code) => {
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    // Frameworks print the error.
    jest.spyOn(console, 'error').mockImplementation(() => {});
    const size = title === 'too long' ? BYTES.length + 1 : BYTES.length;
    const options = { idleTimeout: 0.3 };
    const content = contentOf(read, { size });
    const { ask, outcomes } = await createContentFixture(way, content, {}, options);
    const asked = ask({ target: '/' });
    if (way.hasConnection) expect((await asked).body.length).not.toBe(size);
    else await expect(asked).rejects.toThrow('The file could not be sent completely.');
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'failed', code }]);
  });
});

describe('memory of the application', () => {
  const files = xsendfile(root);
  const request = () => new Request('http://localhost/');

  it('is never taken away: chunks, bytes and cached files', async () => {
    const pooled = Buffer.from('from the pool of Node');
    const chunks = [pooled, Buffer.alloc(200_000, 'y'), new Uint8Array(300_000)];
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const content = { name: 'x', size: length, read: () => Readable.from(chunks) };
    for (let round = 0; round < 3; round += 1) {
      const response = await files.sendContent(request(), content);
      expect((await response.arrayBuffer()).byteLength).toBe(length);
      const bytes = await files.sendContent(request(), BYTES);
      expect(Buffer.from(await bytes.arrayBuffer()).equals(BYTES)).toBe(true);
      const limited = await files.sendContent(request(), BYTES, { rate: 10_000_000 });
      expect(Buffer.from(await limited.arrayBuffer()).equals(BYTES)).toBe(true);
      const cached = await files(new Request('http://localhost/large.bin'));
      expect((await cached.arrayBuffer()).byteLength).toBe(1_000_000);
    }
    expect(chunks.map(({ length: each }) => each)).toEqual([21, 200_000, 300_000]);
    expect(String(pooled)).toBe('from the pool of Node');
    expect(Buffer.from('the pool still works').buffer.byteLength).toBeGreaterThan(0);
  });
});

describe('a source of content is closed', () => {
  it.each<[string, (response: Response, abort: AbortController) => unknown]>([
    ['the body is cancelled', (response) => response.body?.cancel()],
    ['the request is aborted', (_response, abort) => abort.abort()],
  ])('if %s before anything was read', async (_title, leave) => {
    const files = xsendfile(root);
    for (const isAsync of [false, true]) {
      const source = readable(0, undefined);
      const content = contentOf(() => (isAsync ? Promise.resolve(source) : source));
      const abort = new AbortController();
      const request = new Request('http://localhost/', { signal: abort.signal });
      // At once: the source may have been opened in this very turn.
      await leave(await files.sendContent(request, content), abort);
      await eventually(() => source.destroyed);
    }
  });
});

describe('outcomeOf()', () => {
  const request = (target: string, init: RequestInit = {}) =>
    new Request(`http://localhost${target}`, init);

  it.each<[string, string, RequestInit, object]>([
    ['sent from memory', '/a.txt', {}, { kind: 'sent', status: 200, bytes: 6 }],
    ['sent in chunks', '/large.bin', {}, { kind: 'sent', status: 200, bytes: 1_000_000 }],
    ['HEAD', '/a.txt', { method: 'HEAD' }, { kind: 'sent', status: 200, bytes: 0 }],
    ['not modified', '/a.txt', { headers: { 'If-None-Match': '*' } }, { kind: 'not-modified' }],
    ['refused', '/gone.txt', {}, { kind: 'refused', status: 404, errno: 'ENOENT' }],
    ['refused method', '/a.txt', { method: 'POST' }, { kind: 'refused', status: 405 }],
    ['416', '/a.txt', { headers: { Range: 'bytes=9-' } }, { kind: 'refused', status: 416 }],
    ['412', '/a.txt', { headers: { 'If-Match': '"x"' } }, { kind: 'refused', status: 412 }],
  ])('of a response: %s', async (_title, target, init, expected) => {
    const response = await xsendfile(root)(request(target, init));
    const outcome = outcomeOf(response);
    await response.arrayBuffer();
    expect(await outcome).toMatchObject(expected);
  });

  it('of offloaded, aborted and failed ones, and of the response of onRefused', async () => {
    const offloading = xsendfile(root, { sender: 'nginx', handshake: false });
    const offloaded = await offloading(request('/a.txt'));
    expect(await outcomeOf(offloaded)).toMatchObject({ kind: 'offloaded', sender: 'nginx' });
    const aborted = await xsendfile(root, { cache: false })(request('/large.bin'));
    await aborted.body?.cancel();
    expect(await outcomeOf(aborted)).toMatchObject({ kind: 'aborted', status: 200 });
    const own = new Response('our page', { status: 404 });
    const refusing = xsendfile(root, { onRefused: () => own });
    expect(await refusing(request('/gone.txt'))).toBe(own);
    expect(await outcomeOf(own)).toMatchObject({ kind: 'refused', status: 404 });
  });

  it('rejects for any other response', async () => {
    const message = /this is not a response of a handler/;
    await expect(outcomeOf(new Response('x'))).rejects.toThrow(message);
    await expect(outcomeOf(undefined as never)).rejects.toThrow(TypeError);
  });
});

describe('wrong arguments', () => {
  const files = xsendfile(root);

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'got undefined. Pass the Request.'],
    ['null', null, 'got null. Pass the Request.'],
    ['a URL', 'http://localhost/a.txt', 'got a string of 22 characters. Pass the Request.'],
    [
      'the context of Hono',
      { req: { raw: new Request('http://localhost') } },
      'got the context of Hono. Pass c.req.raw.',
    ],
    [
      'the request of Hono',
      { raw: new Request('http://localhost'), url: 'http://localhost/', method: 'GET' },
      'got the request of Hono. Pass c.req.raw.',
    ],
    [
      'an event of SvelteKit',
      { request: new Request('http://localhost'), url: new URL('http://localhost') },
      'got the event or context of a framework. Pass its request.',
    ],
    [
      'an event of h3',
      { req: new Request('http://localhost') },
      'got the event or context of a framework. Pass its request.',
    ],
    [
      'a request of Node',
      { url: '/', method: 'GET', headers: { host: 'localhost' } },
      "got a request of Node. Use the main entry, 'xsendfile'.",
    ],
  ])('are refused: %s', async (_title, given, message) => {
    for (const [caller, ask] of [
      ['xsendfile', () => files(given as Request)],
      ['xsendfile: send()', () => files.send(given as Request, 'a.txt')],
      ['xsendfile: sendContent()', () => files.sendContent(given as Request, BYTES)],
    ] as const) {
      const asked = ask();
      await expect(asked).rejects.toThrow(BadOptionError);
      await expect(asked).rejects.toThrow(`${caller}: the request must be a Request, ${message}`);
    }
  });

  it.each(['/files/*', 'files', '/a/../b', '/a//b', 7])('are refused: the prefix %p', (prefix) => {
    expect(() => xsendfile(root, { prefix: prefix as string })).toThrow(BadOptionError);
  });

  it('of send() are refused', async () => {
    const request = new Request('http://localhost/');
    await expect(files.send(request, '../a.txt')).rejects.toMatchObject({ status: 403 });
    await expect(files.send(request, 'gone.txt')).rejects.toMatchObject({ status: 404 });
    await expect(files.send(request, 7 as never)).rejects.toThrow();
    const misspelt = { contentDispositon: 'inline' } as never;
    await expect(files.send(request, 'a.txt', misspelt)).rejects.toThrow(BadOptionError);
    await expect(files.sendContent(request, 'text' as never)).rejects.toThrow(BadOptionError);
  });
});
