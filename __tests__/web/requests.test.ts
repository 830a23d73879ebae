import { gzipSync } from 'node:zlib';
import type { RefusedError } from '../../lib/web/index.js';
import { eventually } from '../helpers/eventually.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree, OLD } from '../helpers/tree.js';
import { expectAllClosed } from '../pipeline/transfer/descriptors.js';
import { createSparse } from '../pipeline/transfer/sparse.js';
import { createWebFixture } from './site.js';
import { NEXT, WAYS } from './ways.js';

const LARGE = Buffer.from(Array.from({ length: 1_500_000 }, (_, index) => index % 251));
const DIFFICULT = 'Ünï cödé 100% #1 & +;=?.txt';
const EMOJI = '📦\u2028.bin';
const GZ = gzipSync('script '.repeat(100));
const HUGE = 5 * 1024 ** 3;

const scratch = createTree({
  'outside.txt': 'secret',
  'files/report.txt': 'the report',
  'files/empty.txt': '',
  'files/large.bin': LARGE,
  [`files/sub/${DIFFICULT}`]: 'difficult',
  [`files/${EMOJI}`]: 'box',
  'files/app.js': 'script '.repeat(100),
  'files/app.js.gz': GZ,
  'files/notes.txt.gz': gzipSync('notes'),
  'files/.hidden': 'secret',
  'files/tenant/own.txt': 'own',
  'files/link-out': { link: '../outside.txt' },
});
const root = `${scratch}/files`;
createSparse(root, 'huge.bin', HUGE, { [HUGE - 4]: 'last' });
const LAST_MODIFIED = OLD.toUTCString();

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

describe.each(WAYS)('$name', (way) => {
  describe('sends', () => {
    it('a file, small or large, from the disk and from memory', async () => {
      const { check, outcomes } = await createWebFixture(way, root);
      for (const cached of [false, true]) {
        await check(
          { target: '/files/report.txt' },
          {
            status: 200,
            headers: {
              'Content-Type': 'text/plain; charset=utf-8',
              'Content-Length': '10',
              'Last-Modified': LAST_MODIFIED,
              ETag: /^"/,
              'Cache-Control': 'private, no-cache, no-transform',
              'Accept-Ranges': 'bytes',
              'X-Content-Type-Options': 'nosniff',
              'Transfer-Encoding': null,
            },
            body: 'the report',
          },
        );
        const headers = { 'Content-Length': '1500000', 'Transfer-Encoding': null };
        await check({ target: '/files/large.bin' }, { status: 200, headers, body: LARGE });
        expect([cached, outcomes.length]).toEqual([cached, cached ? 4 : 2]);
      }
      expect(outcomes).toMatchObject(
        ['report.txt', 'large.bin', 'report.txt', 'large.bin'].map((path) => ({
          kind: 'sent',
          status: 200,
          method: 'GET',
          path,
          bytes: path === 'large.bin' ? LARGE.length : 10,
          sender: 'serve',
        })),
      );
      await expectAllClosed(root);
    });

    it('an empty file', async () => {
      const { check } = await createWebFixture(way, root);
      const headers = { 'Content-Length': '0' };
      await check({ target: '/files/empty.txt' }, { status: 200, headers, body: '' });
    });

    it.each([
      [`sub/${DIFFICULT}`, 'difficult'],
      [EMOJI, 'box'],
    ])('a file with a difficult name: %s', async (path, body) => {
      const { check } = await createWebFixture(way, root, { disposition: 'attachment' });
      const target = `/files/${path.split('/').map(encodeURIComponent).join('/')}`;
      const headers = { 'Content-Disposition': /^attachment; filename=.*; filename\*=UTF-8''/ };
      await check({ target }, { status: 200, headers, body });
    });

    it('a file below the whole path without a prefix', async () => {
      const { check } = await createWebFixture(way, root, { prefix: '' });
      await check({ target: '/sub/../report.txt' }, { status: way === WAYS[1] ? 403 : 200 });
      await check({ target: '/report.txt?x=/..' }, { status: 200, body: 'the report' });
    });

    it('a compressed file as what it is, unless the option says otherwise', async () => {
      const { check } = await createWebFixture(way, root);
      const target = '/files/notes.txt.gz';
      const headers = { 'Content-Type': 'application/gzip', 'Content-Encoding': null };
      await check({ target }, { status: 200, headers });
      const declared = await createWebFixture(way, root, { contentEncoding: true });
      const others = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Encoding': 'gzip' };
      await declared.check({ target }, { status: 200, headers: others });
    });

    it('a precompressed file to clients that accept it', async () => {
      const { check } = await createWebFixture(way, root, { precompressed: ['gzip'] });
      const target = '/files/app.js';
      await check(
        { target, headers: { 'Accept-Encoding': 'gzip' } },
        {
          status: 200,
          headers: {
            'Content-Encoding': 'gzip',
            Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
            ETag: /^"/,
          },
          body: GZ,
        },
      );
      const headers = {
        'Content-Encoding': null,
        Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      };
      await check({ target }, { status: 200, headers, body: 'script '.repeat(100) });
    });

    it('a file no faster than the rate', async () => {
      const { check } = await createWebFixture(way, root, { rate: 3_000_000 });
      const began = performance.now();
      await check({ target: '/files/large.bin' }, { status: 200, body: LARGE });
      expect(performance.now() - began).toBeGreaterThan(400);
    });
  });

  describe('ranges', () => {
    it.each([
      ['bytes=4-', 'bytes 4-9/10', 'report'],
      ['bytes=-3', 'bytes 7-9/10', 'ort'],
      ['bytes=0-2', 'bytes 0-2/10', 'the'],
    ])('sends one: %s', async (range, contentRange, body) => {
      const { check, outcomes } = await createWebFixture(way, root);
      await check(
        { target: '/files/report.txt', headers: { Range: range } },
        {
          status: 206,
          headers: { 'Content-Range': contentRange, 'Content-Length': String(body.length) },
          body,
        },
      );
      expect(outcomes).toMatchObject([{ kind: 'sent', status: 206, bytes: body.length }]);
    });

    it.each(['app.js', 'large.bin'])('sends several of %s', async (name) => {
      const { check, outcomes } = await createWebFixture(way, root);
      const headers = { Range: 'bytes=0-2,4-9' };
      const { body, headers: got } = await check(
        { target: `/files/${name}`, headers },
        { status: 206, headers: { 'Content-Type': /^multipart\/byteranges; boundary=/ } },
      );
      const parts = String(body).match(/Content-Range: bytes [\d-]+\/\d+/g);
      expect(parts).toHaveLength(2);
      expect(got['content-length']).toBe(String(body.length));
      await eventually(() => outcomes.length === 1);
      expect(outcomes).toMatchObject([{ kind: 'sent', bytes: 9 }]);
    });

    it('answers 416 for one behind the end, and all of the file to what is no range', async () => {
      const { check, outcomes } = await createWebFixture(way, root);
      const target = '/files/report.txt';
      const headers = { 'Content-Range': 'bytes */10' };
      await check({ target, headers: { Range: 'bytes=10-' } }, { status: 416, headers });
      await check({ target, headers: { Range: 'lines=1-2' } }, { status: 200, body: 'the report' });
      expect(outcomes[0]).toMatchObject({
        kind: 'refused',
        status: 416,
        code: 'ERR_XSENDFILE_RANGE_NOT_SATISFIABLE',
      });
    });

    it('sends one only of the same version with If-Range', async () => {
      const { check, ask } = await createWebFixture(way, root);
      const target = '/files/report.txt';
      const { etag = '' } = (await ask({ target })).headers;
      for (const [validator, status] of [
        [etag, 206],
        [LAST_MODIFIED, 206],
        ['"other"', 200],
        [new Date(OLD.getTime() - 1000).toUTCString(), 200],
      ] as const) {
        await check({ target, headers: { Range: 'bytes=0-2', 'If-Range': validator } }, { status });
      }
    });

    it('sends the end of a file of 5 GB', async () => {
      const { check } = await createWebFixture(way, root);
      await check(
        { target: '/files/huge.bin', headers: { Range: 'bytes=-300000' } },
        {
          status: 206,
          headers: {
            'Content-Range': `bytes ${HUGE - 300_000}-${HUGE - 1}/${HUGE}`,
            'Content-Length': '300000',
          },
          body: Buffer.concat([Buffer.alloc(299_996), Buffer.from('last')]),
        },
      );
    });
  });

  describe('conditions', () => {
    it('answers 304 without a body, and 412', async () => {
      const { check, ask, outcomes } = await createWebFixture(way, root);
      const target = '/files/large.bin';
      const { etag = '' } = (await ask({ target })).headers;
      for (const [name, value, status] of [
        ['If-None-Match', etag, 304],
        ['If-None-Match', '"other"', 200],
        ['If-Modified-Since', LAST_MODIFIED, 304],
        ['If-Match', '"other"', 412],
        ['If-Unmodified-Since', new Date(OLD.getTime() - 1000).toUTCString(), 412],
      ] as const) {
        const { body } = await check({ target, headers: { [name]: value } }, { status });
        if (status === 304) expect(body).toHaveLength(0);
      }
      await eventually(() => outcomes.length === 6);
      expect(outcomes.slice(1).map(({ kind }) => kind)).toEqual([
        'not-modified',
        'sent',
        'not-modified',
        'refused',
        'refused',
      ]);
      await expectAllClosed(root);
    });
  });

  it.each(['report.txt', 'large.bin', 'gone.txt'])(
    'answers HEAD with the headers of GET: %s',
    async (name) => {
      const { ask, outcomes } = await createWebFixture(way, root);
      const target = `/files/${name}`;
      const get = await ask({ target });
      const head = await ask({ target, method: 'HEAD' });
      expect(head.body).toHaveLength(0);
      expect(head.status).toBe(get.status);
      const { date: _get, ...ofGet } = get.headers;
      const { date: _head, ...ofHead } = head.headers;
      expect(ofHead).toEqual(ofGet);
      await eventually(() => outcomes.length === 2);
      expect(outcomes[1]).toMatchObject({ method: 'HEAD', bytes: 0 });
      await expectAllClosed(root);
    },
  );

  describe('refuses', () => {
    it.each([
      ['a missing file', '/files/gone.txt', 404],
      ['a dotfile', '/files/.hidden', 404],
      ['a link to outside', '/files/link-out', 404],
      ['a directory', '/files/sub', 404],
      ['the root', '/files', 403],
      ['the root with a slash', '/files/', 403],
      ['an encoded parent', '/files/..%2foutside.txt', 403],
      ['a control character', '/files/a%00b', 400],
      ['wrong UTF-8', '/files/%ff', 400],
      ['an encoded letter', '/files/%72eport.txt', 404],
      ['a doubled slash', '/files//report.txt', 404],
      ['a path beside the prefix', '/filesx/report.txt', 404],
      ['an encoded prefix', '/%66iles/report.txt', 404],
      ['another path', '/', 404],
    ])('%s', async (_title, target, status) => {
      const { ask, check, outcomes } = await createWebFixture(way, root);
      if (way.refusesItself.includes(target)) {
        expect((await ask({ target })).status).toBe(status);
        expect(outcomes).toEqual([]);
        return;
      }
      const { body } = await check(
        { target },
        {
          status,
          headers: {
            'Cache-Control': 'no-store',
            'Content-Type': 'text/plain; charset=utf-8',
            'X-Content-Type-Options': 'nosniff',
            ETag: null,
          },
        },
      );
      expect(String(body)).toMatch(/^(?:Not Found|Forbidden|Bad Request)\n$/);
      expect(outcomes).toMatchObject([{ kind: 'refused', status, bytes: 0 }]);
    });

    it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('other methods: %s', async (method) => {
      const { check, outcomes } = await createWebFixture(way, root);
      const headers = { Allow: 'GET, HEAD' };
      await check({ target: '/files/report.txt', method }, { status: 405, headers });
      expect(outcomes).toMatchObject([{ kind: 'refused', status: 405, method, path: undefined }]);
    });
  });

  describe('options', () => {
    it('calls allow and rate with the request', async () => {
      const seen: unknown[] = [];
      const { check, outcomes } = await createWebFixture(way, root, {
        allow: async ({ path, size }, context) => {
          seen.push([path, size, context.request.headers.get('x-user'), Object.keys(context)[0]]);
          expect(context).not.toHaveProperty('req');
          return context.request.headers.get('x-user') === 'ada';
        },
      });
      const target = '/files/report.txt';
      await check({ target, headers: { 'X-User': 'ada' } }, { status: 200, body: 'the report' });
      await check({ target, headers: { 'X-User': 'eve' } }, { status: 404 });
      expect(seen).toMatchObject([
        [`${root}/report.txt`, 10, 'ada', expect.any(String)],
        [`${root}/report.txt`, 10, 'eve', expect.any(String)],
      ]);
      expect(outcomes).toMatchObject([
        { kind: 'sent' },
        { kind: 'refused', code: 'ERR_XSENDFILE_NOT_ALLOWED' },
      ]);
      await expectAllClosed(root);
    });

    it('calls setHeaders with the headers, but not for refusals', async () => {
      const { check } = await createWebFixture(way, root, {
        setHeaders: (headers, path, { size }) => {
          headers.set('X-Path', path.slice(root.length));
          headers.set('X-Size', String(size));
          headers.set('Content-Length', '3');
          headers.delete('Last-Modified');
          headers.append('Set-Cookie', 'a=1');
        },
      });
      const headers = {
        'X-Path': '/report.txt',
        'X-Size': '10',
        'Content-Length': '10',
        'Last-Modified': null,
        'Set-Cookie': 'a=1',
      };
      await check({ target: '/files/report.txt' }, { status: 200, headers, body: 'the report' });
      await check({ target: '/files/gone.txt' }, { status: 404, headers: { 'X-Path': null } });
    });

    it('takes the directory from within, and the file from path, with the request', async () => {
      const { check } = await createWebFixture(way, root, {
        within: (request) => request.headers.get('x-tenant') ?? undefined,
      });
      const target = '/files/tenant/own.txt';
      await check({ target, headers: { 'X-Tenant': 'tenant' } }, { status: 200, body: 'own' });
      await check({ target, headers: { 'X-Tenant': 'sub' } }, { status: 404 });
      await check({ target }, { status: 404 });
      const named = await createWebFixture(way, root, {
        path: (request) => new URL(request.url).pathname.replace('/files/x/', ''),
      });
      await named.check({ target: '/files/x/report.txt' }, { status: 200, body: 'the report' });
    });

    it('resolves with undefined for the next handler with fallthrough', async () => {
      const { check } = await createWebFixture(way, root, { fallthrough: true });
      await check({ target: '/files/report.txt' }, { status: 200, body: 'the report' });
      for (const target of ['/files/gone.txt', '/elsewhere', '/files/%72eport.txt']) {
        await check({ target }, { status: 404, body: NEXT });
      }
      await check({ target: '/files/report.txt', method: 'POST' }, { status: 404, body: NEXT });
    });

    it('responds as onRefused says, or as usual', async () => {
      const seen: string[] = [];
      const { check } = await createWebFixture(way, root, {
        onRefused({ code, status }: RefusedError, { request }) {
          seen.push(`${code} ${request.method}`);
          return status === 404 ? new Response('our page', { status }) : undefined;
        },
      });
      await check({ target: '/files/gone.txt' }, { status: 404, body: 'our page' });
      await check({ target: '/elsewhere' }, { status: 404, body: 'our page' });
      await check(
        { target: '/files/report.txt', method: 'POST' },
        { status: 405, headers: { Allow: 'GET, HEAD' }, body: 'Method Not Allowed\n' },
      );
      await check({ target: '/files/report.txt' }, { status: 200, body: 'the report' });
      expect(seen).toEqual([
        'ERR_XSENDFILE_NOT_FOUND GET',
        'ERR_XSENDFILE_NOT_FOUND GET',
        'ERR_XSENDFILE_METHOD_NOT_ALLOWED POST',
      ]);
    });

    it.each<[string, unknown, string]>([
      ['a string', 'our page', 'a string of 8 characters'],
      ['an object', { status: 404 }, 'an object'],
      ['false', false, 'false'],
    ])('rejects if onRefused returns %s', async (_title, answer, shown) => {
      const { ask, errors } = await createWebFixture(way, root, {
        onRefused: () => answer as Response,
      });
      await ask({ target: '/files/gone.txt' });
      expect(errors).toMatchObject([
        {
          code: 'ERR_XSENDFILE_BAD_OPTION',
          message: `xsendfile: options.onRefused must return a Response or undefined, or a promise of one, got ${shown}.`,
        },
      ]);
    });

    it.each(['allow', 'setHeaders', 'within', 'path', 'rate', 'onRefused'])(
      'rejects with the error of %s, and closes the file',
      async (name) => {
        const error = new Error('of the application');
        const options = {
          [name]: () => {
            throw error;
          },
        };
        const { check, errors, outcomes } = await createWebFixture(way, root, options);
        const target = name === 'onRefused' ? '/files/gone.txt' : '/files/large.bin';
        await check({ target }, { status: 500, body: 'error: of the application' });
        expect(errors).toEqual([error]);
        expect(outcomes).toHaveLength(1);
        await expectAllClosed(root);
      },
    );
  });
});
