import { readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { authToken, createUrlSigner, offload, xsendfile } from '../../lib/index.js';
import { entityTagOf } from '../../lib/representation/validators.js';
import { type Fixture, listenWith } from '../helpers/check.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const [FIRST, SECOND] = ['0123456789', 'abcdefghij'];
/** As Nix, `touch -d @0`, ZIP and reproducible archives set them. */
const TIMES = ['1970-01-01T00:00:00Z', '1970-01-01T00:00:01Z', '1980-01-01', '1980-01-02'];

const root = createTree({ 'a.txt': FIRST, 'app.js': FIRST, 'app.js.gz': FIRST });
const file = join(root, 'a.txt');
const at = (name: string) => join(root, name);
const serve = xsendfile(root, { sender: 'serve' });
const link = createUrlSigner(SECRET).sign('a.txt', { expiresIn: 600 });

function write(name: string, content: string | Buffer, time: string): void {
  writeFileSync(at(name), content);
  utimesSync(at(name), new Date(time), new Date(time));
}

/** Content of an archive, say. */
const sendContent = (req: IncomingMessage, res: ServerResponse) =>
  serve.sendContent(req, res, {
    name: 'a.txt',
    size: FIRST.length,
    mtime: statSync(file).mtime,
    read: (start, end = FIRST.length - 1) =>
      Readable.from([readFileSync(file).subarray(start, end + 1)]),
  });

const WAYS: readonly (readonly [string, string, (app: express.Express) => void])[] = [
  ['mounted', '/files/a.txt', (app) => app.use('/files', serve)],
  [
    'on a route',
    '/r/a.txt',
    (app) => app.get('/r/:name', xsendfile(root, { path: (req) => req.params.name })),
  ],
  ['cached', '/a.txt', (app) => app.use(xsendfile(root, { cache: {} }))],
  ['not cached', '/a.txt', (app) => app.use(xsendfile(root, { cache: false }))],
  ['by send()', '/', (app) => app.use((req, res) => void serve.send(req, res, 'a.txt'))],
  ['by a link', `/l${link}`, (app) => app.use('/l', authToken(SECRET, root))],
  [
    'by res.sendFile()',
    '/',
    (app) => app.use(offload(serve), (_req, res) => res.sendFile('a.txt', { root })),
  ],
  ['by sendContent()', '/', (app) => app.use((req, res) => void sendContent(req, res))],
];

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

describe.each(TIMES)('files of %s', (time) => {
  it.each(WAYS)('sent %s are not mixed up with other versions', async (way, target, mount) => {
    const app = express();
    mount(app);
    const { request, check } = await listenWith(app);
    write('a.txt', FIRST, time);
    const first = await request({ target });
    expect([first.status, String(first.body)]).toEqual([200, FIRST]);
    expect(first.headers).not.toHaveProperty('last-modified');
    const { etag = '' } = first.headers;
    if (way === 'by sendContent()') expect(etag).toBe('');
    else await expectTag(etag, { check, target });

    write('a.txt', SECOND, time);
    const tags = etag === '' ? ['"x"'] : [etag];
    const date = new Date(time).toUTCString();
    for (const headers of [
      ...tags.flatMap((tag) => [{ 'If-None-Match': tag }, { Range: 'bytes=5-', 'If-Range': tag }]),
      { 'If-Modified-Since': date },
      { Range: 'bytes=5-', 'If-Range': date },
    ] as const) {
      await check({ target, headers: { ...headers } }, { status: 200, body: SECOND });
    }
  });

  it('have tags of their own where they replace each other by renaming', async () => {
    const { request } = await listenWith(serve);
    write('a.txt', FIRST, time);
    write('b.txt', SECOND, time);
    const { etag } = (await request({ target: '/a.txt' })).headers;
    renameSync(at('b.txt'), file);
    expect((await request({ target: '/a.txt' })).headers.etag).not.toBe(etag);
  });

  it('may belong to precompressed files, which are not mixed up either', async () => {
    const { request, check } = await listenWith(xsendfile(root, { precompressed: ['gzip'] }));
    const [one, other] = [gzipSync(FIRST), gzipSync(SECOND)];
    expect(one.length).toBe(other.length);
    write('app.js', FIRST, time);
    write('app.js.gz', one, time);
    const accepting = { 'Accept-Encoding': 'gzip' };
    const { headers, body } = await request({ target: '/app.js', headers: accepting });
    expect(body.equals(one)).toBe(true);
    expect(headers).not.toHaveProperty('last-modified');
    const { etag = '' } = headers;
    write('app.js.gz', other, time);
    for (const condition of [{ 'If-None-Match': etag }, { Range: 'bytes=5-', 'If-Range': etag }]) {
      await check(
        { target: '/app.js', headers: { ...accepting, ...condition } },
        { status: 200, body: other },
      );
    }
  });
});

/** It revalidates and resumes as long as the file is the same. */
async function expectTag(
  tag: string,
  { check, target }: Pick<Fixture, 'check'> & { readonly target: string },
): Promise<void> {
  expect(tag).toMatch(/^"[0-9a-f]+-a-[0-9a-f]+-[0-9a-f]+"$/);
  await check({ target, headers: { 'If-None-Match': tag } }, { status: 304 });
  await check(
    { target, headers: { Range: 'bytes=5-', 'If-Range': tag } },
    { status: 206, body: FIRST.slice(5) },
  );
}

describe('entityTagOf(file)', () => {
  const [old, recent] = [1_000_000_000n, 1_700_000_000_000_000_000n];
  it.each([
    [recent, recent, '"6553f100-a"'],
    [recent, old, '"6553f100-a"'],
    [old, recent, '"1-a-17979cfe362a0000-7"'],
    // Both times of an image without times.
    [old, old, undefined],
  ])('for mtime %d and ctime %d ns', (mtimeNs, ctimeNs, expected) => {
    const identity = { dev: 1n, ino: 7n, size: 10n, mtimeNs, ctimeNs };
    expect(entityTagOf({ identity, checkedAtMs: Date.UTC(2030, 0) })).toBe(expected);
  });
});
