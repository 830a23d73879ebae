import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import express from 'express';
import {
  authToken,
  type FileInfo,
  type FileTarget,
  type Outcome,
  offload,
  type Sender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { createFixture, type Fixture, listenWith } from '../helpers/check.js';
import type { RawRequest } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree, OLD } from '../helpers/tree.js';

const SCRIPT = 'console.log("a script");\n'.repeat(100);
const BR = brotliCompressSync(SCRIPT);
const GZ = gzipSync(SCRIPT);
/** No test decodes it. */
const ZST = Buffer.from('as if by zstd');
const PRECOMPRESSED: XSendfileOptions = { precompressed: ['br', 'zstd', 'gzip'] };
const OLD_HEX = (OLD.getTime() / 1000).toString(16);
const LATER = new Date(OLD.getTime() + 1000);
const EARLIER = new Date(OLD.getTime() - 1000);

const outside = createTree({ 'app.js.br': BR });
const root = createTree({
  'app.js': SCRIPT,
  'app.js.br': BR,
  'app.js.zst': ZST,
  'app.js.gz': GZ,
  'app.js.br.br': 'never sent',
  'plain.js': SCRIPT,
  'page.html': '<p>page',
  'page.html.br': brotliCompressSync('<p>page'),
  'notes.txt': 'notes',
  'notes.txt.gz': gzipSync('notes'),
  'notes.txt.gz.br': 'never sent',
  'orphan.js.br': BR,
  '.hidden.js': SCRIPT,
  '.hidden.js.br': BR,
  'stale.js': SCRIPT,
  'stale.js.br': BR,
  'stale.js.gz': GZ,
  'outside.js': SCRIPT,
  'inside.js': SCRIPT,
  'inside.js.br': { link: 'app.js.br' },
  'no-file.js': SCRIPT,
  'loop.js': SCRIPT,
  'loop.js.br': { link: 'loop.js.br' },
  'directory/app.js': SCRIPT,
  'directory/app.js.br': BR,
  linked: { link: 'directory' },
  'same-size.js': SCRIPT,
  'same-size.js.br': 'same',
  'same-size.js.zst': 'size',
  [`${'n'.repeat(255)}`]: SCRIPT,
});
utimesSync(join(root, 'stale.js.br'), EARLIER, EARLIER);
utimesSync(join(root, 'app.js.gz'), LATER, LATER);
symlinkSync(join(outside, 'app.js.br'), join(root, 'outside.js.br'));
mkdirSync(join(root, 'no-file.js.br'));

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

function accepting(acceptEncoding: string, request: Partial<RawRequest> = {}): RawRequest {
  const headers = { 'Accept-Encoding': acceptEncoding, ...request.headers };
  return { target: '/app.js', ...request, headers };
}

const ENCODED = {
  'Content-Type': 'text/javascript; charset=utf-8',
  'Content-Encoding': 'br',
  'Content-Length': String(BR.length),
  Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
};
const PLAIN = {
  'Content-Type': 'text/javascript; charset=utf-8',
  'Content-Encoding': null,
  'Content-Length': String(SCRIPT.length),
  Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
};

describe.each<[title: string, options: XSendfileOptions]>([
  ['with a cache', {}],
  ['without a cache', { cache: false }],
])('precompressed %s', (_title, options) => {
  let fixture: Fixture;

  beforeAll(async () => {
    fixture = await createFixture(root, { ...PRECOMPRESSED, ...options });
  });
  beforeEach(() => void fixture.outcomes.splice(0));

  describe('chooses the file', () => {
    it.each<[acceptEncoding: string, coding: string | null, body: Buffer | string]>([
      ['br', 'br', BR],
      ['gzip, deflate, br, zstd', 'br', BR],
      ['zstd;q=0.9, gzip', 'gzip', GZ],
      ['zstd, gzip', 'zstd', ZST],
      ['*', 'br', BR],
      ['br;q=0, *', 'zstd', ZST],
      ['gzip;q=0.5, identity;q=0', 'gzip', GZ],
      ['identity, br;q=0.5', null, SCRIPT],
      ['deflate', null, SCRIPT],
      ['identity;q=0', null, SCRIPT],
      ['', null, SCRIPT],
    ])('by the weights of %j', async (acceptEncoding, coding, body) => {
      // Twice: the second response may come from a cache.
      for (let turn = 0; turn < 2; turn++) {
        await fixture.check(accepting(acceptEncoding), {
          status: 200,
          headers: {
            ...PLAIN,
            'Content-Encoding': coding,
            'Content-Length': String(body.length),
          },
          body,
        });
      }
    });

    it('that is plain for a client that does not say what it accepts', async () => {
      await fixture.check({ target: '/app.js' }, { status: 200, headers: PLAIN, body: SCRIPT });
    });

    it('that is plain without a precompressed file', async () => {
      const headers = { ...PLAIN, ETag: /^"[^-]+-[^-]+"$/ };
      const request = accepting('br', { target: '/plain.js' });
      await fixture.check(request, { status: 200, headers, body: SCRIPT });
    });

    it('whose content is the same after decoding', async () => {
      const { body } = await fixture.request(accepting('br'));
      expect(String(brotliDecompressSync(body))).toBe(SCRIPT);
      const packed = await fixture.request(accepting('gzip'));
      expect(String(gunzipSync(packed.body))).toBe(SCRIPT);
    });

    it.each([
      ['is older than the file', 'stale.js', 'gzip', GZ],
      ['is a link to a file outside', 'outside.js', null, SCRIPT],
      ['is a directory', 'no-file.js', null, SCRIPT],
      ['is a loop', 'loop.js', null, SCRIPT],
      ['has too long a name', 'n'.repeat(255), null, SCRIPT],
    ])('without a sibling that %s', async (_what, name, coding, body) => {
      await fixture.check(accepting('br, gzip', { target: `/${name}` }), {
        status: 200,
        headers: {
          'Content-Encoding': coding,
          Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
        },
        body,
      });
    });

    it.each([
      ['is a link to a file inside', '/inside.js'],
      ['is in a linked directory', '/linked/app.js'],
    ])('with a sibling that %s', async (_what, target) => {
      const request = accepting('br', { target });
      await fixture.check(request, { status: 200, headers: ENCODED, body: BR });
    });

    it.each(['/orphan.js', '/.hidden.js', '/no.js'])('only if there is %s', async (target) => {
      const { body, headers } = await fixture.check(accepting('br', { target }), {
        status: 404,
        headers: { 'Content-Encoding': null, ETag: null },
      });
      expect(body.length).toBe(Number(headers['content-length']));
      expect(fixture.outcomes).toMatchObject([{ kind: 'refused', path: target.slice(1) }]);
    });

    it('as it is if it is requested by the name of a precompressed file', async () => {
      await fixture.check(accepting('br', { target: '/app.js.br' }), {
        status: 200,
        headers: {
          'Content-Type': 'application/octet-stream',
          'Content-Encoding': null,
          Vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
          ETag: `"${OLD_HEX}-${BR.length.toString(16)}"`,
        },
        body: BR,
      });
      // As without the option.
      await fixture.check(accepting('br, gzip', { target: '/notes.txt.gz' }), {
        status: 200,
        headers: {
          'Content-Type': 'text/plain; charset=utf-8',
          'Content-Encoding': 'gzip',
          Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
        },
        body: gzipSync('notes'),
      });
      await fixture.check(accepting('br'), { status: 200, headers: ENCODED, body: BR });
    });
  });

  describe('describes the sibling', () => {
    it('with its own validators', async () => {
      const sizes = { br: BR.length, gzip: GZ.length };
      const times = { br: OLD, gzip: LATER };
      for (const coding of ['br', 'gzip'] as const) {
        const seconds = times[coding].getTime() / 1000;
        await fixture.check(accepting(coding), {
          status: 200,
          headers: {
            ETag: `"${seconds.toString(16)}-${sizes[coding].toString(16)}-${coding}"`,
            'Last-Modified': times[coding].toUTCString(),
          },
        });
      }
    });

    it('with a separate tag even if another one has the same size and time', async () => {
      const tags = await Promise.all(
        ['br', 'zstd'].map(async (coding) => {
          const request = accepting(coding, { target: '/same-size.js' });
          return (await fixture.request(request)).headers.etag;
        }),
      );
      expect(tags).toEqual([`"${OLD_HEX}-4-br"`, `"${OLD_HEX}-4-zstd"`]);
    });

    it('to HEAD, without its bytes', async () => {
      const { body } = await fixture.check(accepting('br', { method: 'HEAD' }), {
        status: 200,
        headers: ENCODED,
      });
      expect(body.length).toBe(0);
    });

    it('in the outcome, by the requested path', async () => {
      await fixture.request(accepting('br'));
      expect(fixture.outcomes).toMatchObject([
        { kind: 'sent', path: 'app.js', size: BR.length, bytes: BR.length },
      ]);
    });
  });

  describe('evaluates conditions and ranges with the sibling', () => {
    async function tagFor(acceptEncoding: string): Promise<string> {
      return (await fixture.request(accepting(acceptEncoding))).headers.etag ?? '';
    }

    it.each(['GET', 'HEAD'])('as 304 for its own tag only (%s)', async (method) => {
      const headers = { 'If-None-Match': await tagFor('br') };
      await fixture.check(accepting('br', { method, headers }), {
        status: 304,
        headers: {
          Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
          ETag: headers['If-None-Match'],
        },
      });
      await fixture.check(accepting('gzip', { method, headers }), { status: 200 });
      await fixture.check(accepting('identity', { method, headers }), { status: 200 });
    });

    it('as 304 for the tag of the file without a coding', async () => {
      const headers = { 'If-None-Match': await tagFor('identity') };
      const expected = {
        Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
        ETag: headers['If-None-Match'],
      };
      await fixture.check({ target: '/app.js', headers }, { status: 304, headers: expected });
      await fixture.check(accepting('br', { headers }), { status: 200, headers: ENCODED });
    });

    it('as 412', async () => {
      const headers = { 'If-Match': await tagFor('identity') };
      await fixture.check(accepting('br', { headers }), { status: 412 });
    });

    it('as 206 of its bytes', async () => {
      await fixture.check(accepting('br', { headers: { Range: 'bytes=2-5' } }), {
        status: 206,
        headers: {
          'Content-Encoding': 'br',
          'Content-Range': `bytes 2-5/${BR.length}`,
          Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
        },
        body: BR.subarray(2, 6),
      });
      expect(fixture.outcomes).toMatchObject([{ range: { start: 2, end: 5 }, size: BR.length }]);
    });

    it('as 200 for several ranges, because clients decode the whole body', async () => {
      const headers = { Range: 'bytes=0-1,4-5' };
      await fixture.check(accepting('br', { headers }), { status: 200, body: BR });
    });

    it('as 416 after its end', async () => {
      const headers = { Range: `bytes=${BR.length}-` };
      const expected = { 'Content-Range': `bytes */${BR.length}` };
      await fixture.check(accepting('br', { headers }), { status: 416, headers: expected });
    });

    it('as 206 only with its own tag in If-Range', async () => {
      const range = { Range: 'bytes=0-1' };
      const own = { ...range, 'If-Range': await tagFor('br') };
      await fixture.check(accepting('br', { headers: own }), { status: 206 });
      const other = { ...range, 'If-Range': await tagFor('gzip') };
      await fixture.check(accepting('br', { headers: other }), { status: 200, body: BR });
    });
  });
});

describe('precompressed with changing files', () => {
  const changing = createTree();

  function write(name: string, content: Buffer | string, time = OLD): void {
    writeFileSync(join(changing, name), content);
    utimesSync(join(changing, name), time, time);
  }

  it.each<[title: string, options: XSendfileOptions]>([
    ['with a cache', {}],
    ['without a cache', { cache: false }],
    ['for a front end', { sender: 'standard', handshake: false }],
  ])('notices each change at once, %s', async (_title, options) => {
    for (const name of ['a.js', 'a.js.br', 'a.js.gz'])
      rmSync(join(changing, name), { force: true });
    const fixture = await createFixture(changing, { ...PRECOMPRESSED, ...options });
    const codingNow = async (): Promise<unknown> => {
      const request = accepting('br, gzip', { target: '/a.js' });
      const { status, headers } = await fixture.request(request);
      return status === 200 ? (headers['content-encoding'] ?? 'none') : status;
    };
    write('a.js', SCRIPT);
    expect([await codingNow(), await codingNow()]).toEqual(['none', 'none']);
    write('a.js.gz', GZ);
    expect([await codingNow(), await codingNow()]).toEqual(['gzip', 'gzip']);
    write('a.js.br', BR);
    expect([await codingNow(), await codingNow()]).toEqual(['br', 'br']);
    write('a.js', 'newer', LATER);
    expect([await codingNow(), await codingNow()]).toEqual(['none', 'none']);
    write('a.js.br', brotliCompressSync('newer'), LATER);
    expect([await codingNow(), await codingNow()]).toEqual(['br', 'br']);
    rmSync(join(changing, 'a.js.br'));
    expect([await codingNow(), await codingNow()]).toEqual(['none', 'none']);
    write('a.js.br', BR, LATER);
    rmSync(join(changing, 'a.js'));
    expect([await codingNow(), await codingNow()]).toEqual([404, 404]);
  });

  it.each([
    ['2024-03-01 12:00:05.123456789', true],
    ['2024-03-01 12:00:05.123456', true],
    ['2024-03-01 12:00:05.123', true],
    ['2024-03-01 12:00:05', true],
    ['2024-03-01 12:00:05.123456790', true],
    ['2024-03-01 12:00:05.123456788', false],
    ['2024-03-01 12:00:05.123455', false],
    ['2024-03-01 12:00:05.122', false],
    ['2024-03-01 12:00:04', false],
    ['2024-03-01 12:00:00', false],
  ])('takes %s for the time of a file of 12:00:05.123456789: %s', async (time, isTaken) => {
    write('b.js', SCRIPT);
    write('b.js.br', BR);
    // utimes() of Node has no nanoseconds.
    const touch = (name: string, to: string) =>
      execFileSync('touch', ['-m', '-d', `${to} UTC`, join(changing, name)]);
    touch('b.js', '2024-03-01 12:00:05.123456789');
    touch('b.js.br', time);
    const fixture = await createFixture(changing, PRECOMPRESSED);
    const headers = { 'Content-Encoding': isTaken ? 'br' : null };
    await fixture.check(accepting('br', { target: '/b.js' }), { status: 200, headers });
  });

  it('sends a new precompressed file with its own weak tag', async () => {
    jest.restoreAllMocks();
    write('young.js', SCRIPT);
    writeFileSync(join(changing, 'young.js.br'), BR);
    const fixture = await createFixture(changing, PRECOMPRESSED);
    await fixture.check(accepting('br', { target: '/young.js' }), {
      status: 200,
      headers: { ETag: /^W\/"[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-br"$/ },
    });
  });
});

describe('precompressed and policies', () => {
  it("ignores a link with symlinks: 'deny', and follows any with 'follow'", async () => {
    const denying = await createFixture(root, { ...PRECOMPRESSED, symlinks: 'deny' });
    await denying.check(accepting('br', { target: '/inside.js' }), { status: 200, headers: PLAIN });
    await denying.check(accepting('br'), { status: 200, headers: ENCODED });
    const following = await createFixture(root, { ...PRECOMPRESSED, symlinks: 'follow' });
    const request = accepting('br', { target: '/outside.js' });
    await following.check(request, { status: 200, headers: ENCODED });
  });

  it("sends siblings of dotfiles with dotfiles: 'allow'", async () => {
    const fixture = await createFixture(root, { ...PRECOMPRESSED, dotfiles: 'allow' });
    const request = accepting('br', { target: '/.hidden.js' });
    await fixture.check(request, { status: 200, headers: ENCODED, body: BR });
  });

  it('ignores a precompressed file that Node may not read', async () => {
    if (process.getuid?.() === 0) return;
    const files = createTree({ 'a.js': SCRIPT, 'a.js.br': BR });
    chmodSync(join(files, 'a.js.br'), 0);
    const fixture = await createFixture(files, PRECOMPRESSED);
    await fixture.check(accepting('br', { target: '/a.js' }), { status: 200, headers: PLAIN });
  });

  it('sends nothing for a directory, however it is spelt', async () => {
    for (const options of [{ collapseSlashes: true }, { path: () => [] as string[] }, {}]) {
      const fixture = await createFixture(root, {
        ...PRECOMPRESSED,
        dotfiles: 'allow',
        ...options,
      });
      for (const target of ['/', '/directory', '/no-file.js.br', '/.']) {
        const { status } = await fixture.request(accepting('br', { target }));
        expect([400, 403, 404]).toContain(status);
      }
    }
  });

  it.each([[[]], [['gzip']]] as const)(
    'sends none that %j does not list',
    async (precompressed) => {
      const fixture = await createFixture(root, { precompressed });
      await fixture.check(accepting('br'), {
        status: 200,
        headers: {
          ...PLAIN,
          Vary:
            precompressed.length === 0
              ? 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest'
              : 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
        },
        body: SCRIPT,
      });
    },
  );

  it('is off by default', async () => {
    const fixture = await createFixture(root);
    await fixture.check(accepting('br'), {
      status: 200,
      headers: { ...PLAIN, Vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
      body: SCRIPT,
    });
  });
});

describe('precompressed and the headers of the application', () => {
  it('keeps a disposition, with the name of the requested file', async () => {
    const fixture = await createFixture(root, { ...PRECOMPRESSED, disposition: 'attachment' });
    await fixture.check(accepting('br'), {
      status: 200,
      headers: { ...ENCODED, 'Content-Disposition': 'attachment; filename=app.js' },
      body: BR,
    });
  });

  it('keeps a page in its sandbox', async () => {
    const fixture = await createFixture(root, PRECOMPRESSED);
    await fixture.check(accepting('br', { target: '/page.html' }), {
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Encoding': 'br',
        'Content-Security-Policy': 'sandbox',
      },
    });
  });

  it('adds to Vary', async () => {
    const fixture = await createFixture(root, PRECOMPRESSED, (_req, res) => {
      res.setHeader('Vary', 'Cookie');
    });
    const headers = {
      ...ENCODED,
      Vary: 'Cookie, Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
    };
    await fixture.check(accepting('br'), { status: 200, headers });
  });

  it.each([
    ['ETag', '"of the file"'],
    ['Content-Encoding', 'identity'],
    ['Repr-Digest', 'sha-256=:AA==:'],
    ['Content-Digest', 'sha-256=:AA==:'],
  ])('sends the file itself with its %s', async (name, value) => {
    const fixture = await createFixture(root, PRECOMPRESSED, (req, res) => {
      if (req.headers['x-dressed'] !== undefined) res.setHeader(name, value);
    });
    // Both are remembered.
    await fixture.check(accepting('br'), { status: 200, headers: ENCODED });
    await fixture.check({ target: '/app.js' }, { status: 200, headers: PLAIN });
    await fixture.check(accepting('br', { headers: { 'X-Dressed': '1' } }), {
      status: 200,
      headers: { [name]: value, Vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
      body: SCRIPT,
    });
  });

  it('sends the precompressed file with an error page', async () => {
    const fixture = await createFixture(root, PRECOMPRESSED, (_req, res) => {
      res.statusCode = 404;
    });
    await fixture.check(accepting('br'), { status: 404, headers: ENCODED, body: BR });
  });
});

describe('precompressed and functions', () => {
  it('describes the precompressed file to them, with the name of the requested file', async () => {
    const seen: Record<string, Pick<FileInfo, 'name' | 'path' | 'segments' | 'size'>> = {};
    const note = (who: string, file: FileInfo): void => {
      const { name, path, segments, size } = file;
      seen[who] = { name, path, segments, size };
    };
    const paths: string[] = [];
    const fixture = await createFixture(root, {
      ...PRECOMPRESSED,
      etag: (file) => {
        note('etag', file);
        return 'tag';
      },
      disposition: (file) => {
        note('disposition', file);
        return 'inline';
      },
      cacheControl: (file) => {
        note('cacheControl', file);
        return 'no-cache';
      },
      contentType: (path) => {
        paths.push(path);
        return undefined;
      },
      allow: (file) => {
        note('allow', file);
        return true;
      },
      setHeaders: (res, path, file) => {
        note('setHeaders', file);
        res.setHeader('X-Path', path);
      },
    });
    const path = join(root, 'directory/app.js.br');
    await fixture.check(accepting('br', { target: '/directory/app.js' }), {
      status: 200,
      headers: { ...ENCODED, ETag: '"tag-br"', 'X-Path': path },
    });
    const segments = ['directory', 'app.js'];
    const sibling = { name: 'app.js', path, segments, size: BR.length };
    expect(new Set(Object.keys(seen))).toEqual(
      new Set(['etag', 'disposition', 'cacheControl', 'allow', 'setHeaders']),
    );
    for (const each of Object.values(seen)) expect(each).toEqual(sibling);
    expect(paths).toEqual(['directory/app.js']);
  });

  it('calls allow once for the precompressed file if the sender declines', async () => {
    const asked: string[] = [];
    const fixture = await createFixture(root, {
      ...PRECOMPRESSED,
      handshake: false,
      sender: { name: 'declining', passesContentEncoding: true, send: (_, ctx) => ctx.decline() },
      allow: (file) => asked.push(file.relativePath) > 0,
    });
    await fixture.check(accepting('br'), { status: 200, headers: ENCODED, body: BR });
    expect(asked).toEqual(['app.js.br']);
  });
});

describe('precompressed and senders', () => {
  async function checkSender(
    sender: XSendfileOptions['sender'],
    request: RawRequest,
  ): Promise<{ headers: Readonly<Record<string, string>>; outcome: Outcome | undefined }> {
    const fixture = await createFixture(root, { ...PRECOMPRESSED, sender, handshake: false });
    const { headers } = await fixture.request(request);
    return { headers, outcome: fixture.outcomes[0] };
  }

  it.each([
    ['nginx', 'x-accel-redirect', '/-internal-/app.js.br'],
    ['lighttpd', 'x-sendfile', join(root, 'app.js.br')],
    ['caddy', 'x-accel-redirect', '/app.js.br'],
    ['standard', 'x-sendfile', join(root, 'app.js.br')],
  ] as const)('names the sibling to %s', async (sender, header, value) => {
    for (const method of ['GET', 'HEAD']) {
      const { headers, outcome } = await checkSender(sender, accepting('br', { method }));
      expect(headers).toMatchObject({
        [header]: value,
        'content-encoding': 'br',
        'content-type': 'text/javascript; charset=utf-8',
        etag: `"${OLD_HEX}-${BR.length.toString(16)}-br"`,
        vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      });
      expect(outcome).toMatchObject({ kind: 'offloaded', path: 'app.js', size: BR.length });
    }
  });

  it.each(['nginx', 'lighttpd', 'caddy', 'standard', 'apache'] as const)(
    'names the file itself to %s',
    async (sender) => {
      const { headers, outcome } = await checkSender(sender, { target: '/app.js' });
      expect(headers).toMatchObject({
        vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      });
      expect(headers).not.toHaveProperty('content-encoding');
      expect(outcome).toMatchObject({ kind: 'offloaded', size: SCRIPT.length });
    },
  );

  it.each(['apache', 'h2o'] as const)(
    'sends the sibling itself, as %s drops Content-Encoding',
    async (sender) => {
      const { headers, outcome } = await checkSender(sender, accepting('br'));
      expect(headers).toMatchObject({
        'content-encoding': 'br',
        vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      });
      expect(outcome).toMatchObject({ kind: 'sent', sender: 'serve', bytes: BR.length });
    },
  );

  it('sends the file itself, too, where h2o drops Vary', async () => {
    const { headers, outcome } = await checkSender('h2o', { target: '/app.js' });
    expect(headers).toMatchObject({
      vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
    });
    expect(outcome).toMatchObject({ kind: 'sent', sender: 'serve', bytes: SCRIPT.length });
  });

  it('passes the precompressed file to a custom sender that passes Content-Encoding', async () => {
    const targets: FileTarget[] = [];
    const custom = (passesContentEncoding: boolean, dropped: string[] = []): Sender => ({
      name: 'custom',
      passesContentEncoding,
      dropped,
      send(file, { res }) {
        targets.push(file);
        res.end();
      },
    });
    const passing = await checkSender(custom(true), accepting('br'));
    expect(passing.headers).toMatchObject({
      'content-encoding': 'br',
      vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
    });
    expect(targets).toMatchObject([
      {
        name: 'app.js',
        segments: ['app.js'],
        path: join(root, 'app.js.br'),
        relativePath: 'app.js.br',
        size: BR.length,
        type: 'text/javascript; charset=utf-8',
      },
    ]);
    for (const sender of [custom(false), custom(true, ['Vary'])]) {
      const { outcome } = await checkSender(sender, accepting('br'));
      expect(outcome).toMatchObject({ kind: 'sent', sender: 'serve', bytes: BR.length });
    }
    expect(targets).toHaveLength(1);
  });
});

describe('precompressed and the other ways to send', () => {
  it('works with send(), and its overrides', async () => {
    const files = xsendfile(root, PRECOMPRESSED);
    const fixture = await listenWith((req, res) => {
      void files.send(req, res, 'app.js', { contentType: 'text/x-own' });
    });
    await fixture.check(accepting('br'), {
      status: 200,
      headers: { ...ENCODED, 'Content-Type': 'text/x-own' },
      body: BR,
    });
  });

  it('works with offload()', async () => {
    const app = express();
    app.use(offload(xsendfile(root, PRECOMPRESSED)));
    app.get('/sent', (_req, res) => res.sendFile(join(root, 'app.js')));
    app.get('/tagged', (_req, res) => {
      res.sendFile(join(root, 'app.js'), { headers: { ETag: '"own"' } });
    });
    app.get('/downloaded', (_req, res) => res.download(join(root, 'app.js'), 'own.js'));
    const fixture = await listenWith(app);
    const sent = accepting('br', { target: '/sent' });
    await fixture.check(sent, { status: 200, headers: ENCODED, body: BR });
    await fixture.check(accepting('br', { target: '/tagged' }), {
      status: 200,
      headers: { ETag: '"own"', 'Content-Encoding': null },
      body: SCRIPT,
    });
    await fixture.check(accepting('br', { target: '/downloaded' }), {
      status: 200,
      headers: { ...ENCODED, 'Content-Disposition': 'attachment; filename=own.js' },
      body: BR,
    });
  });

  it('works with authToken(), for links to the file', async () => {
    const outcomes: Outcome[] = [];
    const handler = authToken('a secret of at least 32 characters', root, {
      ...PRECOMPRESSED,
      onFinish: (outcome) => outcomes.push(outcome),
    });
    const fixture = await listenWith((req, res) => handler(req, res));
    const target = handler.signer.sign('app.js', { id: 'link' });
    for (const remembered of [false, true]) {
      await fixture.check(accepting('br', { target }), {
        status: 200,
        headers: { ...ENCODED, Vary: 'Accept-Encoding', 'Referrer-Policy': 'no-referrer' },
        body: BR,
      });
      expect([remembered, outcomes.at(-1)]).toMatchObject([remembered, { tokenId: 'link' }]);
    }
    const headers = { ...PLAIN, Vary: 'Accept-Encoding' };
    await fixture.check({ target }, { status: 200, headers, body: SCRIPT });
    const other = target.replace('app.js', 'app.js.br');
    await fixture.check(accepting('br', { target: other }), { status: 404 });
  });
});
