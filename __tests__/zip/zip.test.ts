import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import {
  BadOptionError,
  type Content,
  type Outcome,
  RefusedError,
  xsendfile,
} from '../../lib/index.js';
import { type ZipEntry, zip } from '../../lib/zip/index.js';
import { Layout } from '../../lib/zip/layout.js';
import { eventually } from '../helpers/eventually.js';
import { binaryOf, describeWithPrograms } from '../helpers/programs.js';
import { Connection, type RawResponse } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree, OLD } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';
import { countOpenFiles, expectAllClosed } from '../pipeline/transfer/descriptors.js';
import { createArchiveSite, entriesOf } from './site.js';

const LARGE = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7) % 251));

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

function createRoot(): string {
  return createTree({ 'a.txt': 'the first', 'empty.txt': '', 'sub/large.bin': LARGE });
}

const ENTRIES: readonly ZipEntry[] = [
  { path: 'a.txt' },
  { path: ['sub', 'large.bin'], name: 'Large/é.bin' },
  { path: 'empty.txt' },
  { content: Buffer.from('a note'), name: 'NOTE.txt' },
];

/** The archive as a whole. */
async function wholeOf(site: { request: (raw: { target: string }) => Promise<RawResponse> }) {
  const response = await site.request({ target: '/' });
  expect(response.status).toBe(200);
  expect(response.body.length).toBe(Number(response.headers['content-length']));
  return response;
}

describe('an archive that sendContent() sends', () => {
  it('has a length, a strong ETag, a type and a name', async () => {
    const site = await createArchiveSite(createRoot(), {
      entries: ENTRIES,
      zipOptions: { name: 'Reports é.zip' },
    });
    const { headers, body } = await wholeOf(site);
    expect(headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="Reports _.zip"; filename*=UTF-8''Reports%20%C3%A9.zip`,
      etag: expect.stringMatching(/^"[\w-]{43}"$/),
    });
    expect(headers['last-modified']).toBeUndefined();
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes).toMatchObject([
      { kind: 'sent', status: 200, path: 'Reports é.zip', size: body.length, bytes: body.length },
    ]);
    expect(site.archives[0]).toMatchObject({ size: body.length, skipped: [] });
  });

  it('is the same bytes in each response, and for the same files elsewhere', async () => {
    const root = createRoot();
    const [one, two] = await Promise.all(
      [1, 2].map(() => createArchiveSite(root, { entries: ENTRIES })),
    );
    if (one === undefined || two === undefined) throw new Error('two sites');
    const first = await wholeOf(one);
    for (const other of [await wholeOf(one), await wholeOf(two)]) {
      expect(other.headers.etag).toBe(first.headers.etag);
      expect(other.body.equals(first.body)).toBe(true);
    }
  });

  it('has another ETag with another sum that the application gives, because its bytes differ', async () => {
    const root = createTree({ a: 'a' });
    const tags: unknown[] = [];
    for (const crc32 of [1, 2]) {
      const site = await createArchiveSite(root, { entries: [{ path: 'a', crc32 }] });
      tags.push((await wholeOf(site)).headers.etag);
    }
    expect(tags[0]).toMatch(/^"/);
    expect(tags[0]).not.toBe(tags[1]);
  });

  it('gets HEAD, 304, 412 and 416 without a byte of a member', async () => {
    const site = await createArchiveSite(createRoot(), { entries: ENTRIES });
    const { headers, body } = await wholeOf(site);
    const etag = String(headers.etag);
    const head = { 'content-length': String(body.length), etag };
    await site.check({ method: 'HEAD', target: '/' }, { status: 200, headers: head, body: '' });
    const noneMatch = { 'If-None-Match': etag };
    await site.check({ target: '/', headers: noneMatch }, { status: 304, headers: { etag } });
    await site.check({ target: '/', headers: { 'If-Match': '"other"' } }, { status: 412 });
    await site.check(
      { target: '/', headers: { Range: `bytes=${body.length}-` } },
      { status: 416, headers: { 'content-range': `bytes */${body.length}` } },
    );
  });

  it('gives any range, as it is in the whole', async () => {
    const site = await createArchiveSite(createRoot(), { entries: ENTRIES });
    const { body } = await wholeOf(site);
    const position = fc.nat({ max: body.length - 1 });
    await fc.assert(
      fc.asyncProperty(position, position, async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const Range = `bytes=${start}-${end}`;
        const response = await site.request({ target: '/', headers: { Range } });
        expect(response.status).toBe(206);
        expect(response.headers['content-range']).toBe(`bytes ${start}-${end}/${body.length}`);
        expect(response.body.equals(body.subarray(start, end + 1))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('gives several ranges, and none to an If-Range of another version', async () => {
    const site = await createArchiveSite(createRoot(), { entries: ENTRIES });
    const { body, headers } = await wholeOf(site);
    const Range = 'bytes=10-19,-30';
    const response = await site.check(
      { target: '/', headers: { Range, 'If-Range': String(headers.etag) } },
      { status: 206, headers: { 'content-type': /^multipart\/byteranges/ } },
    );
    for (const part of [body.subarray(10, 20), body.subarray(-30)]) {
      expect(response.body.includes(part)).toBe(true);
    }
    await site.check({ target: '/', headers: { Range, 'If-Range': '"x"' } }, { status: 200, body });
  });

  it('is sent with the rate of the handler', async () => {
    const site = await createArchiveSite(createRoot(), { entries: ENTRIES, rate: 1_000_000 });
    const began = performance.now();
    await wholeOf(site);
    expect(performance.now() - began).toBeGreaterThan(250);
  });

  it('is content whose bytes can be read without a response', async () => {
    const root = createRoot();
    const files = xsendfile(root);
    const archive = await zip(files, ENTRIES, { req: { headers: {}, url: '/' } as never });
    const asContent: Content = archive;
    expect(asContent.type).toBe('application/zip');
    const chunks: Uint8Array[] = [];
    for await (const chunk of await archive.read(5, 20)) chunks.push(chunk);
    expect(Buffer.concat(chunks).length).toBe(16);
  });

  it.each<{ title: string; entries: (root: string) => readonly ZipEntry[]; etag: RegExp | null }>([
    {
      title: 'strong for content with an etag',
      entries: () => [{ name: 'a', content: { size: 1, etag: 'v1', read: once } }],
      etag: /^"/,
    },
    {
      title: 'weak for content with a weak one',
      entries: () => [{ name: 'a', content: { size: 1, etag: 'W/"v1"', read: once } }],
      etag: /^W\//,
    },
    {
      title: 'missing if content has none',
      entries: () => [
        { name: 'a', content: { size: 1, read: once } },
        { name: 'b', content: Buffer.from('b') },
      ],
      etag: null,
    },
    {
      title: 'weak for a file that was changed a moment ago',
      entries: (root) => {
        jest.restoreAllMocks();
        writeFileSync(join(root, 'new.txt'), 'new');
        return [{ path: 'new.txt' }];
      },
      etag: /^W\//,
    },
  ])('has an ETag that is $title', async ({ entries, etag }) => {
    const root = createRoot();
    const site = await createArchiveSite(root, { entries: () => entries(root) });
    await site.check({ target: '/' }, { status: 200, headers: { etag } });
  });

  it('has another ETag if the order, a name, a time or a file is another one', async () => {
    const root = createRoot();
    const lists: readonly (readonly ZipEntry[])[] = [
      [{ path: 'a.txt' }, { path: 'empty.txt' }],
      [{ path: 'empty.txt' }, { path: 'a.txt' }],
      [{ path: 'a.txt', name: 'b.txt' }, { path: 'empty.txt' }],
      [{ path: 'a.txt', mtime: new Date(0) }, { path: 'empty.txt' }],
      [{ path: 'a.txt' }],
      [],
    ];
    const files = xsendfile(root);
    const req = { headers: {}, url: '/' } as never;
    const tags = async () =>
      Promise.all(lists.map(async (list) => (await zip(files, list, { req })).etag));
    const before = await tags();
    expect(new Set(before).size).toBe(lists.length);
    rmSync(join(root, 'a.txt'));
    writeFileSync(join(root, 'a.txt'), 'the FIRST');
    utimesSync(join(root, 'a.txt'), OLD, OLD);
    const after = await tags();
    expect(after.map((tag, index) => tag === before[index])).toEqual([
      ...[false, false, false, false, false],
      true,
    ]);
  });
});

async function* once(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
}

describe('the sums of members', () => {
  /** Reads of a member that is content, in whose place a file would be read. */
  function createCounted({ crc32 }: { readonly crc32?: number } = {}) {
    const reads: [start: number, end: number | undefined][] = [];
    const entry: ZipEntry = {
      name: 'large.bin',
      crc32,
      content: {
        size: LARGE.length,
        etag: 'v1',
        async *read(start, end = LARGE.length - 1) {
          reads.push([start, end]);
          for (let from = start; from <= end; from += 50_000) {
            yield LARGE.subarray(from, Math.min(from + 50_000, end + 1));
          }
        },
      },
    };
    return { entry, reads };
  }

  it('are computed while the member is sent: the whole archive reads it once', async () => {
    const { entry, reads } = createCounted();
    const site = await createArchiveSite(createTree(), { entries: [entry] });
    await wholeOf(site);
    expect(reads).toEqual([[0, LARGE.length - 1]]);
  });

  it('are computed for a range that has the sum, but not the bytes', async () => {
    const { entry, reads } = createCounted();
    const site = await createArchiveSite(createTree(), { entries: [entry] });
    const { body } = await wholeOf(site);
    reads.length = 0;
    await site.check(
      { target: '/', headers: { Range: 'bytes=-60' } },
      { status: 206, body: body.subarray(-60) },
    );
    expect(reads).toEqual([[0, LARGE.length - 1]]);
  });

  it('need nothing to be read if they are given', async () => {
    const whole = createCounted();
    const { body } = await wholeOf(
      await createArchiveSite(createTree(), { entries: [whole.entry] }),
    );
    const crc32 = body.readUInt32LE(body.length - 22 - 64 + 16);
    const { entry, reads } = createCounted({ crc32 });
    const site = await createArchiveSite(createTree(), { entries: [entry] });
    await site.check(
      { target: '/', headers: { Range: 'bytes=-100' } },
      { status: 206, body: body.subarray(-100) },
    );
    expect(reads).toEqual([]);
  });

  it('are computed once for several ranges of a response', async () => {
    const { entry, reads } = createCounted();
    const zipOptions = { maxUnsentBytes: LARGE.length };
    const site = await createArchiveSite(createTree(), { entries: [entry], zipOptions });
    const size = (await wholeOf(site)).body.length;
    reads.length = 0;
    const ranges = Array.from({ length: 50 }, (_, index) => size - 101 + 2 * index);
    const Range = `bytes=${ranges.map((position) => `${position}-${position}`).join(',')}`;
    expect((await site.request({ target: '/', headers: { Range } })).status).toBe(206);
    expect(reads).toEqual([[0, LARGE.length - 1]]);
  });

  it('make a range of too many unsent bytes the whole archive', async () => {
    const { entry, reads } = createCounted();
    const maxUnsentBytes = LARGE.length - 1;
    const zipOptions = { maxUnsentBytes };
    const site = await createArchiveSite(createTree(), { entries: [entry], zipOptions });
    const { body } = await wholeOf(site);
    reads.length = 0;
    const whole = { status: 200, body, headers: { 'accept-ranges': 'bytes' } };
    await site.check({ target: '/', headers: { Range: 'bytes=-1,-60' } }, whole);
    await site.check({ target: '/', headers: { Range: 'bytes=0-9,-60' } }, whole);
    expect(reads).toEqual(Array(2).fill([0, LARGE.length - 1]));
    reads.length = 0;
    // One byte of it is sent.
    const start = body.length - 60 - 16 - 64 - 22;
    for (const Range of [`bytes=${body.indexOf(LARGE) + 1}-`, 'bytes=-22', 'bytes=0-1000']) {
      expect([Range, (await site.request({ target: '/', headers: { Range } })).status]).toEqual([
        Range,
        206,
      ]);
    }
    expect(start).toBeGreaterThan(0);
    await site.check(
      { method: 'HEAD', target: '/', headers: { Range: 'bytes=-60' } },
      { status: 200 },
    );
  });

  it('are remembered for a file, as far as they were computed', async () => {
    const root = createTree({ 'large.bin': Buffer.concat(Array(20).fill(LARGE)) });
    const zipOptions = { maxUnsentBytes: 0 };
    const site = await createArchiveSite(root, { entries: entriesOf('large.bin'), zipOptions });
    const Range = 'bytes=-60';
    expect((await site.request({ target: '/', headers: { Range } })).status).toBe(200);
    const known = await site.request({ target: '/', headers: { Range } });
    expect(known.status).toBe(206);
    const { body } = await wholeOf(site);
    expect(known.body.equals(body.subarray(-60))).toBe(true);
  });

  it('go on where an interrupted download ended', async () => {
    const root = createTree({ 'large.bin': Buffer.concat(Array(40).fill(LARGE)) });
    const site = await createArchiveSite(root, {
      entries: entriesOf('large.bin'),
      zipOptions: { maxUnsentBytes: 0 },
    });
    const connection = await Connection.open(site.port);
    connection.send({ target: '/' });
    await connection.receive(5_000_000);
    connection.destroy();
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes[0]).toMatchObject({ kind: 'aborted' });
    const resumed = await site.request({ target: '/', headers: { Range: 'bytes=4000000-' } });
    expect(resumed.status).toBe(206);
    const { body } = await wholeOf(site);
    expect(resumed.body.equals(body.subarray(4_000_000))).toBe(true);
    await expectAllClosed(root);
  });

  it('that several requests need are computed once, and not for a client that has gone', async () => {
    const started: string[] = [];
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const entry = (name: string): ZipEntry => ({
      name,
      content: {
        size: LARGE.length,
        etag: 'v1',
        async *read() {
          started.push(name);
          await gate;
          yield LARGE;
        },
      },
    });
    const site = await createArchiveSite(createTree(), {
      entries: ({ url = '' }) => [entry(url)].map((each) => ({ ...each, name: url.slice(1) })),
    });
    const headers = { Range: 'bytes=-60' };
    const first = site.request({ target: '/first', headers });
    await eventually(() => started.length === 1);
    const gone = await Connection.open(site.port);
    gone.send({ target: '/gone', headers });
    await eventually(() => site.archives.length === 2);
    await delay(50);
    const last = site.request({ target: '/last', headers });
    await eventually(() => site.archives.length === 3);
    gone.destroy();
    await eventually(() => site.outcomes.length === 1);
    expect(started).toEqual(['/first']);
    release();
    expect([(await first).status, (await last).status]).toEqual([206, 206]);
    expect(started).toEqual(['/first', '/last']);
  });

  it('close a source that comes when the client has gone', async () => {
    const source = Readable.from([LARGE]);
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isAsked = false;
    const read = async () => {
      isAsked = true;
      await gate;
      return source;
    };
    const content = { size: LARGE.length, etag: 'v1', read };
    const site = await createArchiveSite(createTree(), { entries: [{ content, name: 'a.bin' }] });
    const connection = await Connection.open(site.port);
    connection.send({ target: '/', headers: { Range: 'bytes=-60' } });
    await eventually(() => isAsked);
    connection.destroy();
    await eventually(() => site.outcomes.length === 1);
    release();
    await eventually(() => source.destroyed);
  });
});

const CHANGES: readonly { title: string; change: (path: string, root: string) => void }[] = [
  { title: 'is appended to', change: (path) => appendFileSync(path, '!') },
  { title: 'is truncated', change: (path) => truncateSync(path, 10) },
  { title: 'is removed', change: (path) => rmSync(path) },
  {
    title: 'is replaced by one that looks the same',
    change: (path) => {
      writeFileSync(`${path}.new`, LARGE);
      utimesSync(`${path}.new`, OLD, OLD);
      renameSync(`${path}.new`, path);
    },
  },
  {
    title: 'becomes a link to the outside',
    change: (path) => {
      rmSync(path);
      symlinkSync('/etc/passwd', path);
    },
  },
  {
    title: 'becomes a link to another file',
    change: (path, root) => {
      rmSync(path);
      symlinkSync(join(root, 'a.txt'), path);
    },
  },
];

describe('a member that changes', () => {
  it.each(CHANGES)('after it was checked, as it $title, cuts the response off', async (each) => {
    const root = createRoot();
    const site = await createArchiveSite(root, {
      entries: ENTRIES,
      cache: false,
      before: () => each.change(join(root, 'sub/large.bin'), root),
    });
    const response = await site.request({ target: '/' }).catch(() => undefined);
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes).toMatchObject([
      { kind: 'failed', status: 200, code: 'ERR_XSENDFILE_FILE_CHANGED', member: 'Large/é.bin' },
    ]);
    const received = response?.body.length ?? 0;
    expect(received).toBeLessThan(Number(site.archives[0]?.size));
    await expectAllClosed(root);
  });

  it.each(CHANGES)('while it is sent, as it $title, cuts the response off', async ({ change }) => {
    const many = Buffer.concat(Array(50).fill(LARGE));
    const root = createTree({ 'a.txt': 'a', 'large.bin': many, 'z.txt': 'z' });
    const site = await createArchiveSite(root, {
      entries: entriesOf('a.txt', 'large.bin', 'z.txt'),
    });
    const connection = await Connection.open(site.port);
    connection.send({ target: '/' });
    await connection.receive(100_000);
    connection.pause();
    await delay(100);
    change(join(root, 'large.bin'), root);
    connection.resume();
    const received = await connection.readAll();
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes).toMatchObject([
      { kind: 'failed', code: 'ERR_XSENDFILE_FILE_CHANGED', member: 'large.bin' },
    ]);
    expect(received.length).toBeLessThan(many.length);
    await expectAllClosed(root);
  });

  it('cuts a range off that ends with its last byte, although nothing else would follow', async () => {
    const many = Buffer.concat(Array(50).fill(LARGE));
    const root = createTree({ 'large.bin': many });
    const site = await createArchiveSite(root, { entries: entriesOf('large.bin') });
    const end = 30 + 'large.bin'.length + 9 + many.length - 1;
    const connection = await Connection.open(site.port);
    connection.send({ target: '/', headers: { Range: `bytes=0-${end}` } });
    await connection.receive(100_000);
    connection.pause();
    await delay(100);
    appendFileSync(join(root, 'large.bin'), '!');
    connection.resume();
    const received = await connection.readAll();
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes).toMatchObject([{ kind: 'failed', status: 206, member: 'large.bin' }]);
    expect(received.length).toBeLessThan(end);
  });
});

describe('content in an archive that fails', () => {
  it.each<{ title: string; read: Content['read']; code: string }>([
    {
      title: 'is too short',
      code: 'ERR_XSENDFILE_CONTENT_LENGTH',
      async *read() {
        yield Buffer.from('123');
      },
    },
    {
      title: 'is too long',
      code: 'ERR_XSENDFILE_CONTENT_LENGTH',
      async *read() {
        yield Buffer.from('12345');
      },
    },
    {
      title: 'throws',
      code: 'ERR_XSENDFILE_CONTENT_FAILED',
      read() {
        throw new Error('no');
      },
    },
    {
      title: 'throws in the middle',
      code: 'ERR_XSENDFILE_CONTENT_FAILED',
      async *read() {
        yield Buffer.from('1');
        throw new Error('no');
      },
    },
    {
      title: 'gives something else',
      code: 'ERR_XSENDFILE_CONTENT_FAILED',
      async *read() {
        yield 'text' as never;
      },
    },
    {
      title: 'gives only empty chunks',
      code: 'ERR_XSENDFILE_CONTENT_STALLED',
      async *read() {
        for (;;) yield Buffer.alloc(0);
      },
    },
  ])('because it $title cuts the response off', async ({ read, code }) => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const site = await createArchiveSite(createRoot(), {
      entries: [{ path: 'a.txt' }, { name: 'b', content: { size: 4, read } }],
    });
    const response = await site.request({ target: '/' }).catch(() => undefined);
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes).toMatchObject([{ kind: 'failed', code, member: 'b' }]);
    expect(response?.body.length ?? 0).toBeLessThan(Number(site.archives[0]?.size));
    expect(warnings.mock.calls.map(([, options]) => options)).toEqual(
      code.endsWith('FAILED') ? [warningOptions('XSENDFILE_CONTENT_FAILED')] : [],
    );
  });

  it('closes its source if the client disconnects, even if that waits', async () => {
    let isClosed = false;
    const stream = {
      destroy: () => {
        isClosed = true;
      },
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    };
    const content = { size: 4, read: () => stream };
    const site = await createArchiveSite(createRoot(), { entries: [{ name: 'b', content }] });
    const connection = await Connection.open(site.port);
    connection.send({ target: '/' });
    await connection.receive(100);
    connection.destroy();
    await eventually(() => isClosed);
  });
});

describe('zip(files, entries, options)', () => {
  const files = xsendfile(createRoot());
  const req = { headers: {}, url: '/', method: 'GET' } as never;

  it.each<{ title: string; call: () => Promise<unknown>; message: string; option?: string }>([
    {
      title: 'another handler',
      call: () => zip({} as never, [], { req }),
      message:
        'zip: files must be a handler of xsendfile() for a directory, or the property files of authToken(), got an object.',
    },
    {
      title: 'no request',
      call: () => zip(files, [], { req: undefined as never }),
      message: 'zip: req must be the request, got undefined.',
      option: 'req',
    },
    {
      title: 'an unknown option',
      call: () => zip(files, [], { req, nme: 'x' } as never),
      message: 'zip: unknown option "nme". Did you mean "name"?',
      option: 'nme',
    },
    {
      title: 'entries that are no list',
      call: () => zip(files, 'a' as never, { req }),
      message: 'zip: entries must be a list, got a string of 1 character.',
    },
    {
      title: 'an entry with neither path nor content',
      call: () => zip(files, [{ path: 'a.txt' }, { name: 'a' } as never], { req }),
      message: 'zip: entries[1] must have either path or content.',
      option: 'entries[1]',
    },
    {
      title: 'an entry with both',
      call: () => zip(files, [{ path: 'a', content: Buffer.of(1) } as never], { req }),
      message: 'zip: entries[0] must have either path or content.',
      option: 'entries[0]',
    },
    {
      title: 'content without a name',
      call: () => zip(files, [{ content: Buffer.of(1) }], { req }),
      message: 'zip: entries[0].name is missing: content has no name.',
      option: 'entries[0].name',
    },
    {
      title: 'content without a size',
      call: () => zip(files, [{ name: 'a', content: { read: once } as never }], { req }),
      message: 'zip: entries[0].content: size must be a number of bytes, got undefined.',
      option: 'entries[0].content.size',
    },
    {
      title: 'content that cannot be read',
      call: () => zip(files, [{ name: 'a', content: { size: 1 } as never }], { req }),
      message:
        'zip: entries[0].content: read must be a function that returns the bytes as an async iterable, got undefined.',
      option: 'entries[0].content.read',
    },
    {
      title: 'a sum of more than 32 bits',
      call: () => zip(files, [{ path: 'a.txt', crc32: 2 ** 32 }], { req }),
      message: 'zip: entries[0]: crc32 must be a whole number of 32 bits, got 4294967296.',
      option: 'entries[0].crc32',
    },
    {
      title: 'a wrong name',
      call: () => zip(files, [{ path: 'a.txt', name: '../a' }], { req }),
      message: 'zip: entries[0].name has a part . or ..: "../a".',
      option: 'entries[0].name',
    },
    {
      title: 'two entries of one name',
      call: () => zip(files, entriesOf('a.txt', 'A.txt'), { req }),
      message:
        'zip: entries[1].name is in conflict with another name: "A.txt", "a.txt". Some systems cannot have both.',
      option: 'entries[1].name',
    },
  ])('throws for $title', async ({ call, message, option }) => {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadOptionError);
    expect(error).toMatchObject({ message, option });
  });

  it('opens one file after the other, and keeps none open', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `${index}.txt`);
    const root = createTree(Object.fromEntries(names.map((name) => [name, name])));
    const opened: number[] = [];
    const site = await createArchiveSite(root, {
      entries: entriesOf(...names),
      cache: false,
      allow: () => {
        opened.push(countOpenFiles(root));
        return true;
      },
    });
    await wholeOf(site);
    expect(Math.max(...opened)).toBeLessThanOrEqual(2);
    await expectAllClosed(root);
  });
});

describe('each member passes the checks of a download', () => {
  const root = createTree({
    'a.txt': 'a',
    '.hidden': 'hidden',
    'sub/b.txt': 'b',
    'sub/out': { link: '../a.txt' },
    outside: { link: '/etc/passwd' },
  });

  it.each<{ path: unknown; status: number; code: string }>([
    { path: 'missing.txt', status: 404, code: 'ERR_XSENDFILE_NOT_FOUND' },
    { path: 'sub', status: 404, code: 'ERR_XSENDFILE_NOT_A_FILE' },
    { path: '../a.txt', status: 403, code: 'ERR_XSENDFILE_FORBIDDEN_PATH' },
    { path: 'sub//b.txt', status: 404, code: 'ERR_XSENDFILE_NOT_CANONICAL' },
    { path: '.hidden', status: 404, code: 'ERR_XSENDFILE_DOTFILE_IGNORED' },
    { path: 'outside', status: 404, code: 'ERR_XSENDFILE_OUTSIDE_ROOT' },
    { path: 'a\0', status: 400, code: 'ERR_XSENDFILE_BAD_PATH' },
    { path: 7, status: 400, code: 'ERR_XSENDFILE_BAD_PATH' },
  ])('refuses the archive for $path with $code, or skips it', async ({ path, status, code }) => {
    const entries = [{ path: 'a.txt' }, { path: path as string, name: 'x' }];
    const refusing = await createArchiveSite(root, { entries });
    await refusing.check({ target: '/' }, { status });
    expect(refusing.errors).toMatchObject([{ code, status, member: 'x' }]);
    const skipping = await createArchiveSite(root, { entries, zipOptions: { onRefused: 'skip' } });
    await wholeOf(skipping);
    expect(skipping.archives[0]?.skipped).toEqual([
      { index: 1, path, name: 'x', error: expect.objectContaining({ code }) },
    ]);
    const alone = await createArchiveSite(root, { entries: [{ path: 'a.txt' }] });
    expect(skipping.archives[0]?.size).toBe((await wholeOf(alone)).body.length);
  });

  it('keeps to the directory of the option within', async () => {
    const site = await createArchiveSite(root, {
      entries: entriesOf('sub/b.txt', 'sub/out'),
      zipOptions: { onRefused: 'skip' },
      within: () => 'sub',
    });
    await wholeOf(site);
    expect(site.archives[0]?.skipped.map(({ name }) => name)).toEqual(['sub/out']);
  });

  it('asks allow about each member, once, with the name of the archive', async () => {
    const asked: unknown[] = [];
    const finished: Outcome[] = [];
    const note = (outcome: Outcome): void => void finished.push(outcome);
    const site = await createArchiveSite(root, {
      entries: [...entriesOf('a.txt', 'sub/b.txt'), { name: 'c', content: Buffer.from('c') }],
      zipOptions: { name: 'all.zip' },
      allow: (file, { archive, req, status, onFinish, claims }) => {
        asked.push([file.relativePath, file.etag, archive, req.url, status, claims]);
        onFinish(note);
        onFinish((outcome) => void finished.push(outcome));
        return true;
      },
    });
    await wholeOf(site);
    const tag = expect.stringMatching(/^"65e1c340-1"$/);
    expect(asked).toEqual([
      ['a.txt', tag, 'all.zip', '/', 200, undefined],
      ['sub/b.txt', tag, 'all.zip', '/', 200, undefined],
    ]);
    await eventually(() => site.outcomes.length === 1);
    // The shared function once, and one for each member.
    expect(finished).toEqual(Array(3).fill(site.outcomes[0]));
  });

  it('calls onFinish of the members if another one is refused', async () => {
    const finished: Outcome[] = [];
    const site = await createArchiveSite(root, {
      entries: entriesOf('a.txt', 'sub/b.txt'),
      allow: ({ name }, { onFinish }) => {
        onFinish((outcome) => void finished.push(outcome));
        return name === 'a.txt';
      },
    });
    await site.check({ target: '/' }, { status: 404 });
    expect(site.errors).toMatchObject([{ code: 'ERR_XSENDFILE_NOT_ALLOWED', member: 'sub/b.txt' }]);
    const refused = {
      kind: 'refused',
      status: 404,
      code: 'ERR_XSENDFILE_NOT_ALLOWED',
      method: 'GET',
      path: 'archive.zip',
      bytes: 0,
    };
    expect(finished).toMatchObject([refused, refused]);
  });

  it('asks allow about the archive if it is for another request, or another handler', async () => {
    const asked: string[] = [];
    const allow = (file: { relativePath: string }): boolean => {
      asked.push(file.relativePath);
      return true;
    };
    const files = xsendfile(root, { allow });
    const req = { headers: {}, url: '/', method: 'GET' } as never;
    const archive = await zip(files, entriesOf('a.txt'), { req, name: 'all.zip' });
    const { listenWith } = await import('../helpers/check.js');
    const site = await listenWith((request, res) => void files.sendContent(request, res, archive));
    await wholeOf(site);
    expect(asked).toEqual(['a.txt', 'all.zip']);
    asked.length = 0;
    const other = xsendfile(root, { allow });
    const mixed = await listenWith(async (request, res) => {
      const made = await zip(other, entriesOf('a.txt'), { req: request, name: 'all.zip' });
      await files.sendContent(request, res, made);
    });
    await wholeOf(mixed);
    expect(asked).toEqual(['a.txt', 'all.zip']);
  });

  it.each(['missing.txt', 'a.txt'])(
    'asks allow about content beside %s, which is left out',
    async (path) => {
      const site = await createArchiveSite(root, {
        entries: [{ path }, { name: 'c', content: Buffer.from('c') }],
        zipOptions: { onRefused: 'skip' },
        allow: () => false,
      });
      await site.check({ target: '/' }, { status: 404 });
      expect(site.archives[0]?.skipped).toHaveLength(1);
    },
  );

  it('names the member in an error of its own, also if allow throws one error for all', async () => {
    const DENIED = Object.freeze(new RefusedError('ERR_XSENDFILE_NOT_ALLOWED'));
    const site = await createArchiveSite(root, {
      entries: [{ path: 'a.txt' }],
      zipOptions: { onRefused: 'skip' },
      allow: ({ path }) => {
        if (path !== '') throw DENIED;
        return true;
      },
    });
    await site.check({ target: '/' }, { status: 200 });
    expect(site.archives[0]?.skipped).toMatchObject([
      { error: { code: 'ERR_XSENDFILE_NOT_ALLOWED', status: 404, member: 'a.txt', cause: DENIED } },
    ]);
  });

  it('lets no server error pass as a missing file', async () => {
    const fail = (): never => {
      throw Object.assign(new Error('busy'), { status: 503 });
    };
    const site = await createArchiveSite(root, {
      entries: entriesOf('a.txt'),
      zipOptions: { onRefused: 'skip' },
      allow: fail,
    });
    await site.check({ target: '/' }, { status: 500 });
    expect(site.errors).toMatchObject([{ message: 'busy' }]);
  });
});

describeWithPrograms('curl -C -', ['curl'], () => {
  it('resumes at the border of each structure, and gets the same bytes', async () => {
    const root = createRoot();
    const site = await createArchiveSite(root, { entries: ENTRIES });
    const { body } = await wholeOf(site);
    const sizes: readonly [name: string, size: number][] = [
      ['a.txt', 9],
      ['Large/é.bin', LARGE.length],
      ['empty.txt', 0],
      ['NOTE.txt', 6],
    ];
    const layout = new Layout(
      sizes.map(([name, size]) => ({ name, size, mtimeMs: OLD.getTime() })),
    );
    expect(layout.size).toBe(body.length);
    let position = 0;
    const cuts = [...layout.pieces(0, layout.size)].flatMap(({ start, end }) => {
      const middle = position + Math.floor((end - start) / 2);
      position += end - start;
      return [middle, position - 1, position];
    });
    const directory = createTree();
    for (const cut of new Set([1, ...cuts.filter((each) => each > 0 && each < body.length)])) {
      const target = join(directory, 'archive.zip');
      writeFileSync(target, body.subarray(0, cut));
      await new Promise<void>((resolve, reject) => {
        const args = ['-sS', '-f', '-C', '-', '-o', target, `http://127.0.0.1:${site.port}/`];
        const { execFile } =
          jest.requireActual<typeof import('node:child_process')>('node:child_process');
        execFile(binaryOf('curl'), args, (error) => (error ? reject(error) : resolve()));
      });
      const received = execFileSync('cat', [target], { maxBuffer: 2 * body.length });
      expect([cut, received.equals(body)]).toEqual([cut, true]);
    }
  });
});
