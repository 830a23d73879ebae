import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import express from 'express';
import {
  BadOptionError,
  nginxSender,
  type XSendfileOptions,
  xsendfile,
} from '../../../lib/index.js';
import { createSharedStat } from '../../../lib/sources/directory/stat-coalescing.js';
import { createFixture, type Fixture, listenWith } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { Connection } from '../../helpers/raw-request.js';
import { letFilesSettle } from '../../helpers/settled-files.js';
import { createTree, OLD } from '../../helpers/tree.js';

/** One test per way in which a remembered file could be the wrong one. */

const CONTENT = 'the old content';
/** Same length, so that only times and identity tell. */
const OTHER = 'the new content';
const NAMES = [
  'replaced',
  'overwritten',
  'truncated',
  'deleted',
  'forbidden',
  'hard-linked',
  'dir-of-file',
  'dir-renamed',
  'dir-linked',
  'grown',
];

const outside = createTree({ 'secret.txt': 'outside', 'dir/file.txt': 'outside' });
const root = createTree({
  ...Object.fromEntries(NAMES.map((name) => [`${name}/file.txt`, CONTENT])),
  'link/one.txt': CONTENT,
  'link/two.txt': OTHER,
  'link/file.txt': { link: 'one.txt' },
  'releases/r1/file.txt': CONTENT,
  'releases/current': { link: 'r1' },
  'notes.txt.gz': 'packed',
  'medium.bin': Buffer.alloc(1_000_000, 'm'),
});
const spare = createTree({ 'file.txt': OTHER });

beforeAll(letFilesSettle);

async function warm(options: XSendfileOptions, target: string): Promise<Fixture> {
  const fixture = await createFixture(root, options);
  await fixture.check({ target }, { status: 200, body: CONTENT });
  await fixture.check({ target }, { status: 200, body: CONTENT });
  return fixture;
}

const CACHES: readonly [string, XSendfileOptions][] = [
  ['with the cache', {}],
  ['without the cache', { cache: false }],
];

describe.each(CACHES)('a file that was sent %s', (_title, options) => {
  it('is sent again with the same headers if it has not changed', async () => {
    const { request } = await createFixture(root, options);
    const [first, second] = [
      await request({ target: '/link/one.txt' }),
      await request({ target: '/link/one.txt' }),
    ];
    const { date: _first, ...headers } = first.headers;
    const { date: _second, ...again } = second.headers;
    expect(again).toEqual(headers);
    expect(second.body.equals(first.body)).toBe(true);
  });

  it('is sent again with the same conditions and ranges', async () => {
    const { check, request } = await warm(options, '/link/one.txt');
    const { etag = '' } = (await request({ target: '/link/one.txt' })).headers;
    const target = '/link/one.txt';
    await check(
      { target, headers: { 'If-None-Match': etag } },
      {
        status: 304,
        body: '',
        headers: { ETag: etag, 'Content-Type': null, 'Content-Length': null },
      },
    );
    await check({ target, headers: { 'If-None-Match': '"x"' } }, { status: 200, body: CONTENT });
    await check({ target, headers: { 'If-Match': '"x"' } }, { status: 412 });
    await check({ target, headers: { Range: 'bytes=4-6' } }, { status: 206, body: 'old' });
    await check({ target, headers: { Range: 'bytes=99-' } }, { status: 416 });
    await check(
      { method: 'HEAD', target },
      { status: 200, headers: { 'Content-Length': '15' }, body: '' },
    );
  });

  it('has headers for what the application set and the client accepts', async () => {
    const { check } = await createFixture(root, options, (req, res) => {
      if (req.headers['x-set'] !== undefined) res.setHeader('Cache-Control', 'no-store');
      if (req.headers['x-status'] !== undefined) res.statusCode = 404;
      res.setHeader('X-Powered-By', 'tests');
    });
    const target = '/link/one.txt';
    for (const _round of [1, 2]) {
      await check(
        { target },
        { status: 200, headers: { 'Cache-Control': 'private, no-cache', 'X-Powered-By': 'tests' } },
      );
      await check(
        { target, headers: { 'X-Set': '1' } },
        { status: 200, headers: { 'Cache-Control': 'no-store' } },
      );
      await check({ target, headers: { 'X-Status': '1' } }, { status: 404, body: CONTENT });
      const packed = { target: '/notes.txt.gz' };
      await check(packed, { status: 200, headers: { 'Content-Encoding': 'gzip' } });
      await check(
        { ...packed, headers: { 'Accept-Encoding': 'identity' } },
        { status: 200, headers: { 'Content-Encoding': null } },
      );
    }
  });
});

describe('a cached file', () => {
  it('that was replaced by one with the same size and times is sent as the new one', async () => {
    const { check } = await warm({}, '/replaced/file.txt');
    utimesSync(join(spare, 'file.txt'), OLD, OLD);
    renameSync(join(spare, 'file.txt'), join(root, 'replaced/file.txt'));
    await check({ target: '/replaced/file.txt' }, { status: 200, body: OTHER });
  });

  it('that was overwritten in place, with its time reset, is sent as the new one', async () => {
    const { check } = await warm({}, '/overwritten/file.txt');
    writeFileSync(join(root, 'overwritten/file.txt'), OTHER);
    utimesSync(join(root, 'overwritten/file.txt'), OLD, OLD);
    await check({ target: '/overwritten/file.txt' }, { status: 200, body: OTHER });
  });

  it('that was truncated is sent truncated', async () => {
    const { check } = await warm({}, '/truncated/file.txt');
    truncateSync(join(root, 'truncated/file.txt'), 3);
    await check(
      { target: '/truncated/file.txt' },
      { status: 200, body: 'the', headers: { 'Content-Length': '3' } },
    );
  });

  it('that has grown is sent with its new length', async () => {
    const { check } = await warm({}, '/grown/file.txt');
    writeFileSync(join(root, 'grown/file.txt'), `${CONTENT}, and more`);
    await check({ target: '/grown/file.txt' }, { status: 200, body: `${CONTENT}, and more` });
  });

  it('that was deleted is not found until it exists again', async () => {
    const { check } = await warm({}, '/deleted/file.txt');
    unlinkSync(join(root, 'deleted/file.txt'));
    await check({ target: '/deleted/file.txt' }, { status: 404 });
    writeFileSync(join(root, 'deleted/file.txt'), OTHER);
    await check({ target: '/deleted/file.txt' }, { status: 200, body: OTHER });
  });

  it('that is no longer readable is not found', async () => {
    const { check } = await warm({}, '/forbidden/file.txt');
    chmodSync(join(root, 'forbidden/file.txt'), 0o000);
    const isRoot = process.getuid?.() === 0;
    // Root may read it all the same, unless it gives that up for the length of a request.
    if (isRoot) process.seteuid?.(65_534);
    try {
      await check({ target: '/forbidden/file.txt' }, { status: 404 });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('that got a hard link is still sent', async () => {
    const { check } = await warm({}, '/hard-linked/file.txt');
    linkSync(join(root, 'hard-linked/file.txt'), join(root, 'hard-linked/again.txt'));
    await check({ target: '/hard-linked/file.txt' }, { status: 200, body: CONTENT });
    await check({ target: '/hard-linked/again.txt' }, { status: 200, body: CONTENT });
  });

  it('that was replaced by a directory is not found', async () => {
    const { check } = await warm({}, '/dir-of-file/file.txt');
    rmSync(join(root, 'dir-of-file/file.txt'));
    mkdirSync(join(root, 'dir-of-file/file.txt'));
    await check({ target: '/dir-of-file/file.txt' }, { status: 404 });
  });

  it('whose directory was renamed is not found', async () => {
    const { check } = await warm({}, '/dir-renamed/file.txt');
    renameSync(join(root, 'dir-renamed'), join(root, 'dir-elsewhere'));
    await check({ target: '/dir-renamed/file.txt' }, { status: 404 });
  });

  it('whose directory became a link to outside is not found', async () => {
    const { check } = await warm({}, '/dir-linked/file.txt');
    rmSync(join(root, 'dir-linked'), { recursive: true });
    symlinkSync(join(outside, 'dir'), join(root, 'dir-linked'));
    await check({ target: '/dir-linked/file.txt' }, { status: 404 });
  });

  it('whose symbolic link was retargeted is sent from the new target', async () => {
    const { check } = await warm({}, '/link/file.txt');
    const point = (target: string): void => {
      symlinkSync(target, join(root, 'link/next'));
      renameSync(join(root, 'link/next'), join(root, 'link/file.txt'));
    };
    point('two.txt');
    await check({ target: '/link/file.txt' }, { status: 200, body: OTHER });
    point(join(outside, 'secret.txt'));
    await check({ target: '/link/file.txt' }, { status: 404 });
    point('one.txt');
    await check({ target: '/link/file.txt' }, { status: 200, body: CONTENT });
  });
});

describe('a cached name of a header sender', () => {
  it('is resolved again if a symbolic link is in it', async () => {
    const { check } = await createFixture(root, { sender: 'nginx', handshake: false });
    const target = '/releases/current/file.txt';
    const named = (path: string) => ({ status: 200, headers: { 'X-Accel-Redirect': path } });
    await check({ target }, named('/-internal-/releases/r1/file.txt'));
    await check({ target }, named('/-internal-/releases/r1/file.txt'));
    renameSync(join(root, 'releases/r1'), join(root, 'releases/r2'));
    unlinkSync(join(root, 'releases/current'));
    symlinkSync('r2', join(root, 'releases/current'));
    await check({ target }, named('/-internal-/releases/r2/file.txt'));
  });

  it('belongs to one mount path if the sender prepends it', async () => {
    const sender = nginxSender({ prependMount: true });
    const handler = xsendfile(root, { sender, handshake: false });
    const app = express();
    app.use('/a', handler);
    app.use('/b', handler);
    const { check } = await listenWith(app);
    for (const mount of ['/a', '/b', '/a']) {
      await check(
        { target: `${mount}/link/one.txt` },
        { status: 200, headers: { 'X-Accel-Redirect': `${mount}/-internal-/link/one.txt` } },
      );
    }
  });
});

describe('a client that has stopped reading', () => {
  it('is disconnected in the middle of a cached file', async () => {
    const { port, outcomes, check } = await createFixture(root, { idleTimeout: 0.5 });
    const content = Buffer.alloc(1_000_000, 'm');
    await check({ target: '/medium.bin' }, { status: 200, body: content });
    // As many as no buffer on the way takes.
    const connection = await Connection.open(port);
    connection.pause();
    connection.send(...Array.from({ length: 20 }, () => ({ target: '/medium.bin' })));
    await eventually(() => outcomes.length >= 21);
    connection.destroy();
    const codes = outcomes.map(({ kind, code }) => `${kind} ${code ?? ''}`.trim());
    expect(codes).toContain('aborted ERR_XSENDFILE_IDLE_TIMEOUT');
    expect(codes[0]).toBe('sent');
  }, 120_000);
});

describe('the bounds of the cache', () => {
  it('hold for 10,000 requests for 2,000 files in 100 entries', async () => {
    const many = createTree(
      Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`f${index}.txt`, `${index}`])),
    );
    const { port } = await createFixture(many, { cache: { maxEntries: 100, maxBytes: 300 } });
    const ask = async (offset: number): Promise<void> => {
      const connection = await Connection.open(port);
      for (let round = 0; round < 10_000; round += 50) {
        const index = ((round + offset) * 7919) % 2000;
        const { status, body } = await connection.request({ target: `/f${index}.txt` });
        expect([index, status, body.toString()]).toEqual([index, 200, `${index}`]);
      }
      connection.destroy();
    };
    await Promise.all(Array.from({ length: 50 }, (_, offset) => ask(offset)));
  }, 180_000);

  it.each<[unknown, RegExp]>([
    [true, /cache: options must be an object, got true/],
    [{ maxFiles: 1 }, /unknown option "maxFiles"/],
    [{ maxEntries: -1 }, /cache.maxEntries must be a whole number, 0 or more, got -1/],
    [{ maxBytes: '1m' }, /cache.maxBytes must be a whole number/],
    [{ maxFileSize: 1.5 }, /cache.maxFileSize must be/],
  ])('are checked when they are %j', (cache, message) => {
    const act = (): unknown => xsendfile(root, { cache } as XSendfileOptions);
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
  });
});

describe('a request', () => {
  it('never gets a file as it was before the request', async () => {
    const files = Array.from({ length: 200 }, (_, index) => `f${index}.txt`);
    const tree = createTree(
      Object.fromEntries(
        files.flatMap((file) => [
          [file, 'old'],
          [`new/${file}`, 'new'],
        ]),
      ),
    );
    const { check, request } = await createFixture(tree);
    await Promise.all(
      files.map((file) => check({ target: `/${file}` }, { status: 200, body: 'old' })),
    );
    // Load on the same files, so that there is always a look under way that could be joined.
    let isOver = false;
    const load = files.slice(0, 8).map(async (file) => {
      while (!isOver) await request({ target: `/${file}` });
    });
    for (const file of files) {
      renameSync(join(tree, 'new', file), join(tree, file));
      await check({ target: `/${file}` }, { status: 200, body: 'new' });
    }
    isOver = true;
    await Promise.all(load);
  }, 180_000);

  it('is answered while fake timers stand still', async () => {
    const tree = createTree({ 'a.txt': CONTENT });
    const cached = await createFixture(tree);
    const uncached = await createFixture(tree, { cache: false });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      for (const { check } of [cached, uncached]) {
        await check({ target: '/a.txt' }, { status: 200, body: CONTENT });
      }
    } finally {
      jest.useRealTimers();
    }
  });

  it.each([
    ['in a thread', { dev: 0n, foundAtMs: 0 }],
    ['at once', { dev: statSync(tmpdir(), { bigint: true }).dev, foundAtMs: Date.now() + 60_000 }],
  ])('joins only a stat that has not begun, made %s', async (_title, known) => {
    const tree = createTree({ 'a.txt': '1' });
    const shared = createSharedStat(tree);
    const path = join(tree, 'a.txt');
    const stat = (name: string) => shared(name, known);
    const running = stat(path);
    expect(stat(path)).toBe(running);
    await nextTurn();
    writeFileSync(path, '22');
    const pending = stat(path);
    const joined = stat(path);
    expect(joined).toBe(pending);
    expect(pending).not.toBe(running);
    expect(Number((await pending).size)).toBe(2);
    await running;
    unlinkSync(path);
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
