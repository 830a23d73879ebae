import { sourcesOf } from '../../lib/pipeline/request-state.js';
import type { RepresentationOptions } from '../../lib/representation/options.js';
import { hasPolicy, memoKeyOf } from '../../lib/representation/sources.js';
import { Memo } from '../../lib/sources/memo.js';
import { describerWith, fileNamed, sourcesWith } from './described.js';

type Sources = NonNullable<Parameters<typeof sourcesWith>[0]>;

const kept = (name = 'a.txt') => fileNamed(name, { memo: new Memo() });

/** Whether two requests for one cached file share a representation. */
function isShared(
  first: Sources,
  second: Sources,
  options: Partial<RepresentationOptions> = {},
  file = kept(),
): boolean {
  const describeFile = describerWith(options);
  return describeFile(file, first) === describeFile(file, second);
}

describe('the representation of a cached file', () => {
  it('is remembered, and that of other files is not', () => {
    expect(isShared({}, {})).toBe(true);
    expect(isShared({}, {}, {}, fileNamed('a.txt'))).toBe(false);
    const describeFile = describerWith();
    expect(describeFile(kept())).not.toBe(describeFile(kept()));
  });

  it.each<[Partial<RepresentationOptions>]>([
    [{ disposition: () => undefined }],
    [{ cacheControl: () => 'no-cache' }],
    [{ etag: () => 'x' }],
    [{ contentType: () => undefined }],
  ])('is built again if an option is a function: %p', (options) => {
    expect(isShared({}, {}, options)).toBe(false);
  });

  it.each<[Sources, Sources, boolean]>([
    [{ application: { 'x-other': '1' } }, {}, true],
    [{ application: { 'content-type': 'a/b' } }, { application: { 'content-type': 'a/b' } }, false],
    [{ overrides: { contentType: 'a/b' } }, { overrides: { contentType: 'a/b' } }, true],
    [{ overrides: { contentType: 'a/b' } }, { overrides: { contentType: 'a/c' } }, false],
    [{ overrides: { contentType: 'a/b' } }, { locals: { contentType: 'a/b' } }, false],
    [{ overrides: { contentType: 'a/b' } }, {}, false],
    [{ coding: 'br' }, {}, false],
    [{ coding: 'br' }, { coding: 'br' }, true],
    [{ passesContentEncoding: false }, {}, false],
    [{ passesContentEncoding: false }, { passesContentEncoding: false }, true],
    [{ remaining: 60 }, { remaining: 60 }, true],
    [{ remaining: 60 }, { remaining: 61 }, false],
    [{ remaining: 60 }, {}, false],
  ])('for %j and %j is shared: %j', (first, second, expected) => {
    expect(isShared(first, second)).toBe(expected);
  });

  it('is another one for each handler: they share files, never a head', () => {
    const file = kept();
    const [one, other] = [describerWith(), describerWith({ cacheControl: 'no-store' })];
    const first = [one(file), other(file)];
    expect(first.map(({ cacheControl }) => cacheControl)).toEqual([undefined, 'no-store']);
    for (const [index, describeFile] of [one, other, one, other].entries()) {
      expect(describeFile(file)).toBe(first[index % 2]);
    }
  });

  it('for another request than the last is built again', () => {
    const describeFile = describerWith();
    const file = kept();
    const first = describeFile(file, { overrides: { contentType: 'a/b' } });
    describeFile(file, { overrides: { contentType: 'a/c' } });
    expect(describeFile(file, { overrides: { contentType: 'a/b' } })).not.toBe(first);
  });

  it('depends on Accept-Encoding if the file may be shown unpacked', () => {
    const requests = [{ accepts: 'gzip' }, { accepts: 'gzip' }] as const;
    expect(isShared(...requests, {}, kept('a.txt.gz'))).toBe(false);
    expect(isShared(...requests, {}, kept('a.tar.gz'))).toBe(true);
    expect(isShared(...requests, { contentEncoding: false }, kept('a.txt.gz'))).toBe(true);
  });

  it('is completed by the policy of the application only for active content', () => {
    const policy = { application: { 'content-security-policy': 'x' } };
    const page = kept('a.html');
    const describeFile = describerWith();
    const plain = describeFile(page);
    expect(describeFile(page, policy).headers['Content-Security-Policy']).toBe('x, sandbox');
    expect(describeFile(page)).toBe(plain);
    expect(isShared({}, policy)).toBe(true);
  });

  it('with a policy of the application is not remembered', () => {
    const policy = { application: { 'content-security-policy': 'x' } };
    const page = kept('a.html');
    const describeFile = describerWith();
    describeFile(page, policy);
    expect(describeFile(page).headers['Content-Security-Policy']).toBe('sandbox');
  });
});

describe('a link', () => {
  it.each<[string | undefined, number, string | undefined]>([
    [undefined, 60, undefined],
    ['public, max-age=3600', 60, 'private, max-age=60'],
    ['max-age=30', 60, 'private, max-age=30'],
    ['private, max-age = "3600"', 60, 'private, max-age=60'],
    ['no-store', 60, 'no-store'],
    [
      's-maxage=9, Stale-While-Revalidate=99, stale-if-error=5',
      60,
      'private, Stale-While-Revalidate=60, stale-if-error=5',
    ],
    ['max-age=3600', -5, 'private, max-age=0'],
    [
      'x-max-age=3600, max-age=3600x, publicity, s-maxagex, x-public, x-s-maxage=9',
      60,
      'private, x-max-age=3600, max-age=3600x, publicity, s-maxagex, x-public, x-s-maxage=9',
    ],
    ['not-private, no-storex', 60, 'private, not-private, no-storex'],
  ])('with Cache-Control %j and %d seconds left: %j', (cacheControl, remaining, expected) => {
    const represented = describerWith({ cacheControl })('a.txt', { remaining });
    expect(represented.cacheControl).toBe(expected);
    expect(represented.headers).toMatchObject({ 'Referrer-Policy': 'no-referrer' });
    expect(represented.headers['Cache-Control']).toBe(expected);
  });
});

describe('memoKeyOf(sources)', () => {
  it.each<[Sources, string | undefined]>([
    [{}, 'p'],
    [{ locals: { contentType: null } }, 'p - - - -'],
    [{ locals: { contentType: 'a' } }, 'p - - - 1:a'],
    [{ overrides: { contentDisposition: { type: 'inline' } } }, 'p {6:inline -} - - -'],
    [{ overrides: { contentDisposition: { filename: 'a b' } } }, 'p {- 3:a b} - - -'],
    [{ locals: { contentDisposition: { filename: 7 } } }, undefined],
    [{ locals: { contentDisposition: { type: 7 } } }, undefined],
    [{ locals: { contentDisposition: ['inline'] } }, undefined],
    [{ locals: { contentDisposition: 7 } }, undefined],
    ...['content-type', 'content-language', 'cache-control', 'vary', 'etag', 'repr-digest'].map(
      (name): [Sources, undefined] => [{ application: { [name]: 'x' } }, undefined],
    ),
    ...['last-modified', 'expires', 'accept-ranges', 'x-content-type-options'].map(
      (name): [Sources, undefined] => [{ application: { [name]: 'x' } }, undefined],
    ),
    ...['cache-controls', 'last-modified-by', 'repr-digests', 'expires-x', 'accept-ranges-x'].map(
      (name): [Sources, string] => [{ application: { [name]: 'x' } }, 'p'],
    ),
    ...[
      'content-security-policy',
      'x-content-type',
      'varying',
      'etags',
      'set-cookie',
      'x-content-type-options-x',
    ].map((name): [Sources, string] => [{ application: { [name]: 'x' } }, 'p']),
  ])('of %j is %j', (sources, expected) => {
    expect(memoKeyOf(sourcesWith(sources))).toBe(expected);
  });
});

describe('sourcesOf(state, coding, passesContentEncoding)', () => {
  const { request, subject } = sourcesWith();
  const collect = (headers: Record<string, unknown>, policy: object = {}, locals?: object) => {
    const response = {
      locals,
      getHeaderNames: () => Object.keys(headers),
      getHeaders: () => headers,
    };
    const state = {
      responder: { request, subject, response },
      policy: { presets: undefined, hasLocals: true, ...policy },
      overrides: {},
      access: { remaining: 7 },
    };
    return sourcesOf(state as never, undefined, true);
  };

  it('takes the headers of the application, if one of them matters', () => {
    const headers = { etag: '"x"', 'x-other': '1' };
    expect(collect(headers)).toEqual(sourcesWith({ application: headers, remaining: 7 }));
    expect(collect({ 'x-other': '1' }).application).toEqual({});
    expect(hasPolicy(collect({ 'content-security-policy': 'x' }))).toBe(true);
    expect(hasPolicy(collect({}))).toBe(false);
  });

  it('takes presets for headers of the application', () => {
    const presets = { 'Content-Type': 'a/b' };
    expect(collect({ vary: 'x' }, { presets }).application).toEqual({
      vary: 'x',
      'content-type': 'a/b',
    });
    expect(collect({}, { presets }).application).toEqual({ 'content-type': 'a/b' });
  });

  it('takes locals only where they count', () => {
    const locals = { contentType: 'a/b' };
    expect(collect({}, {}, locals).locals).toEqual(locals);
    expect(collect({}, { hasLocals: false }, locals).locals).toEqual({});
    expect(collect({}).locals).toEqual({});
  });
});
