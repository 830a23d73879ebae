import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import {
  authToken,
  BadOptionError,
  type Content,
  type FileOverrides,
  type Outcome,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { createTree, OLD } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';

const root = createTree({ 'a.txt': 'a file' });
const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const LAST = BYTES.length - 1;
const CHUNK = 10_000;

/** Sends content for each request, on bare node:http. */
function createSite(
  content: Uint8Array | Content | (() => Uint8Array | Content),
  options: XSendfileOptions = {},
  overrides?: FileOverrides,
) {
  const outcomes: Outcome[] = [];
  const errors: unknown[] = [];
  const handler = xsendfile(root, { ...options, onFinish: (outcome) => outcomes.push(outcome) });
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    const given = typeof content === 'function' ? content() : content;
    handler.sendContent(req, res, given, overrides).catch((error) => {
      errors.push(error);
      if (!res.headersSent) res.writeHead(error.status ?? 500).end();
    });
  };
  return listenWith(listener, outcomes).then((site) => ({ ...site, errors }));
}

/** What a source was asked for, and whether it was closed. */
interface Calls {
  readonly reads: [number, number | undefined][];
  chunks: number;
  closed: number;
}

function createCalls(): Calls {
  return { reads: [], chunks: 0, closed: 0 };
}

/** A generator of these bytes. */
function generated(calls: Calls, properties: Partial<Content> = {}): Content {
  return {
    name: 'report.pdf',
    size: BYTES.length,
    etag: 'v1',
    mtime: OLD,
    async *read(start, end = LAST) {
      calls.reads.push([start, end]);
      try {
        for (let position = start; position <= end; position += CHUNK) {
          calls.chunks += 1;
          yield BYTES.subarray(position, Math.min(position + CHUNK, end + 1));
        }
      } finally {
        calls.closed += 1;
      }
    },
    ...properties,
  };
}

const FORMS: readonly { title: string; create: () => Uint8Array | Content }[] = [
  { title: 'a Buffer', create: () => BYTES },
  { title: 'a Uint8Array', create: () => new Uint8Array(BYTES) },
  { title: 'an async generator', create: () => generated(createCalls()) },
  {
    title: 'a Readable',
    create: () => ({
      ...generated(createCalls()),
      read: (start, end = LAST) => Readable.from([BYTES.subarray(start, end + 1)]),
    }),
  },
  {
    title: 'a promise of a Readable',
    create: () => ({
      ...generated(createCalls()),
      read: async (start, end = LAST) => Readable.from([BYTES.subarray(start, end + 1)]),
    }),
  },
];

describe.each(FORMS)('handler.sendContent(req, res, content) with $title', ({ create }) => {
  it('sends all of it, and its head alone for HEAD', async () => {
    const { check, outcomes } = await createSite(create);
    const headers = { 'content-length': String(BYTES.length), 'accept-ranges': 'bytes' };
    await check({ target: '/' }, { status: 200, headers, body: BYTES });
    await check({ method: 'HEAD', target: '/' }, { status: 200, headers, body: '' });
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toMatchObject([
      { kind: 'sent', bytes: BYTES.length, size: BYTES.length, sender: 'serve' },
      { kind: 'sent', bytes: 0 },
    ]);
  });

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=250000-', 250_000, LAST],
    ['bytes=-5', LAST - 4, LAST],
    ['bytes=9999-10001', 9999, 10_001],
  ] as const)('sends %s', async (range, start, end) => {
    const { check, outcomes } = await createSite(create);
    await check(
      { target: '/', headers: { Range: range } },
      {
        status: 206,
        headers: { 'content-range': `bytes ${start}-${end}/${BYTES.length}` },
        body: BYTES.subarray(start, end + 1),
      },
    );
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', status: 206, range: { start, end } }]);
  });

  it('sends several ranges as multipart', async () => {
    const { request } = await createSite(create);
    const response = await request({ target: '/', headers: { Range: 'bytes=1-2,200000-200009' } });
    expect(response.status).toBe(206);
    expect(response.headers['content-type']).toMatch(/^multipart\/byteranges/);
    expect(response.body.includes(BYTES.subarray(200_000, 200_010))).toBe(true);
    expect(String(response.headers['content-length'])).toBe(String(response.body.length));
  });

  it('answers 416 for a range behind the end', async () => {
    const { check, errors } = await createSite(create);
    await check(
      { target: '/', headers: { Range: 'bytes=300000-' } },
      { status: 416, headers: { 'content-range': `bytes */${BYTES.length}` } },
    );
    expect(errors).toEqual([]);
  });

  it('keeps the rate', async () => {
    const { check } = await createSite(create, { rate: 1_000_000 });
    const began = performance.now();
    await check({ target: '/' }, { status: 200, body: BYTES });
    expect(performance.now() - began).toBeGreaterThan(200);
  });

  it('ends with the client', async () => {
    const { port, outcomes } = await createSite(create, { rate: 10_000 });
    const connection = await Connection.open(port);
    connection.send({ target: '/' });
    await connection.receive(500);
    connection.destroy();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted' }]);
  });
});

describe('handler.sendContent(req, res, content)', () => {
  it('revalidates and resumes by the ETag and date of the content', async () => {
    const calls = createCalls();
    const { check } = await createSite(generated(calls));
    const headers = { etag: '"v1"', 'last-modified': OLD.toUTCString() };
    await check({ target: '/' }, { status: 200, headers });
    for (const condition of [
      { 'If-None-Match': '"v1"' },
      { 'If-Modified-Since': OLD.toUTCString() },
    ]) {
      await check({ target: '/', headers: condition }, { status: 304, headers });
    }
    await check({ target: '/', headers: { 'If-Match': '"v2"' } }, { status: 412 });
    const resumed = { Range: 'bytes=5-', 'If-Range': '"v1"' };
    await check({ target: '/', headers: resumed }, { status: 206, body: BYTES.subarray(5) });
    const changed = { Range: 'bytes=5-', 'If-Range': '"v2"' };
    await check({ target: '/', headers: changed }, { status: 200, body: BYTES });
    // Not for 304 and 412.
    expect(calls.reads).toEqual([
      [0, LAST],
      [5, LAST],
      [0, LAST],
    ]);
    await eventually(() => calls.closed === 3);
    expect(calls.closed).toBe(3);
  });

  it('never answers 304 without ETag and date, and never resumes', async () => {
    const { check } = await createSite(
      generated(createCalls(), { etag: undefined, mtime: undefined }),
    );
    const headers = { etag: null, 'last-modified': null };
    await check({ target: '/' }, { status: 200, headers });
    await check({ target: '/', headers: { 'If-None-Match': '"v1"' } }, { status: 200 });
    const since = { 'If-Modified-Since': new Date().toUTCString() };
    await check({ target: '/', headers: since }, { status: 200 });
    const resumed = { Range: 'bytes=5-', 'If-Range': new Date().toUTCString() };
    await check({ target: '/', headers: resumed }, { status: 200, body: BYTES });
  });

  it('sends content of unknown size in chunks, without ranges', async () => {
    const { request, outcomes } = await createSite(() =>
      generated(createCalls(), { size: undefined }),
    );
    const response = await request({ target: '/', headers: { Range: 'bytes=1-2' } });
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    expect(response.headers).not.toHaveProperty('accept-ranges');
    expect(response.headers).not.toHaveProperty('content-length');
    expect(response.body.equals(BYTES)).toBe(true);
    await request({ method: 'HEAD', target: '/' });
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: BYTES.length, size: undefined }, {}]);
  });

  it('has the headers of a file with that name', async () => {
    const { check } = await createSite(() => generated(createCalls(), { name: 'Bericht Ü.html' }), {
      disposition: (file) => ({ type: 'inline', filename: file.name }),
    });
    await check(
      { target: '/' },
      {
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': 'sandbox',
          'content-disposition': /filename\*=UTF-8''Bericht%20%C3%9C.html/,
          'cache-control': 'private, no-cache',
          'x-content-type-options': 'nosniff',
        },
      },
    );
  });

  it('takes type and disposition from the call, then from the content', async () => {
    const content = () => generated(createCalls(), { type: 'text/x-report' });
    const plain = await createSite(content);
    await plain.check(
      { target: '/' },
      { status: 200, headers: { 'content-type': 'text/x-report' } },
    );
    const overridden = await createSite(
      content,
      {},
      {
        contentType: 'application/x-own',
        contentDisposition: { filename: 'own.bin' },
      },
    );
    await overridden.check(
      { target: '/' },
      {
        status: 200,
        headers: {
          'content-type': 'application/x-own',
          'content-disposition': /^attachment; filename="?own.bin"?$/,
        },
      },
    );
  });

  it('is always sent from this process, whatever the sender', async () => {
    const { check, outcomes } = await createSite(() => generated(createCalls()), {
      sender: 'nginx',
      handshake: false,
      within: () => 'a directory of files',
    });
    await check(
      { target: '/' },
      { status: 200, body: BYTES, headers: { 'x-accel-redirect': null } },
    );
    expect(outcomes).toMatchObject([{ kind: 'sent', sender: 'serve', path: 'report.pdf' }]);
  });

  it('calls allow, and passes the known facts to hooks', async () => {
    const seen: unknown[] = [];
    const { check } = await createSite(() => generated(createCalls()), {
      allow: ({ name, size, path }) => seen.push([name, size, path]) > 0 && name !== 'report.pdf',
    });
    await check({ target: '/' }, { status: 404 });
    expect(seen).toEqual([['report.pdf', BYTES.length, '']]);
  });

  it('works in Express, on routes for links, and over HTTP/2', async () => {
    const links = authToken('0123456789abcdef0123456789abcdef', root);
    const app = express().get('/', (req, res) => links.files.sendContent(req, res, BYTES));
    const { check } = await listenWith(app);
    await check({ target: '/' }, { status: 200, body: BYTES });

    const handler = xsendfile(root);
    const server = createHttp2Server((req, res) => {
      void handler.sendContent(req, res, generated(createCalls()));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const chunks: Buffer[] = [];
    for await (const chunk of session.request({ ':path': '/' })) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(BYTES)).toBe(true);
    session.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses other methods', async () => {
    const { check } = await createSite(BYTES);
    await check({ method: 'POST', target: '/' }, { status: 405 });
  });
});

/** Sources that do not keep what they promise. */
const FAULTS: readonly { title: string; code: string; read: Content['read'] }[] = [
  {
    title: 'gives too little',
    code: 'ERR_XSENDFILE_CONTENT_LENGTH',
    async *read() {
      yield BYTES.subarray(0, 1000);
    },
  },
  {
    title: 'gives a chunk that is too long',
    code: 'ERR_XSENDFILE_CONTENT_LENGTH',
    async *read() {
      yield Buffer.concat([BYTES, BYTES]);
    },
  },
  {
    title: 'throws in the middle',
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
    async *read() {
      yield BYTES.subarray(0, 1000);
      throw new Error('the database is gone');
    },
  },
  {
    title: 'throws an error of this package',
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
    async *read() {
      yield BYTES.subarray(0, 1000);
      throw new BadOptionError('from somewhere else');
    },
  },
  {
    title: 'throws at once',
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
    read() {
      throw new Error('no connection');
    },
  },
  {
    title: 'rejects',
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
    read: async () => Promise.reject(new Error('no connection')),
  },
  {
    title: 'returns nothing',
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
    read: () => undefined as never,
  },
  {
    title: 'gives strings',
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
    async *read() {
      yield 'text' as never;
    },
  },
  {
    title: 'is a Readable with an error',
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
    read: () =>
      new Readable({
        read() {
          this.destroy(new Error('broken'));
        },
      }),
  },
  {
    title: 'stalls',
    code: 'ERR_XSENDFILE_CONTENT_STALLED',
    async *read() {
      yield BYTES.subarray(0, 1000);
      await new Promise(() => {});
    },
  },
  {
    title: 'stalls before the first byte',
    code: 'ERR_XSENDFILE_CONTENT_STALLED',
    read: () => new Promise(() => {}),
  },
  {
    title: 'gives nothing but empty chunks',
    code: 'ERR_XSENDFILE_CONTENT_STALLED',
    async *read() {
      for (;;) yield Buffer.alloc(0);
    },
  },
  {
    title: 'gives an empty chunk now and then',
    code: 'ERR_XSENDFILE_CONTENT_STALLED',
    async *read() {
      yield BYTES.subarray(0, 1000);
      for (;;) {
        await delay(50);
        yield Buffer.alloc(0);
      }
    },
  },
];

/** What sources do after their last byte, and what the warning says about it; undefined for no warning. */
const ENDINGS: readonly {
  title: string;
  warning?: RegExp;
  end: () => AsyncIterable<Uint8Array>;
}[] = [
  {
    title: 'takes a moment to end',
    // biome-ignore lint/correctness/useYield: it has given its bytes.
    async *end() {
      await delay(200);
    },
  },
  {
    title: 'ends after empty chunks',
    async *end() {
      for (let index = 0; index < 5; index += 1) yield Buffer.alloc(0);
    },
  },
  {
    title: 'throws afterwards',
    warning: /the signature is wrong/,
    // biome-ignore lint/correctness/useYield: it has given its bytes.
    async *end() {
      await delay(50);
      throw new Error('the signature is wrong');
    },
  },
  {
    title: 'has more bytes',
    warning: /it had more bytes/,
    async *end() {
      yield Buffer.from('more');
    },
  },
  {
    title: 'gives a string afterwards',
    warning: /a chunk must be a Uint8Array/,
    async *end() {
      yield 'more' as never;
    },
  },
  {
    title: 'never ends',
    warning: /it did not end within the idle timeout/,
    async *end() {
      await new Promise(() => {});
    },
  },
];

afterEach(() => jest.restoreAllMocks());

describe.each(ENDINGS)('handler.sendContent() when the source $title', ({ warning, end }) => {
  const WAYS: readonly [string, Partial<Content>, string | undefined, number][] = [
    ['the whole content', {}, undefined, BYTES.length],
    ['a range', {}, 'bytes=10-19', 10],
    ['several ranges', {}, 'bytes=10-19,200000-200009', 20],
  ];
  it.each(WAYS)(
    'is complete with the last byte of %s',
    async (_title, properties, range, bytes) => {
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      let closed = 0;
      const content: Content = {
        ...generated(createCalls()),
        async *read(start, last = LAST) {
          try {
            yield BYTES.subarray(start, last + 1);
            yield* end();
          } finally {
            closed += 1;
          }
        },
        ...properties,
      };
      const { port, outcomes } = await createSite(content, { idleTimeout: 1 });
      const connection = await Connection.open(port);
      connection.send({ target: '/', headers: range === undefined ? {} : { Range: range } });
      const { headers } = await connection.read();
      expect(headers).toHaveProperty('content-length');
      // As a client that needs nothing else.
      connection.destroy();
      await eventually(() => outcomes.length === 1);
      expect(outcomes).toMatchObject([{ kind: 'sent', bytes }]);
      const reads = range?.includes(',') ? 2 : 1;
      const isHanging = String(warning).includes('idle');
      await eventually(() => isHanging || closed === reads);
      await eventually(() => warning === undefined || warnings.mock.calls.length === reads);
      for (const [message, options] of warnings.mock.calls as unknown as [string, object][]) {
        expect(message).toMatch(warning ?? /no warning/);
        expect(options).toEqual(warningOptions('XSENDFILE_CONTENT_AFTER_END'));
      }
      warnings.mockRestore();
    },
  );
});

it('destroys a Readable with a known size only after it has ended', async () => {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const ends: string[] = [];
  const stream = new Readable({ read() {} });
  stream.on('end', () => ends.push('end')).on('error', () => ends.push('error'));
  stream.push('12345');
  const { check, outcomes } = await createSite({ name: 'a.csv', size: 5, read: () => stream });
  await check({ target: '/' }, { status: 200, body: '12345' });
  await eventually(() => outcomes.length === 1);
  expect([outcomes[0]?.kind, stream.destroyed]).toEqual(['sent', false]);
  stream.push(null);
  await eventually(() => stream.destroyed);
  expect([ends, warnings.mock.calls]).toEqual([['end'], []]);
  warnings.mockRestore();
});

describe('handler.sendContent() of a source that cannot seek', () => {
  const whole = { status: 200, headers: { 'accept-ranges': null, 'content-range': null } };

  it.each([
    ['a range', { Range: 'bytes=5-9' }],
    ['a range that cannot be satisfied', { Range: 'bytes=999999-' }],
    ['a resumed download', { Range: 'bytes=5-', 'If-Range': '"v1"' }],
  ])('sends all of it for %s', async (_title, headers) => {
    const calls = createCalls();
    const { check } = await createSite(generated(calls), {}, { acceptRanges: false });
    await check({ target: '/', headers }, { ...whole, body: BYTES });
    await check({ target: '/', headers: { 'If-None-Match': '"v1"' } }, { status: 304 });
    expect(calls.reads).toEqual([[0, LAST]]);
  });

  it('can be the exception to the option', async () => {
    const site = await createSite(BYTES, { acceptRanges: false }, { acceptRanges: true });
    await site.check({ target: '/', headers: { Range: 'bytes=5-9' } }, { status: 206 });
  });
});

describe.each(FAULTS)('handler.sendContent() when the source $title', ({ code, read }) => {
  it('closes the connection, and says why in the outcome', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { port, outcomes, errors } = await createSite(
      () => ({ name: 'a.bin', size: BYTES.length, read }),
      { idleTimeout: 0.3 },
    );
    const connection = await Connection.open(port);
    connection.send({ target: '/' });
    const received = await connection.readAll();
    const body = received.subarray(received.indexOf('\r\n\r\n') + 4);
    expect(body.equals(BYTES.subarray(0, body.length))).toBe(true);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'failed', code }]);
    expect(errors).toEqual([]);
    expect(warnings.mock.calls.length).toBe(code === 'ERR_XSENDFILE_CONTENT_FAILED' ? 1 : 0);
    warnings.mockRestore();
  });
});

describe('backpressure of handler.sendContent()', () => {
  it('reads one chunk at a time from an endless source, and closes it with the client', async () => {
    const calls = createCalls();
    const endless: Content = {
      name: 'endless.bin',
      async *read() {
        try {
          for (;;) {
            calls.chunks += 1;
            yield Buffer.alloc(64 * 1024);
          }
        } finally {
          calls.closed += 1;
        }
      },
    };
    const { port, outcomes } = await createSite(endless);
    const connection = await Connection.open(port);
    connection.pause();
    connection.send({ target: '/' });
    let before = -1;
    // The buffers of the systems fill up.
    await eventually(async () => {
      const isStill = calls.chunks === before && calls.chunks > 0;
      before = calls.chunks;
      await delay(100);
      return isStill;
    });
    const { chunks } = calls;
    await delay(300);
    expect(calls.chunks).toBe(chunks);
    expect(chunks * 64 * 1024).toBeLessThan(32 * 1024 * 1024);
    connection.destroy();
    await eventually(() => calls.closed === 1 && outcomes.length === 1);
    expect(calls.closed).toBe(1);
    expect(outcomes).toMatchObject([{ kind: 'aborted' }]);
  });

  it('destroys a Readable when the client disconnects while it is read', async () => {
    const stream = new Readable({ read() {} });
    const { port, outcomes } = await createSite({ name: 'a.bin', size: 10, read: () => stream });
    const connection = await Connection.open(port);
    connection.send({ target: '/' });
    await eventually(() => stream.readableFlowing !== null || stream.listenerCount('readable') > 0);
    connection.destroy();
    await eventually(() => outcomes.length === 1 && stream.destroyed);
    expect(stream.destroyed).toBe(true);
    expect(outcomes).toMatchObject([{ kind: 'aborted' }]);
  });

  it('distinguishes a slow source from a client that has stopped reading', async () => {
    const slow: Content = {
      name: 'slow.bin',
      size: 5,
      async *read() {
        for (let index = 0; index < 5; index += 1) {
          await delay(200);
          yield Buffer.from('x');
        }
      },
    };
    const { check, outcomes } = await createSite(slow, { idleTimeout: 0.5 });
    await check({ target: '/' }, { status: 200, body: 'xxxxx' });
    expect(outcomes).toMatchObject([{ kind: 'sent' }]);
  });
});

describe('bad content for handler.sendContent()', () => {
  const read = generated(createCalls()).read;
  it.each([
    ['a string', 'text', /content must be a Buffer, .*got a string/],
    ['nothing', undefined, /content must be a Buffer/],
    ['no name', { read }, /name must be a file name/],
    ['a negative size', { name: 'a', size: -1, read }, /size must be a number of bytes.*-1/],
    ['a size that is no number', { name: 'a', size: '5', read }, /size must be/],
    [
      'a date that is none',
      { name: 'a', mtime: new Date(Number.NaN), read },
      /mtime must be a Date/,
    ],
    ['no read', { name: 'a' }, /read must be a function/],
    ['an unknown key', { name: 'a', read, lenght: 5 }, /unknown option "lenght"/],
  ] as [string, unknown, RegExp][])(
    'rejects %s before anything is written',
    async (_t, content, message) => {
      const { check, errors } = await createSite(() => content as Content);
      await check({ target: '/' }, { status: 500 });
      expect(errors).toMatchObject([expect.any(BadOptionError)]);
      expect(String((errors[0] as Error).message)).toMatch(message);
    },
  );

  it.each([
    ['an ETag', { etag: 'a"b' }],
    ['a type', { type: 'text/plain\r\nX: y' }],
  ])('rejects %s that a header cannot hold', async (_title, properties) => {
    const { check, errors } = await createSite(generated(createCalls(), properties));
    await check({ target: '/' }, { status: 500 });
    expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_BAD_HEADER' }]);
  });

  it('sends an empty Buffer', async () => {
    const { check } = await createSite(Buffer.alloc(0));
    await check({ target: '/' }, { status: 200, headers: { 'content-length': '0' }, body: '' });
  });
});
