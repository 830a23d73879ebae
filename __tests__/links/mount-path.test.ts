import { parseMountPath } from '../../lib/links/mount-path.js';

describe('parseMountPath(path, form)', () => {
  it.each<[unknown, string | undefined, string | undefined]>([
    [undefined, '', ''],
    ['', '', ''],
    ['/', '', ''],
    ['/dl/', '/dl', '/dl'],
    ['/a/b', '/a/b', '/a/b'],
    ['/a%20b', '/a%20b', '/a%20b'],
    ['/a b?', undefined, '/a b?'],
    ['/a?b', undefined, '/a?b'],
    ['?', undefined, undefined],
    ['/%61', undefined, '/%61'],
    ['/50%', undefined, '/50%'],
    ['dl', undefined, undefined],
    ['//', undefined, undefined],
    ['/a//b', undefined, undefined],
    ['/a/../b', undefined, undefined],
    ['/a\nb', undefined, undefined],
    ['/\uD800', undefined, undefined],
    [7, undefined, undefined],
    [null, undefined, undefined],
  ])('takes or refuses %j', (path, encoded, decoded) => {
    expect(parseMountPath(path, 'percent-encoded')).toBe(encoded);
    expect(parseMountPath(path, 'decoded')).toBe(decoded);
  });
});
