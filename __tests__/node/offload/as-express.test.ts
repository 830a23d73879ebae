import { join } from 'node:path';
import type { Request, Response } from 'express';
import type { XSendfileOptions } from '../../../lib/index.js';
import type { Expected } from '../../helpers/check.js';
import type { RawRequest } from '../../helpers/raw-request.js';
import { createTree, OLD } from '../../helpers/tree.js';
import { listenToRoute, type Route, SHOWN, VERSIONS, type Version } from './applications.js';

const root = createTree({
  'a.txt': '0123456789',
  'page.html': '<p>page</p>',
  'empty.txt': '',
  '%41 b?#ü.txt': 'awkward',
  '.dot.txt': 'hidden',
  '.dir/in.txt': 'in hidden',
  'sub/b.txt': 'below',
  'sub/index.html': 'index',
  'out.txt': { link: '/dev/null' },
});
const file = (name: string): string => join(root, name);
const DATE = OLD.toUTCString();

/** Tells what the callback got in the answer, where that is possible. */
function tell(res: Response) {
  return (error?: Error): void => {
    if (res.headersSent) return;
    const { status, statusCode, code = '' } = (error ?? {}) as Partial<Record<string, unknown>>;
    // Codes of the operating system; what has none there, has one of this package's own.
    const errno = /^E[A-Z]+$/.test(String(code)) ? code : '';
    res.end(`told ${status ?? '-'} ${statusCode ?? '-'} ${errno}`.trim());
  };
}

/** Types of Express know less than what it takes. */
type SendFileOptions = Parameters<Response['sendFile']>[1];

interface Case {
  readonly what: string;
  readonly route: Route;
  readonly request?: Partial<RawRequest>;
  readonly expected: Expected;
  /** What goes to the end of the chain or to the error handler. */
  readonly calls?: readonly unknown[];
  /** Of the application. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly only?: Version['major'];
}

/** What sendFile() and download() do in Express, as seen from outside; true with a handler as well. */
const SAME: readonly Case[] = [
  {
    what: 'a file by its absolute path',
    route: (_req, res) => res.sendFile(file('page.html')),
    expected: {
      status: 200,
      headers: {
        'Content-Type': /^text\/html; charset=utf-8$/i,
        'Content-Length': '11',
        'Last-Modified': DATE,
        'Accept-Ranges': 'bytes',
        ETag: /^(?:W\/)?"[\w-]+"$/,
      },
      body: '<p>page</p>',
    },
  },
  {
    what: 'a name that looks encoded',
    route: (_req, res) => res.sendFile(file('%41 b?#ü.txt')),
    expected: { status: 200, body: 'awkward' },
  },
  {
    what: 'a relative path below options.root',
    route: (_req, res) => res.sendFile('sub/b.txt', { root }),
    expected: { status: 200, body: 'below' },
  },
  {
    what: 'a path with a slash at its beginning below options.root',
    route: (_req, res) => res.sendFile('/a.txt', { root: `${root}/` }),
    expected: { status: 200, body: '0123456789' },
  },
  {
    what: 'a parent that stays below options.root',
    route: (_req, res) => res.sendFile('sub/../a.txt', { root }),
    expected: { status: 200, body: '0123456789' },
  },
  {
    what: 'a relative options.root',
    route: (_req, res) => res.sendFile('a.txt', { root: join('..', '..', '..', '..', '..', root) }),
    expected: { status: 200, body: '0123456789' },
  },
  {
    what: 'a way out of options.root',
    route: (_req, res) => res.sendFile('../a.txt', { root: file('sub') }),
    expected: { status: 403, headers: { ETag: null }, body: SHOWN },
    calls: [expect.objectContaining({ status: 403 })],
  },
  {
    what: 'a way out of options.root, to the callback',
    route: (_req, res) => res.sendFile('../a.txt', { root: file('sub') }, tell(res)),
    expected: { status: 200, body: 'told 403 403' },
  },
  {
    what: 'a parent in an absolute path',
    route: (_req, res) => res.sendFile(`${root}/sub/../a.txt`),
    expected: { status: 403, body: SHOWN },
    calls: [expect.objectContaining({ status: 403 })],
  },
  {
    what: 'a missing file',
    route: (_req, res) => res.sendFile(file('no.txt')),
    expected: {
      status: 404,
      headers: { ETag: null, 'Last-Modified': null, 'Cache-Control': null, 'Accept-Ranges': null },
      body: SHOWN,
    },
    calls: [expect.objectContaining({ status: 404, statusCode: 404, code: 'ENOENT' })],
  },
  {
    what: 'a missing file, to the callback',
    route: (_req, res) => res.sendFile(file('no.txt'), tell(res)),
    expected: { status: 200, headers: { 'Last-Modified': null }, body: 'told 404 404 ENOENT' },
  },
  {
    what: 'a file used as a directory, to the callback',
    route: (_req, res) => res.sendFile(file('a.txt/x.txt'), {}, tell(res)),
    expected: { status: 200, body: 'told 404 404 ENOTDIR' },
  },
  {
    what: 'a NUL in the name',
    route: (_req, res) => res.sendFile(file('a.txt\0.png')),
    expected: { status: 400, body: SHOWN },
    calls: [expect.objectContaining({ status: 400 })],
  },
  {
    what: 'a directory',
    route: (_req, res) => res.sendFile(file('sub')),
    expected: { status: 404, headers: { ETag: null }, body: 'next' },
    calls: ['next'],
  },
  {
    what: 'headers of a missing file',
    route: (_req, res) => res.sendFile(file('no.txt'), { headers: { 'X-Own': '1' } }),
    expected: { status: 404, headers: { 'X-Own': null }, body: SHOWN },
    calls: [expect.objectContaining({ status: 404 })],
  },
  {
    what: 'an empty file',
    route: (_req, res) => res.sendFile(file('empty.txt')),
    expected: { status: 200, headers: { 'Content-Length': '0' }, body: '' },
  },
  {
    what: 'HEAD',
    route: (_req, res) => res.sendFile(file('a.txt')),
    request: { method: 'HEAD' },
    expected: { status: 200, headers: { 'Content-Length': '10' }, body: '' },
  },
  {
    what: 'POST',
    route: (_req, res) => res.sendFile(file('a.txt')),
    request: { method: 'POST', headers: { 'Content-Length': '0' } },
    expected: { status: 200, headers: { 'Content-Length': '10' }, body: '0123456789' },
  },
  {
    what: 'If-Modified-Since',
    route: (_req, res) => res.sendFile(file('a.txt')),
    request: { headers: { 'If-Modified-Since': DATE } },
    expected: { status: 304, headers: { 'Content-Length': null, 'Content-Type': null }, body: '' },
  },
  {
    what: 'If-None-Match with an ETag of the application',
    route: (_req, res) => res.set('ETag', '"own"').sendFile(file('a.txt')),
    request: { headers: { 'If-None-Match': '"own"' } },
    expected: { status: 304, headers: { ETag: '"own"' }, body: '' },
  },
  {
    what: 'a range',
    route: (_req, res) => res.sendFile(file('a.txt')),
    request: { headers: { Range: 'bytes=2-4' } },
    expected: { status: 206, headers: { 'Content-Range': 'bytes 2-4/10' }, body: '234' },
  },
  {
    what: 'If-Range that does not match',
    route: (_req, res) => res.sendFile(file('a.txt')),
    request: { headers: { Range: 'bytes=2-4', 'If-Range': '"other"' } },
    expected: { status: 200, body: '0123456789' },
  },
  {
    what: 'a status of the application',
    route: (_req, res) => res.status(404).sendFile(file('page.html')),
    expected: { status: 404, body: '<p>page</p>' },
  },
  {
    what: 'headers of the application',
    route: (_req, res) =>
      res
        .type('application/x-own')
        .set({
          'Cache-Control': 'no-store',
          'Last-Modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
          'X-Own': '1',
        })
        .sendFile(file('a.txt')),
    expected: {
      status: 200,
      headers: {
        'Content-Type': 'application/x-own',
        'Cache-Control': 'no-store',
        'Last-Modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
        'X-Own': '1',
      },
      body: '0123456789',
    },
  },
  {
    what: 'options.headers, which win',
    route: (_req, res) =>
      res.set('X-Own', 'before').sendFile(file('a.txt'), {
        maxAge: '1d',
        headers: {
          'X-Own': 'of the call',
          'x-number': 7,
          'X-List': ['a', 'b'],
          'Content-Type': 'text/x-own',
          'Cache-Control': 'no-store',
          ETag: '"own"',
        },
      }),
    expected: {
      status: 200,
      headers: {
        'X-Own': 'of the call',
        'X-Number': '7',
        'X-List': 'a, b',
        'Content-Type': 'text/x-own',
        'Cache-Control': 'no-store',
        ETag: '"own"',
      },
    },
  },
  ...[
    { options: { maxAge: 20_000 }, value: 'public, max-age=20' },
    { options: { maxAge: '4h' }, value: 'public, max-age=14400' },
    { options: { maxAge: '4h', immutable: true }, value: 'public, max-age=14400, immutable' },
    { options: { maxAge: 'nonsense' }, value: 'public, max-age=0' },
    { options: { maxAge: -1 }, value: 'public, max-age=0' },
    { options: { maxAge: Number.POSITIVE_INFINITY }, value: 'public, max-age=31536000' },
    { options: { maxAge: 999 }, value: 'public, max-age=0' },
    { options: { maxage: '1m' }, value: 'public, max-age=60' },
    { options: { immutable: true }, value: 'public, max-age=0, immutable' },
    { options: { cacheControl: true }, value: 'public, max-age=0' },
    { options: { cacheControl: false }, value: null },
    { options: { cacheControl: false, maxAge: '1d' }, value: null },
  ].map(({ options, value }): Case => {
    return {
      what: `Cache-Control with ${JSON.stringify(options)}`,
      route: (_req, res) => res.sendFile(file('a.txt'), options),
      expected: { status: 200, headers: { 'Cache-Control': value } },
    };
  }),
  {
    what: 'lastModified: false',
    route: (_req, res) => res.sendFile(file('a.txt'), { lastModified: false }),
    expected: { status: 200, headers: { 'Last-Modified': null } },
  },
  {
    what: 'acceptRanges: false',
    route: (_req, res) => res.sendFile(file('a.txt'), { acceptRanges: false }),
    request: { headers: { Range: 'bytes=2-4' } },
    expected: { status: 200, headers: { 'Accept-Ranges': null }, body: '0123456789' },
  },
  {
    what: 'the setting etag: false',
    only: 5,
    settings: { etag: false },
    route: (_req, res) => res.sendFile(file('a.txt')),
    expected: { status: 200, headers: { ETag: null } },
  },
  {
    what: 'etag: false',
    only: 4,
    route: (_req, res) => res.sendFile(file('a.txt'), { etag: false } as SendFileOptions),
    expected: { status: 200, headers: { ETag: null } },
  },
  {
    what: 'a dot file',
    route: (_req, res) => res.sendFile('.dot.txt', { root }),
    expected: { status: 404, body: SHOWN },
    calls: [expect.objectContaining({ status: 404 })],
  },
  {
    what: "dotfiles: 'allow'",
    route: (_req, res) => res.sendFile('.dot.txt', { root, dotfiles: 'allow' }),
    expected: { status: 200, body: 'hidden' },
  },
  {
    what: "dotfiles: 'deny'",
    route: (_req, res) => res.sendFile('.dir/in.txt', { root, dotfiles: 'deny' }),
    expected: { status: 403, body: SHOWN },
    calls: [expect.objectContaining({ status: 403 })],
  },
  {
    what: "dotfiles: 'ignore', to the callback",
    route: (_req, res) => res.sendFile('.dir/in.txt', { root, dotfiles: 'ignore' }, tell(res)),
    expected: { status: 200, body: 'told 404 404' },
  },
  {
    what: 'start and end',
    route: (_req, res) => res.sendFile(file('a.txt'), { start: 2, end: 4 } as SendFileOptions),
    expected: { status: 200, body: '234' },
  },
  {
    what: 'extensions',
    route: (_req, res) => res.sendFile(file('page'), { extensions: ['html'] } as SendFileOptions),
    expected: { status: 200, body: '<p>page</p>' },
  },
  {
    what: 'download()',
    route: (_req, res) => res.download(file('page.html')),
    expected: {
      status: 200,
      headers: {
        'Content-Disposition': /^attachment; filename="?page\.html"?$/,
        'Content-Type': /^text\/html; charset=utf-8$/i,
      },
      body: '<p>page</p>',
    },
  },
  {
    what: 'download() with a name',
    route: (_req, res) => res.download(file('a.txt'), 'Q3 €.txt'),
    expected: {
      status: 200,
      headers: {
        'Content-Disposition': `attachment; filename="Q3 ?.txt"; filename*=UTF-8''Q3%20%E2%82%AC.txt`,
      },
      body: '0123456789',
    },
  },
  {
    what: 'download() with a name and options',
    route: (_req, res) =>
      res.download('a.txt', 'b.txt', {
        root,
        maxAge: '1m',
        headers: { 'X-Own': '1', 'Content-Disposition': 'inline' },
      }),
    expected: {
      status: 200,
      headers: {
        'Content-Disposition': /^attachment; filename="?b\.txt"?$/,
        'Cache-Control': 'public, max-age=60',
        'X-Own': '1',
      },
    },
  },
  {
    what: 'download() with options instead of the name',
    route: (_req, res) => res.download('.dot.txt', { root, dotfiles: 'allow' } as never),
    expected: {
      status: 200,
      headers: { 'Content-Disposition': /^attachment; filename="?\.dot\.txt"?$/ },
      body: 'hidden',
    },
  },
  {
    what: 'download() of a missing file, which leaves no disposition behind',
    route: (_req, res) => res.download(file('no.txt'), 'b.txt', tell(res)),
    expected: {
      status: 200,
      headers: { 'Content-Disposition': null },
      body: 'told 404 404 ENOENT',
    },
  },
  {
    what: 'download() of a missing file without a callback',
    route: (_req, res) => res.download(file('no.txt')),
    expected: { status: 404, headers: { 'Content-Disposition': null }, body: SHOWN },
    calls: [expect.objectContaining({ status: 404 })],
  },
];

const ALONE_OR_NOT: readonly { with: string; options: XSendfileOptions | undefined }[] = [
  { with: 'Express alone', options: undefined },
  { with: 'a handler', options: {} },
];

describe.each(VERSIONS)('sendFile() and download() of $name', (version) => {
  const cases = SAME.filter(({ only = version.major }) => only === version.major).flatMap((each) =>
    ALONE_OR_NOT.map((how) => ({ ...each, ...how })),
  );

  it.each(cases)('answers as Express does with $with: $what', async (each) => {
    const route: Route = (req, res) => {
      for (const [name, value] of Object.entries(each.settings ?? {})) req.app.set(name, value);
      return each.route(req, res);
    };
    const { check, calls } = await listenToRoute(version, root, each.options, route);
    await check({ target: '/', ...each.request }, each.expected);
    expect(calls).toEqual(each.calls ?? []);
  });

  const wrong: readonly [string, readonly unknown[], RegExp][] = [
    ['no path', [], /path argument is required/],
    ['an empty path', ['', { root }], /path argument is required/],
    ['a number', [7], /path must be a string/],
    ['a list', [[file('a.txt')]], /path must be a string/],
    ['a relative path', ['a.txt'], /path must be absolute or specify root/],
    [
      'a relative path and a callback',
      ['a.txt', () => {}],
      /path must be absolute or specify root/,
    ],
    ['an unknown policy', [file('a.txt'), { dotfiles: 'show' }], /dotfiles/],
    ['a root that is not a path', ['a.txt', { root: 7 }], /string/],
  ];
  const wrongCases = wrong.flatMap(([what, args, message]) =>
    ALONE_OR_NOT.map((how) => ({ what, args, message, ...how })),
  );

  it.each(wrongCases)('throws a TypeError with $with for $what', async (each) => {
    const { check } = await listenToRoute(version, root, each.options, (_req, res) => {
      try {
        (res.sendFile as (...args: readonly unknown[]) => void)(...each.args);
      } catch (error) {
        // Not by its class: in a test, errors of Node's own modules have another one.
        const { name, message } = error as Error;
        res.send(`${name}: ${message}`);
      }
    });
    const { body } = await check({ target: '/' }, { status: 200 });
    expect(body.toString()).toMatch(/^TypeError: /);
    expect(body.toString()).toMatch(each.message);
  });
});

/** Where a handler does otherwise; the same list as in the documentation of offload(). */
interface Deviation {
  readonly what: string;
  readonly route: Route;
  readonly request?: Partial<RawRequest>;
  readonly options?: XSendfileOptions;
  readonly express: Expected | Readonly<Record<Version['major'], Expected>>;
  readonly here: Expected;
}

const DEVIATIONS: readonly Deviation[] = [
  {
    what: 'Cache-Control without options',
    route: (_req, res) => res.sendFile(file('a.txt')),
    express: { status: 200, headers: { 'Cache-Control': 'public, max-age=0' } },
    here: { status: 200, headers: { 'Cache-Control': 'private, no-cache' } },
  },
  {
    what: 'Cache-Control of the handler',
    route: (_req, res) => res.sendFile(file('a.txt')),
    options: { maxAge: '1m' },
    express: { status: 200, headers: { 'Cache-Control': 'public, max-age=0' } },
    here: { status: 200, headers: { 'Cache-Control': 'private, max-age=60' } },
  },
  {
    what: 'headers of the handler',
    route: (_req, res) => res.sendFile(file('page.html')),
    express: {
      status: 200,
      headers: { 'X-Content-Type-Options': null, 'Content-Security-Policy': null },
    },
    here: {
      status: 200,
      headers: { 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': 'sandbox' },
    },
  },
  {
    what: 'the ETag',
    route: (_req, res) => res.sendFile(file('a.txt')),
    express: { status: 200, headers: { ETag: /^W\/"a-/ } },
    here: { status: 200, headers: { ETag: /^(?:"[0-9a-f]{8}-a"|W\/"[0-9a-f]{8}-a-[0-9a-f]+")$/ } },
  },
  {
    what: 'the setting etag: false',
    route: (req, res) => {
      req.app.set('etag', false);
      res.sendFile(file('a.txt'));
    },
    express: {
      5: { status: 200, headers: { ETag: null } },
      4: { status: 200, headers: { ETag: /"/ } },
    },
    here: { status: 200, headers: { ETag: null } },
  },
  {
    what: 'etag: false',
    route: (_req, res) => res.sendFile(file('a.txt'), { etag: false } as SendFileOptions),
    express: {
      5: { status: 200, headers: { ETag: /"/ } },
      4: { status: 200, headers: { ETag: null } },
    },
    here: { status: 200, headers: { ETag: null } },
  },
  {
    what: 'a directory with a dot',
    route: (_req, res) => res.sendFile('.dir/in.txt', { root }),
    express: { 5: { status: 404, body: SHOWN }, 4: { status: 200, body: 'in hidden' } },
    here: { status: 404, body: SHOWN },
  },
  {
    what: 'a directory with a dot below a handler that allows it',
    route: (_req, res) => res.sendFile('.dir/in.txt', { root }),
    options: { dotfiles: 'allow' },
    express: { 5: { status: 404, body: SHOWN }, 4: { status: 200, body: 'in hidden' } },
    here: { status: 200, body: 'in hidden' },
  },
  {
    what: 'a directory with a dot as options.root',
    route: (_req, res) => res.sendFile('in.txt', { root: file('.dir') }),
    express: { status: 200, body: 'in hidden' },
    here: { status: 404, body: SHOWN },
  },
  {
    what: 'a link to outside',
    route: (_req, res) => res.sendFile(file('out.txt')),
    express: { status: 200, body: '' },
    here: { status: 404, body: SHOWN },
  },
  {
    what: 'a slash at the end',
    route: (_req, res) => res.sendFile(file('sub/')),
    express: { status: 200, body: 'index' },
    here: { status: 404, body: SHOWN },
  },
  {
    what: 'a precondition that fails',
    route: (_req, res) => res.sendFile(file('a.txt'), tell(res)),
    request: { headers: { 'If-Match': '"other"' } },
    express: { status: 200, body: 'told 412 412' },
    here: { status: 412, body: 'Precondition Failed\n' },
  },
  {
    what: 'a range that cannot be satisfied',
    route: (_req, res) => res.sendFile(file('a.txt'), tell(res)),
    request: { headers: { Range: 'bytes=10-' } },
    express: { status: 200, body: 'told 416 416' },
    here: { status: 416, headers: { 'Content-Range': 'bytes */10' } },
  },
  {
    what: 'a range with a status of the application',
    route: (_req, res) => res.status(404).sendFile(file('a.txt')),
    request: { headers: { Range: 'bytes=2-4' } },
    express: { status: 206, body: '234' },
    here: { status: 404, body: '0123456789' },
  },
  {
    what: 'a range of a POST',
    route: (_req, res) => res.sendFile(file('a.txt')),
    request: { method: 'POST', headers: { Range: 'bytes=2-4', 'Content-Length': '0' } },
    express: { status: 206, body: '234' },
    here: { status: 200, body: '0123456789' },
  },
];

describe.each(VERSIONS)('offload() in $name deviates from Express', (version) => {
  it.each(DEVIATIONS)('in $what', async ({ route, request, options = {}, express, here }) => {
    const expected = 'status' in express ? express : express[version.major];
    const alone = await listenToRoute(version, root, undefined, route);
    await alone.check({ target: '/', ...request }, expected);
    const handled = await listenToRoute(version, root, options, route);
    await handled.check({ target: '/', ...request }, here);
  });
});

describe.each(VERSIONS)('an option of a call in $name', (version) => {
  const sendWith =
    (options: object): Route =>
    (_req: Request, res: Response) =>
      res.sendFile(file('a.txt'), options);

  it.each<[string, XSendfileOptions, object, Expected['headers']]>([
    [
      'wins over the handler',
      { lastModified: false, acceptRanges: false, cacheControl: 'no-store' },
      { lastModified: true, acceptRanges: true, maxAge: 1000 },
      { 'Last-Modified': DATE, 'Accept-Ranges': 'bytes', 'Cache-Control': 'public, max-age=1' },
    ],
    [
      'counts as not given when it is undefined',
      { lastModified: false, acceptRanges: false, cacheControl: 'no-store' },
      {
        lastModified: undefined,
        acceptRanges: undefined,
        maxAge: undefined,
        immutable: undefined,
        cacheControl: undefined,
        dotfiles: undefined,
        start: undefined,
      },
      { 'Last-Modified': null, 'Accept-Ranges': null, 'Cache-Control': 'no-store' },
    ],
    [
      'does not enable what the handler has disabled',
      { etag: false },
      { etag: true },
      { ETag: null },
    ],
    [
      'cannot set control headers or Content-Length',
      {},
      { headers: { 'X-Accel-Redirect': '/x', 'X-Sendfile': '/etc/passwd', 'Content-Length': '3' } },
      { 'X-Accel-Redirect': null, 'X-Sendfile': null, 'Content-Length': '10' },
    ],
    [
      'does not override setHeaders',
      { setHeaders: (res) => res.setHeader('X-Own', 'of the hook') },
      { headers: { 'X-Own': 'of the call' } },
      { 'X-Own': 'of the hook' },
    ],
    [
      'overrides the functions and values of the handler',
      { disposition: 'attachment', contentType: () => 'text/x-handler' },
      { headers: { 'content-disposition': 'inline', 'content-type': 'text/x-call' } },
      { 'Content-Disposition': 'inline', 'Content-Type': 'text/x-call' },
    ],
  ])('%s', async (_what, handlerOptions, options, headers = {}) => {
    const { check } = await listenToRoute(version, root, handlerOptions, sendWith(options));
    await check({ target: '/' }, { status: 200, headers });
  });

  it('throws a TypeError if it is an invalid header', async () => {
    for (const headers of [{ 'X-Own': 'a\r\nb' }, { 'X Own': 'a' }, { 'X-Own': undefined }]) {
      const { check } = await listenToRoute(version, root, {}, (_req, res) => {
        expect(() => res.sendFile(file('a.txt'), { headers })).toThrow(/X[- ]Own/);
        res.send('thrown');
      });
      await check({ target: '/' }, { status: 200, body: 'thrown' });
    }
  });

  it('is not modified', async () => {
    const options = Object.freeze({ maxAge: 1000, headers: Object.freeze({ 'X-Own': '1' }) });
    const { check } = await listenToRoute(version, root, {}, sendWith(options));
    const headers = { 'X-Own': '1', 'Cache-Control': 'public, max-age=1' };
    await check({ target: '/' }, { status: 200, headers });
    await check({ target: '/' }, { status: 200, headers });
  });

  it('is the only source, res.locals are not read', async () => {
    const { check } = await listenToRoute(version, root, {}, (_req, res) => {
      res.locals.contentType = 'article';
      res.locals.contentDisposition = 'attachment';
      res.sendFile(file('a.txt'));
    });
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Disposition': null };
    await check({ target: '/' }, { status: 200, headers });
  });
});
