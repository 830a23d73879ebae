import { join, resolve, sep } from 'node:path';
import { parseCall } from '../../../lib/node/offload/call.js';
import { parseCallOptions } from '../../../lib/node/offload/call-options.js';

const callback = (): void => {};
const ROOT = resolve('/srv/files');

describe('parseCall(args)', () => {
  it.each<[string, readonly unknown[], object]>([
    ['a path', [join(ROOT, 'a')], { file: join(ROOT, 'a'), options: {}, callback: undefined }],
    ['a callback', ['/a', callback], { options: {}, callback }],
    ['options', ['/a', { etag: false }], { options: { etag: false }, callback: undefined }],
    ['both', ['/a', { etag: false }, callback], { options: { etag: false }, callback }],
    ['no options, and a callback', ['/a', undefined, callback], { options: {}, callback }],
    ['null, and a callback', ['/a', null, callback], { options: {}, callback }],
    ['two callbacks, of which the first counts', ['/a', callback, () => 1], { callback }],
    ['a callback that is not a function', ['/a', {}, 7], { callback: undefined }],
  ])('takes %s', (_what, args, expected) => {
    expect(parseCall(args)).toMatchObject(expected);
  });

  it.each([
    ['/a/./b', undefined, '/a/b'],
    ['/a/b/', undefined, `/a/b${sep}`],
    ['b', '/a', '/a/b'],
    ['/b', '/a', '/a/b'],
    ['b/', '/a', `/a/b${sep}`],
    ['b/../c', '/a', '/a/c'],
    ['b..c', '/a', '/a/b..c'],
    ['b', 'relative', resolve('relative/b')],
    ['/b', '', '/b'],
  ])('resolves %j below the root %j', (path, root, file) => {
    expect(parseCall([path, { root }])?.file).toBe(file);
  });

  it.each<[string, readonly unknown[]]>([
    ['a path that is not text', [7]],
    ['no path', []],
    ['an empty path', ['', { root: '/a' }]],
    ['options that are text', ['/a', 'x']],
    ['a relative path without a root', ['a']],
    ['a parent without a root', ['/a/../b']],
    ['a parent of the root', ['../b', { root: '/a' }]],
    ['a parent behind a backslash', ['a\\..\\b', { root: '/a' }]],
    ['a root that is not text', ['a', { root: 7 }]],
    ['the option start', ['/a', { start: 0 }]],
    ['the option end', ['/a', { end: 7 }]],
    ['the option extensions', ['/a', { extensions: ['txt'] }]],
    ['the option from', ['/a', { from: '/' }]],
  ])('leaves %s to Express', (_what, args) => {
    expect(parseCall(args)).toBeUndefined();
  });

  it('counts inherited options, and takes undefined for none', () => {
    const options = Object.create({ root: '/a' });
    expect(parseCall(['b', options])?.file).toBe('/a/b');
    expect(parseCall(['/a', { start: undefined }])).toBeDefined();
  });
});

describe('parseCallOptions(options, hasEtags)', () => {
  const changesOf = (options: object, hasEtags = true) =>
    parseCallOptions({ ...options }, hasEtags)?.changes;

  it.each(['ignore', 'deny', 'allow', undefined])('takes the policy %j', (dotfiles) => {
    expect(parseCallOptions({ dotfiles }, true)).toEqual({ dotfiles, headers: {}, changes: {} });
  });

  it.each(['', 'x', null, 1])('leaves the policy %j to Express', (dotfiles) => {
    expect(parseCallOptions({ dotfiles }, true)).toBeUndefined();
  });

  it.each<[object, object]>([
    [{ etag: false }, { etag: false }],
    [{ etag: true }, {}],
    [{ lastModified: false }, { lastModified: false }],
    [{ lastModified: 1 }, { lastModified: true }],
    [{ acceptRanges: false }, { acceptRanges: false }],
    [{ acceptRanges: 1 }, { acceptRanges: true }],
    [{ lastModified: undefined, acceptRanges: undefined, etag: undefined }, {}],
  ])('of %j makes the changes %j', (options, changes) => {
    expect(changesOf(options)).toEqual(changes);
  });

  it('has no ETag if the application has none, whatever the call says', () => {
    expect(changesOf({ etag: true }, false)).toEqual({ etag: false });
  });

  it.each<[object, string | undefined]>([
    [{ maxAge: 60_000 }, 'public, max-age=60'],
    [{ maxage: 60_000 }, 'public, max-age=60'],
    [{ maxAge: 0, maxage: 60_000 }, 'public, max-age=60'],
    [{ maxAge: 5000, maxage: 60_000 }, 'public, max-age=5'],
    [{ maxAge: 5999 }, 'public, max-age=5'],
    [{ maxAge: '1 day' }, 'public, max-age=86400'],
    [{ maxAge: '5000' }, 'public, max-age=5'],
    [{ maxAge: 'nonsense' }, 'public, max-age=0'],
    [{ maxAge: -1 }, 'public, max-age=0'],
    [{ maxAge: Number.NaN }, 'public, max-age=0'],
    [{ maxAge: 0 }, 'public, max-age=0'],
    [{ maxAge: Number.POSITIVE_INFINITY }, 'public, max-age=31536000'],
    [{ immutable: true }, 'public, max-age=0, immutable'],
    [{ immutable: false }, 'public, max-age=0'],
    [{ maxAge: 5000, immutable: true }, 'public, max-age=5, immutable'],
    [{ cacheControl: true }, 'public, max-age=0'],
    [{ cacheControl: false, maxAge: 5000 }, undefined],
    [{ cacheControl: null }, undefined],
  ])('of %j makes the Cache-Control %j', (options, cacheControl) => {
    expect(changesOf(options)).toEqual({ cacheControl, isCacheControlGiven: true });
  });

  it('takes headers, and throws for those that cannot be sent', () => {
    const headers = { 'X-One': '1', 'X-Two': ['2', '3'] };
    expect(parseCallOptions({ headers }, true)?.headers).toEqual(headers);
    for (const none of [undefined, null, 'x', 7]) {
      expect(parseCallOptions({ headers: none }, true)?.headers).toEqual({});
    }
    expect(() => parseCallOptions({ headers: { 'a b': '1' } }, true)).toThrow(/valid HTTP token/);
    expect(() => parseCallOptions({ headers: { a: 'b\n' } }, true)).toThrow(/Invalid character/);
  });
});
