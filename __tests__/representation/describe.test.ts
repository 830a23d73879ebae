import type { RepresentationOptions } from '../../lib/representation/options.js';
import type { Headers } from '../../lib/types.js';
import {
  describerWith,
  ETAG,
  fileNamed,
  LAST_MODIFIED,
  MTIME_NS,
  type sourcesWith,
} from './described.js';

type Options = Partial<RepresentationOptions>;
type Sources = NonNullable<Parameters<typeof sourcesWith>[0]>;

const NOSNIFF = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};
const VALIDATORS = { ETag: ETAG, 'Last-Modified': LAST_MODIFIED };
const TEXT = 'text/plain; charset=utf-8';
const HTML = 'text/html; charset=utf-8';
const GZIP = 'application/gzip';

/** The headers besides those that every file has. */
function headersOf(name: string, options: Options = {}, sources: Sources = {}): Headers {
  const { headers } = describerWith({ etag: false, lastModified: false, ...options })(
    name,
    sources,
  );
  const {
    'X-Content-Type-Options': nosniff,
    'Cross-Origin-Resource-Policy': policy,
    ...rest
  } = headers;
  expect([nosniff, policy]).toEqual(['nosniff', 'cross-origin']);
  return rest;
}

it('describes a file', () => {
  expect(describerWith()('dir/a.txt')).toStrictEqual({
    type: TEXT,
    headers: { ...NOSNIFF, 'Content-Type': TEXT, ...VALIDATORS },
    validators: { etag: ETAG, lastModified: LAST_MODIFIED, isDateStrong: true, isDateFinal: true },
    cacheControl: undefined,
    isEncoded: false,
    remembered: undefined,
  });
});

it('has no header without a value', () => {
  const options: Options = { etag: false, lastModified: false };
  const { headers } = describerWith(options)('a.txt');
  expect(headers).toStrictEqual({ ...NOSNIFF, 'Content-Type': TEXT });
});

it('describes the file to option functions', () => {
  const disposition = jest.fn(() => 'attachment' as const);
  const headers = headersOf('dir/a.txt', { disposition });
  expect(headers['Content-Disposition']).toBe('attachment; filename=a.txt');
  const date = new Date('2001-09-09T01:46:40.500Z');
  expect(disposition.mock.calls).toEqual([
    [
      {
        ...{ root: '/srv', path: '/srv/dir/a.txt', relativePath: 'dir/a.txt', name: 'a.txt' },
        ...{ segments: ['dir', 'a.txt'], size: 10, mtime: date, ctime: date },
      },
      expect.anything(),
    ],
  ]);
});

describe('Content-Type', () => {
  const option: Options = { contentType: (path) => (path === 'a/b.txt' ? 'a/option' : undefined) };
  it.each<[string, Options, Sources, string]>([
    ['a/b.txt', option, {}, 'a/option'],
    ['c.txt', option, {}, TEXT],
    ['a/b.txt', option, { application: { 'content-type': 'a/header' } }, 'a/header'],
    [
      'a/b.txt',
      option,
      { application: { 'content-type': 'a/header' }, locals: { contentType: 'a/local' } },
      'a/local',
    ],
    [
      'a/b.txt',
      option,
      { locals: { contentType: 'a/local' }, overrides: { contentType: 'a/call' } },
      'a/call',
    ],
    ['a/b.txt', option, { locals: { contentType: null } }, 'a/option'],
    ['b.txt.gz', { contentType: () => 'a/option' }, { accepts: 'gzip' }, 'a/option'],
  ])('%s with %p and %p: %s', (name, options, sources, type) => {
    expect(headersOf(name, options, sources)).toEqual({ 'Content-Type': type });
  });

  it.each<[Options, Sources, string]>([
    [{}, { overrides: { contentType: 'a\nb' } }, 'send() gave "a\\nb"'],
    [{}, { locals: { contentType: 7 } }, 'res.locals.contentType gave 7'],
    [{ contentType: () => 'a\nb' }, {}, 'options.contentType gave "a\\nb"'],
    [{ contentType: () => (() => 1) as never }, {}, 'options.contentType gave () => 1'],
  ])('is checked: %p %p', (options, sources, message) => {
    expect(() => headersOf('a.txt', options, sources)).toThrow(
      expect.objectContaining({
        code: 'ERR_XSENDFILE_BAD_HEADER',
        message: `xsendfile: ${message}, which cannot be sent as Content-Type.`,
      }),
    );
  });
});

describe('Content-Encoding of notes.txt.gz', () => {
  const unpacked = { 'Content-Type': TEXT, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' };
  const packed = { 'Content-Type': GZIP };
  it.each<[string, Options, Sources, Headers]>([
    ['accepted', {}, { accepts: 'br, gzip' }, unpacked],
    ['without a wish', {}, {}, unpacked],
    ['refused', {}, { accepts: 'gzip;q=0' }, { ...packed, Vary: 'Accept-Encoding' }],
    ['switched off', { contentEncoding: false }, { accepts: 'gzip' }, packed],
    ['lost by the front end', {}, { passesContentEncoding: false }, packed],
    ['set by the application', {}, { application: { 'content-encoding': 'x' } }, packed],
    [
      'as an attachment',
      { disposition: 'attachment' },
      {},
      { ...packed, 'Content-Disposition': 'attachment; filename=notes.txt.gz' },
    ],
    [
      'with Vary of the application',
      {},
      { application: { vary: ['Cookie', 'Origin'] } },
      { ...unpacked, Vary: 'Cookie, Origin, Accept-Encoding' },
    ],
  ])('%s', (_title, options, sources, expected) => {
    expect(headersOf('notes.txt.gz', options, sources)).toEqual(expected);
  });

  it('is not that of an archive, or of a page that must not be shown', () => {
    expect(headersOf('a.tar.gz')).toEqual(packed);
    expect(headersOf('page.html.gz', { activeContent: 'attachment' })).toEqual(packed);
    expect(headersOf('notes.txt.gz', { activeContent: 'attachment' })).toEqual(unpacked);
    expect(headersOf('page.html.gz')).toMatchObject({ 'Content-Encoding': 'gzip' });
  });
});

describe('a precompressed sibling', () => {
  const precompressed = ['br', 'gzip'] as const;
  const vary = { 'Content-Type': TEXT, Vary: 'Accept-Encoding' };

  it('has the type of the file, and its own tag', () => {
    const represented = describerWith({ precompressed })('a.txt', { coding: 'br' });
    expect(represented).toMatchObject({
      headers: { ...vary, 'Content-Encoding': 'br', ETag: '"3b9aca00-a-br"' },
      isEncoded: true,
    });
  });

  it.each<[string, Options, Sources, Headers]>([
    ['a.txt', { precompressed }, {}, vary],
    ['a.txt', { precompressed, contentType: () => 'x/y' }, {}, { ...vary, 'Content-Type': 'x/y' }],
    ['a.BR', { precompressed }, {}, { 'Content-Type': 'application/octet-stream' }],
    ['dir.br/a.txt', { precompressed }, {}, vary],
    ['a.txt', { precompressed }, { application: { etag: '"x"' } }, { 'Content-Type': TEXT }],
    ['a.txt', { precompressed }, { application: { 'repr-digest': 'x' } }, { 'Content-Type': TEXT }],
    ['a.txt', { precompressed: [] }, { coding: 'br' }, { 'Content-Type': TEXT }],
  ])('%s with %j and %j: %j', (name, options, sources, expected) => {
    expect(headersOf(name, options, sources)).toEqual(expected);
  });
});

describe('Content-Disposition', () => {
  const of = (options: Options, sources: Sources = {}) =>
    headersOf('a.txt', options, sources)['Content-Disposition'];
  it.each<[Options, Sources, string | undefined]>([
    [{}, {}, undefined],
    [{ disposition: 'inline' }, {}, 'inline; filename=a.txt'],
    [{ disposition: ({ name, size }) => `x; y="${name} ${size}"` }, {}, 'x; y="a.txt 10"'],
    [{ disposition: () => undefined }, {}, undefined],
    [{ disposition: 'inline' }, { application: { 'content-disposition': 'x' } }, 'x'],
    [
      {},
      {
        application: { 'content-disposition': 'x' },
        locals: { contentDisposition: { filename: 'b' } },
      },
      'attachment; filename=b',
    ],
    [
      {},
      {
        locals: { contentDisposition: 'inline' },
        overrides: { contentDisposition: 'attachment' },
      },
      'attachment; filename=a.txt',
    ],
    [{ disposition: 'inline' }, { locals: { contentDisposition: null } }, 'inline; filename=a.txt'],
  ])('%p %p: %s', (options, sources, expected) => {
    expect(of(options, sources)).toBe(expected);
  });

  it.each<[Options, Sources, string]>([
    [{ disposition: 'a\nb' }, {}, 'options.disposition gave "a\\nb"'],
    [{ disposition: '' }, {}, 'options.disposition gave ""'],
    [{ disposition: 'a b; c' }, {}, 'options.disposition gave "a b; c"'],
    [{}, { locals: { contentDisposition: 7 } }, 'res.locals.contentDisposition gave 7'],
    [{}, { locals: { contentDisposition: ['x'] } }, 'res.locals.contentDisposition gave ["x"]'],
    [
      {},
      { locals: { contentDisposition: { type: 'x' } } },
      'res.locals.contentDisposition gave {"type":"x"}',
    ],
    [
      {},
      { locals: { contentDisposition: { filename: 7 } } },
      'res.locals.contentDisposition gave {"filename":7}',
    ],
    [{}, { overrides: { contentDisposition: null as never } }, 'send() gave null'],
  ])('is checked: %p %p', (options, sources, message) => {
    expect(() => of(options, sources)).toThrow(
      `xsendfile: ${message}, which cannot be sent as Content-Disposition.`,
    );
  });
});

describe('active content', () => {
  const csp = (value: string) => ({ 'Content-Type': HTML, 'Content-Security-Policy': value });
  const policy = (value: unknown): Sources => ({
    application: { 'content-security-policy': value },
  });
  it.each<[Options, Sources, Headers]>([
    [{}, {}, csp('sandbox')],
    [{ activeContent: 'allow' }, {}, { 'Content-Type': HTML }],
    [
      { disposition: 'inline' },
      {},
      { ...csp('sandbox'), 'Content-Disposition': 'inline; filename=a.html' },
    ],
    [
      { disposition: 'attachment' },
      {},
      { 'Content-Type': HTML, 'Content-Disposition': 'attachment; filename=a.html' },
    ],
    [
      { activeContent: 'attachment' },
      {},
      { 'Content-Type': HTML, 'Content-Disposition': 'attachment; filename=a.html' },
    ],
    [
      { activeContent: 'attachment', disposition: 'inline; filename=b.html' },
      {},
      { 'Content-Type': HTML, 'Content-Disposition': 'attachment; filename=b.html' },
    ],
    [
      { activeContent: 'attachment', disposition: 'inline; filename' },
      {},
      { 'Content-Type': HTML, 'Content-Disposition': 'attachment; filename=a.html' },
    ],
    [
      { activeContent: 'attachment', disposition: 'inline; x=y' },
      {},
      { 'Content-Type': HTML, 'Content-Disposition': 'attachment; filename=a.html' },
    ],
    [{}, policy("default-src 'self'"), csp("default-src 'self', sandbox")],
    [{}, policy(['a', 'b']), csp('a, b, sandbox')],
    [{}, policy(' '), csp('sandbox')],
    [{}, policy('img-src x; Sandbox '), csp('img-src x; Sandbox ')],
    [{}, policy('sandbox allow-scripts'), csp('sandbox allow-scripts, sandbox')],
    [{}, policy('sandbox allow-scripts; sandbox'), csp('sandbox allow-scripts; sandbox, sandbox')],
    [{}, policy('sandboxed; sandbox'), csp('sandboxed; sandbox')],
    [{}, policy('x-sandbox; sandbox'), csp('x-sandbox; sandbox')],
    [{}, policy('x, sandbox'), csp('x, sandbox')],
  ])('%j %j: %j', (options, sources, expected) => {
    expect(headersOf('a.html', options, sources)).toEqual(expected);
  });

  it.each<[string, boolean]>([
    ['text/html', true],
    [' TEXT/HTML ; charset=x', true],
    ['text/xml', true],
    ['text/xsl', true],
    ['application/xml', true],
    ['multipart/x-mixed-replace;boundary=x', true],
    ['image/svg+xml', true],
    ['application/xhtml+xml', true],
    ['text/htmlx', false],
    ['x-text/html', false],
    ['a; b+xml', false],
    ['application/json', false],
  ])('%s: %j', (type, isActive) => {
    const headers = headersOf('a', { contentType: () => type });
    expect(headers['Content-Security-Policy']).toBe(isActive ? 'sandbox' : undefined);
  });
});

describe('Cache-Control', () => {
  it.each<[Options, Sources, string | undefined, string | undefined]>([
    [{ cacheControl: 'no-cache' }, {}, 'no-cache', 'no-cache'],
    [{ cacheControl: ({ name }) => `x=${name}` }, {}, 'x=a.txt', 'x=a.txt'],
    [{ cacheControl: 'no-cache' }, { application: { 'cache-control': 'a' } }, undefined, 'a'],
    [
      { cacheControl: 'no-cache' },
      { application: { 'cache-control': ['a', 'b'] } },
      undefined,
      'a,b',
    ],
  ])('%p %p', (options, sources, header, cacheControl) => {
    const represented = describerWith(options)('a.txt', sources);
    expect(represented.headers['Cache-Control']).toBe(header);
    expect(represented.cacheControl).toBe(cacheControl);
  });

  it('is checked', () => {
    expect(() => headersOf('a.txt', { cacheControl: 'a\nb' })).toThrow(
      'xsendfile: options.cacheControl gave "a\\nb", which cannot be sent as Cache-Control.',
    );
  });
});

describe('ETag and Last-Modified', () => {
  const young = fileNamed('a.txt', { checkedAtMs: Number(MTIME_NS / 1_000_000n) + 1999 });
  const touched = fileNamed('a.txt', {
    identity: { ...young.identity, ctimeNs: BigInt(young.checkedAtMs) * 1_000_000n },
  });

  it('are weak, and of the second before, while the file is young', () => {
    expect(describerWith()(young).validators).toEqual({
      etag: 'W/"3b9aca00-a-de0b6b3c5316500"',
      lastModified: 'Sun, 09 Sep 2001 01:46:39 GMT',
      isDateStrong: false,
      isDateFinal: false,
    });
  });

  it('are strong from two seconds on', () => {
    const settled = { ...young, checkedAtMs: young.checkedAtMs + 1 };
    expect(describerWith()(settled).validators).toMatchObject({
      etag: ETAG,
      isDateStrong: true,
      isDateFinal: true,
    });
  });

  it('have a final date, but a weak tag, after a change of its metadata', () => {
    const { validators } = describerWith()({ ...touched, checkedAtMs: young.checkedAtMs + 1 });
    expect(validators).toMatchObject({ isDateStrong: false, isDateFinal: true });
    expect(validators.etag).toMatch(/^W\/"/);
  });

  it.each<[bigint, string, string]>([
    [999_999_999_999_999_999n, '"3b9ac9ff-a"', 'Sun, 09 Sep 2001 01:46:39 GMT'],
    [1_000_000_000_000_000_000n, '"3b9aca00-a"', 'Sun, 09 Sep 2001 01:46:40 GMT'],
  ])('round %d ns down to seconds', (mtimeNs, etag, lastModified) => {
    const { identity } = young;
    const file = fileNamed('a.txt', { identity: { ...identity, mtimeNs, ctimeNs: mtimeNs } });
    expect(describerWith()(file).validators).toMatchObject({ etag, lastModified });
  });

  it('have no date in the future', () => {
    const mtimeNs = BigInt(Date.now() + 3_600_000) * 1_000_000n;
    const file = fileNamed('a.txt', { identity: { ...young.identity, mtimeNs, ctimeNs: mtimeNs } });
    const { lastModified = '' } = describerWith()(file).validators;
    expect(Date.parse(lastModified)).toBeLessThanOrEqual(Date.now());
  });

  it.each<[Options, Sources, string | undefined, string | undefined]>([
    [{ etag: false }, {}, undefined, LAST_MODIFIED],
    [{ lastModified: false }, {}, ETAG, undefined],
    [{ etag: ({ name }) => name }, {}, '"a.txt"', LAST_MODIFIED],
    [{ etag: () => 'W/"x"' }, {}, 'W/"x"', LAST_MODIFIED],
    [{ etag: () => '"x-y"' }, {}, '"x-y"', LAST_MODIFIED],
    [{ etag: () => '""' }, {}, '""', LAST_MODIFIED],
    [{}, { application: { etag: '"own"', 'last-modified': 'own' } }, '"own"', 'own'],
    [{ etag: false }, { application: { etag: '"own"' } }, '"own"', LAST_MODIFIED],
  ])('%p %p: %s %s', (options, sources, etag, lastModified) => {
    expect(describerWith(options)('a.txt', sources).validators).toMatchObject({
      etag,
      lastModified,
    });
  });

  it('trusts a date of the application', () => {
    const sources = { application: { 'last-modified': 'own' } };
    expect(describerWith()(young, sources).validators).toMatchObject({ isDateFinal: true });
    expect(describerWith({ lastModified: false })(young).validators.isDateFinal).toBe(true);
  });

  it.each(['', 'a b', 'a"', '"a', 'a"b"', '"a"b', 'w/"a"', 'W/a b', 'é\u0100', 7, undefined])(
    'refuses the tag %j',
    (tag) => {
      expect(() => describerWith({ etag: () => tag as string })('a.txt')).toThrow(
        `xsendfile: options.etag gave ${JSON.stringify(tag)}, which cannot be sent as ETag.`,
      );
    },
  );
});

describe('content of the application', () => {
  const facts = { type: undefined, etag: undefined, encoding: undefined };
  const identity = { dev: 0n, ino: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n };
  const content = (changes: Partial<typeof facts> | object) =>
    fileNamed('a.txt', { identity, facts: { ...facts, ...changes } });

  it.each<[object, Headers]>([
    [{}, { 'Content-Type': TEXT }],
    [{ etag: 'v1' }, { 'Content-Type': TEXT, ETag: '"v1"' }],
    [{ type: 'a/b' }, { 'Content-Type': 'a/b' }],
    [{ encoding: 'br' }, { 'Content-Type': TEXT, 'Content-Encoding': 'br' }],
    [
      { encoding: 'br', etag: 'v1' },
      { 'Content-Type': TEXT, 'Content-Encoding': 'br', ETag: '"v1"' },
    ],
  ])('states %j', (changes, expected) => {
    const { headers } = describerWith({ etag: 'declared' })(content(changes));
    expect(headers).toEqual({ ...NOSNIFF, ...expected });
  });

  it.each([
    [{ type: 'a\nb' }, 'content gave "a\\nb", which cannot be sent as Content-Type.'],
    [{ etag: 'a b' }, 'content gave "a b", which cannot be sent as ETag.'],
  ])('is checked: %j', (changes, message) => {
    expect(() => describerWith()(content(changes))).toThrow(`xsendfile: ${message}`);
  });
});
