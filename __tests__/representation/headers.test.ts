import type { ServerResponse } from 'node:http';
import { parse } from 'content-disposition';
import type { XSendfileOptions } from '../../lib/index.js';
import { createFixture, type Expected } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({
  'a.txt': 'text',
  'a.pdf': 'pdf',
  'page.html': '<script>',
  'image.svg': '<svg/>',
  'feed.atom': '<feed/>',
  'data.json': '{}',
  'notes.txt.gz': 'packed',
  'page.html.gz': 'packed',
  'backup.tar.gz': 'packed',
  'photo.png.gz': 'packed',
  'alone.gz': 'packed',
  'logo.svgz': 'packed',
  'LOGO.SVGZ': 'packed',
  json: 'a name that is an extension',
  'UPPER.PNG': 'png',
  'mañana 是.txt': 'names',
});

type Locals = Record<string, unknown>;
type Before = (res: ServerResponse & { locals: Locals }) => void;

interface Case {
  readonly title: string;
  readonly target: string;
  readonly options?: XSendfileOptions;
  readonly before?: Before;
  readonly request?: Readonly<Record<string, string>>;
  readonly headers: Expected['headers'];
}

async function run({ target, options = {}, before, request = {}, headers = {} }: Case) {
  const { check } = await createFixture(root, options, (_req, res) => {
    const response = Object.assign(res, { locals: {} });
    before?.(response);
  });
  await check({ target, headers: request }, { status: 200, headers });
}

const set =
  (name: string, value: string | readonly string[]): Before =>
  (res) =>
    res.setHeader(name, value);
const local =
  (name: string, value: unknown): Before =>
  (res) => {
    res.locals[name] = value;
  };

describe('Content-Type', () => {
  const cases: readonly Case[] = [
    {
      title: 'comes from the extension',
      target: '/a.pdf',
      headers: { 'Content-Type': 'application/pdf' },
    },
    {
      title: 'has a charset for text',
      target: '/a.txt',
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    },
    {
      title: 'does not read a name as an extension',
      target: '/json',
      headers: { 'Content-Type': 'application/octet-stream' },
    },
    {
      title: 'ignores the case of the extension',
      target: '/UPPER.PNG',
      headers: { 'Content-Type': 'image/png' },
    },
    {
      title: 'comes from the option',
      target: '/a.txt',
      options: { contentType: (path) => (path === 'a.txt' ? 'text/x-own' : undefined) },
      headers: { 'Content-Type': 'text/x-own' },
    },
    {
      title: 'of the application overrides the option',
      target: '/a.txt',
      options: { contentType: () => 'text/x-own' },
      before: set('Content-Type', 'text/x-set'),
      headers: { 'Content-Type': 'text/x-set' },
    },
    {
      title: 'of res.locals overrides what was set',
      target: '/a.txt',
      before: (res) => {
        res.setHeader('Content-Type', 'text/x-set');
        res.locals.contentType = 'text/x-local';
      },
      headers: { 'Content-Type': 'text/x-local' },
    },
  ];
  it.each(cases)('$title', run);
});

describe('Content-Encoding', () => {
  const packed: Expected['headers'] = {
    'Content-Type': 'application/gzip',
    'Content-Encoding': null,
  };
  const unpacked: Expected['headers'] = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Encoding': 'gzip',
    Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
  };
  const svg: Expected['headers'] = {
    'Content-Type': 'image/svg+xml',
    'Content-Security-Policy': 'sandbox',
    Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
  };
  const cases: readonly Case[] = [
    { title: 'is gzip for a compressed text file', target: '/notes.txt.gz', headers: unpacked },
    {
      title: 'is gzip where the client accepts it',
      target: '/notes.txt.gz',
      request: { 'Accept-Encoding': 'br, GZIP;q=0.5' },
      headers: unpacked,
    },
    {
      title: 'is gzip for *',
      target: '/notes.txt.gz',
      request: { 'Accept-Encoding': 'identity;q=0, *' },
      headers: unpacked,
    },
    ...['identity', 'gzip;q=0', 'br, gzip; q=0.000, *', '*;q=0', ''].map((value) => ({
      title: `is none for Accept-Encoding: ${JSON.stringify(value)}`,
      target: '/notes.txt.gz',
      request: { 'Accept-Encoding': value },
      headers: {
        ...packed,
        Vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      },
    })),
    {
      title: 'adds to the Vary of the application',
      target: '/notes.txt.gz',
      before: set('Vary', 'Cookie'),
      headers: {
        ...unpacked,
        Vary: 'Cookie, Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      },
    },
    {
      title: 'is none for an archive',
      target: '/backup.tar.gz',
      headers: { ...packed, Vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
    },
    {
      title: 'is none for an image',
      target: '/photo.png.gz',
      headers: { ...packed, Vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
    },
    { title: 'is none for a name without another type', target: '/alone.gz', headers: packed },
    ...['/logo.svgz', '/LOGO.SVGZ'].map((target) => ({
      title: `is gzip for ${target}`,
      target,
      headers: { ...svg, 'Content-Encoding': 'gzip' },
    })),
    {
      title: 'is gzip for compressed SVG where siblings may be compressed, too',
      target: '/logo.svgz',
      options: { precompressed: ['gzip'] },
      request: { 'Accept-Encoding': 'gzip' },
      headers: { ...svg, 'Content-Encoding': 'gzip' },
    },
    {
      title: 'is none for compressed SVG that the client cannot decode',
      target: '/logo.svgz',
      request: { 'Accept-Encoding': 'identity' },
      headers: { ...svg, 'Content-Encoding': null },
    },
    {
      title: 'is none for compressed SVG as an attachment',
      target: '/logo.svgz',
      options: { disposition: 'attachment' },
      headers: { 'Content-Type': 'image/svg+xml', 'Content-Encoding': null },
    },
    {
      title: "is none for compressed SVG with activeContent: 'attachment'",
      target: '/logo.svgz',
      options: { activeContent: 'attachment' },
      headers: {
        'Content-Encoding': null,
        'Content-Disposition': 'attachment; filename=logo.svgz',
      },
    },
    {
      title: 'is none for compressed SVG behind a server that removes it',
      target: '/logo.svgz',
      options: { sender: 'apache', handshake: false },
      headers: { 'Content-Type': 'image/svg+xml', 'Content-Encoding': null },
    },
    {
      title: 'is gzip for compressed SVG behind nginx',
      target: '/logo.svgz',
      options: { sender: 'nginx', handshake: false },
      headers: { ...svg, 'Content-Encoding': 'gzip' },
    },
    {
      title: 'is none for an attachment',
      target: '/notes.txt.gz',
      options: { disposition: 'attachment' },
      headers: { ...packed, Vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
    },
    {
      title: 'is none with contentEncoding: false',
      target: '/notes.txt.gz',
      options: { contentEncoding: false },
      headers: { ...packed, Vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
    },
    {
      title: 'is none where the type was given',
      target: '/notes.txt.gz',
      before: set('Content-Type', 'application/x-mine'),
      headers: { 'Content-Type': 'application/x-mine', 'Content-Encoding': null },
    },
  ];
  it.each(cases)('$title', run);
});

describe('active content', () => {
  const sandboxed = { 'Content-Security-Policy': 'sandbox', 'Content-Disposition': null };
  const cases: readonly Case[] = [
    { title: 'is sandboxed if it is HTML', target: '/page.html', headers: sandboxed },
    { title: 'is sandboxed if it is SVG', target: '/image.svg', headers: sandboxed },
    { title: 'is sandboxed if it is any +xml', target: '/feed.atom', headers: sandboxed },
    {
      title: 'is sandboxed if it is compressed',
      target: '/page.html.gz',
      headers: { ...sandboxed, 'Content-Encoding': 'gzip' },
    },
    {
      title: 'is sandboxed if the application gave its type',
      target: '/a.txt',
      before: local('contentType', 'Text/HTML ;charset=utf-8'),
      headers: sandboxed,
    },
    {
      title: 'does not include types that cannot run scripts',
      target: '/data.json',
      headers: { 'Content-Security-Policy': null },
    },
    {
      title: "is sandboxed beside the application's policy",
      target: '/page.html',
      before: set('Content-Security-Policy', "default-src 'self'"),
      headers: { 'Content-Security-Policy': "default-src 'self', sandbox" },
    },
    {
      title: 'is sandboxed beside several policies of the application',
      target: '/image.svg',
      before: set('Content-Security-Policy', ["default-src 'self'", 'img-src *']),
      headers: { 'Content-Security-Policy': "default-src 'self', img-src *, sandbox" },
    },
    {
      title: 'is sandboxed beside a sandbox with exceptions',
      target: '/page.html',
      before: set('Content-Security-Policy', 'sandbox allow-scripts'),
      headers: { 'Content-Security-Policy': 'sandbox allow-scripts, sandbox' },
    },
    {
      title: 'is sandboxed beside a policy whose first sandbox has exceptions',
      target: '/page.html',
      before: set('Content-Security-Policy', 'sandbox allow-scripts;; sandbox'),
      headers: { 'Content-Security-Policy': 'sandbox allow-scripts;; sandbox, sandbox' },
    },
    {
      title: 'gets no second sandbox',
      target: '/page.html',
      before: set('Content-Security-Policy', "default-src 'self'; sandbox"),
      headers: { 'Content-Security-Policy': "default-src 'self'; sandbox" },
    },
    {
      title: "keeps the application's policy as it is with 'allow'",
      target: '/page.html',
      options: { activeContent: 'allow' },
      before: set('Content-Security-Policy', "default-src 'self'"),
      headers: { 'Content-Security-Policy': "default-src 'self'" },
    },
    {
      title: "is a download with 'attachment'",
      target: '/page.html',
      options: { activeContent: 'attachment' },
      headers: {
        'Content-Disposition': 'attachment; filename=page.html',
        'Content-Security-Policy': null,
      },
    },
    {
      title: "is a download with 'attachment' even if asked for inline, under the name asked for",
      target: '/page.html',
      options: { activeContent: 'attachment' },
      before: local('contentDisposition', { type: 'inline', filename: 'x.html' }),
      headers: { 'Content-Disposition': 'attachment; filename=x.html' },
    },
    {
      title: "stays compressed with 'attachment'",
      target: '/page.html.gz',
      options: { activeContent: 'attachment' },
      headers: { 'Content-Type': 'application/gzip', 'Content-Encoding': null },
    },
    {
      title: "is nothing special with 'allow'",
      target: '/page.html',
      options: { activeContent: 'allow' },
      headers: { 'Content-Security-Policy': null, 'Content-Disposition': null },
    },
  ];
  it.each(cases)('$title', run);
});

describe('Content-Disposition', () => {
  const cases: readonly Case[] = [
    { title: 'is none by default', target: '/a.pdf', headers: { 'Content-Disposition': null } },
    {
      title: 'comes from the option, with the name of the file',
      target: '/a.pdf',
      options: { disposition: 'attachment' },
      headers: { 'Content-Disposition': 'attachment; filename=a.pdf' },
    },
    {
      title: 'comes from a function',
      target: '/a.pdf',
      options: { disposition: (file) => ({ type: 'inline', filename: `my ${file.name}` }) },
      headers: { 'Content-Disposition': 'inline; filename="my a.pdf"' },
    },
    {
      title: 'is none if the function gives none',
      target: '/a.pdf',
      options: { disposition: () => undefined },
      headers: { 'Content-Disposition': null },
    },
    {
      title: 'of the application overrides the option',
      target: '/a.pdf',
      options: { disposition: 'attachment' },
      before: set('Content-Disposition', 'inline'),
      headers: { 'Content-Disposition': 'inline' },
    },
    {
      title: 'of res.locals overrides what was set',
      target: '/a.pdf',
      before: (res) => {
        res.setHeader('Content-Disposition', 'inline');
        res.locals.contentDisposition = { filename: 'report 2024.pdf' };
      },
      headers: { 'Content-Disposition': 'attachment; filename="report 2024.pdf"' },
    },
    {
      title: 'may be a complete value',
      target: '/a.pdf',
      before: local('contentDisposition', 'attachment; filename="own.pdf"'),
      headers: { 'Content-Disposition': 'attachment; filename="own.pdf"' },
    },
    {
      title: 'names files outside of ASCII',
      target: '/ma%C3%B1ana%20%E6%98%AF.txt',
      options: { disposition: 'attachment' },
      headers: {
        'Content-Disposition': `attachment; filename="ma_ana _.txt"; filename*=UTF-8''ma%C3%B1ana%20%E6%98%AF.txt`,
      },
    },
  ];
  it.each(cases)('$title', run);

  it.each<[string, string]>([
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['C:\\Windows\\x.dll', 'C:_Windows_x.dll'],
    ['a\r\nSet-Cookie: x=1', 'aSet-Cookie: x=1'],
    ['exe\u202egpj.txt', 'exegpj.txt'],
    ['a"b', 'a"b'],
    ['a.txt"; filename=evil.bat', 'a.txt"; filename=evil.bat'],
    ['a;b=c', 'a;b=c'],
    ['100%41.txt', '100%41.txt'],
    ['', 'download'],
    ['..', 'download'],
    ['///', '___'],
    ['  ', 'download'],
    ['😀.pdf', '😀.pdf'],
    [`${'é'.repeat(300)}.pdf`, `${'é'.repeat(125)}.pdf`],
  ])('names the file %j as %j', async (filename, expected) => {
    const { request } = await createFixture(root, { disposition: { filename } });
    const { headers, status } = await request({ target: '/a.pdf' });
    expect(status).toBe(200);
    const { type, parameters } = parse(String(headers['content-disposition']));
    expect([type, parameters.filename]).toEqual(['attachment', expected]);
  });

  it.each<[unknown]>([
    ['a\nb'],
    ['是'],
    [''],
    [7],
    [['inline']],
    [{ type: 'form-data' }],
    [{ filename: 7 }],
  ])('reports %j to next(error)', async (value) => {
    const { check, outcomes } = await createFixture(root, {}, (_req, res) => {
      Object.assign(res, { locals: { contentDisposition: value } });
    });
    await check({ target: '/a.pdf' }, { status: 500, body: 'Internal Server Error\n' });
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_BAD_HEADER' }]);
  });
});

describe('Cache-Control', () => {
  const values: readonly [XSendfileOptions, string | null][] = [
    [{}, 'private, no-cache'],
    [{ cacheControl: true }, 'private, no-cache'],
    [{ cacheControl: false }, null],
    [{ cacheControl: false, maxAge: 1000 }, null],
    [{ cacheControl: 'public, max-age=60' }, 'public, max-age=60'],
    [{ cacheControl: (file) => `max-age=${file.size}` }, 'max-age=4'],
    [{ maxAge: 0 }, 'private, max-age=0'],
    [{ maxAge: 90_500 }, 'private, max-age=90'],
    [{ maxAge: '1d' }, 'private, max-age=86400'],
    [{ maxAge: '3y' }, 'private, max-age=31536000'],
    [{ maxAge: '1h', immutable: true }, 'private, max-age=3600, immutable'],
  ];
  const cases: readonly Case[] = values.map(([options, value]) => ({
    title: `${JSON.stringify(options)} gives ${value}`,
    target: '/a.txt',
    options,
    headers: { 'Cache-Control': value },
  }));
  it.each(cases)('$title', run);

  it('of the application overrides the options', async () => {
    await run({
      title: '',
      target: '/a.txt',
      options: { maxAge: '1d' },
      before: set('Cache-Control', 'no-store'),
      headers: { 'Cache-Control': 'no-store' },
    });
  });
});

describe('setHeaders', () => {
  it('has the last word, but not about framing and front ends', async () => {
    const calls: string[] = [];
    const { check } = await createFixture(root, {
      setHeaders(res, path, file) {
        calls.push(`${path} ${file.size} ${file.type}`);
        res.setHeader('Cache-Control', 'no-store');
        res.setHeader('X-Own', String(res.getHeader('ETag') === file.etag));
        res.removeHeader('Last-Modified');
        res.setHeader('Content-Length', 1);
        res.setHeader('Transfer-Encoding', 'chunked');
        res.setHeader('X-Accel-Redirect', '/secret');
        res.setHeader('X-Sendfile', '/etc/passwd');
        res.setHeader('x-lighttpd-send-file', '/etc/passwd');
        res.setHeader('X-Reproxy-URL', '/secret');
      },
    });
    await check(
      { target: '/a.txt' },
      {
        status: 200,
        headers: {
          'Cache-Control': 'no-store',
          'X-Own': 'true',
          'Last-Modified': null,
          'Content-Length': '4',
          'Transfer-Encoding': null,
          'X-Accel-Redirect': null,
          'X-Sendfile': null,
          'X-Lighttpd-Send-File': null,
          'X-Reproxy-URL': null,
        },
        body: 'text',
      },
    );
    expect(calls).toEqual([`${root}/a.txt 4 text/plain; charset=utf-8`]);
  });

  it.each<[string, Readonly<Record<string, string>>, number, number]>([
    ['200', {}, 200, 1],
    ['206', { Range: 'bytes=0-0' }, 206, 1],
    ['304', { 'If-None-Match': '*' }, 304, 1],
    ['416', { Range: 'bytes=99-' }, 416, 0],
    ['412', { 'If-Match': '"x"' }, 412, 0],
  ])(
    'is called for 200, 206 and 304 only, not for refusals (%s)',
    async (_title, headers, status, times) => {
      const setHeaders = jest.fn();
      const { check } = await createFixture(root, { setHeaders });
      await check({ target: '/a.txt', headers }, { status });
      expect(setHeaders).toHaveBeenCalledTimes(times);
    },
  );

  it('ends the response with an error if it writes the headers itself', async () => {
    const setHeaders = (res: ServerResponse): void => void res.writeHead(200);
    const { request, outcomes } = await createFixture(root, { setHeaders });
    await request({ target: '/a.txt' }).catch(() => {});
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_BAD_HEADER' }]);
  });

  it('is not called for a missing file', async () => {
    const setHeaders = jest.fn();
    const { check } = await createFixture(root, { setHeaders });
    await check({ target: '/no' }, { status: 404 });
    expect(setHeaders).not.toHaveBeenCalled();
  });

  it('is followed by the removal of front-end headers that the application set', async () => {
    const { check } = await createFixture(root, {}, (_req, res) => {
      res.setHeader('X-Accel-Redirect', '/secret');
      res.setHeader('X-Accel-Limit-Rate', '1');
    });
    const headers = { 'X-Accel-Redirect': null, 'X-Accel-Limit-Rate': null };
    await check({ target: '/a.txt' }, { status: 200, headers });
    await check({ target: '/no' }, { status: 404, headers });
  });
});
