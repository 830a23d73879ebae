import { pathForFrontEnd } from '../../lib/servers/front-end-root.js';
import { H2O_DEFAULT_TYPE, typeInH2o } from '../../lib/servers/h2o/types.js';
import { checkLocation } from '../../lib/servers/location.js';
import { Option } from '../../lib/shared/option-reader.js';
import type { FileTarget } from '../../lib/types.js';

const root = new Option('f', 'frontendRoot');
const target = (path: string, relativePath: string) => ({ path, relativePath }) as FileTarget;

describe('pathForFrontEnd({ frontendRoot })', () => {
  it('is the path of the file without the option', () => {
    expect(pathForFrontEnd(undefined, root)(target('/srv/a.txt', 'a.txt'))).toBe('/srv/a.txt');
  });

  it('replaces the root', () => {
    const pathOf = pathForFrontEnd('/data/', root);
    expect(pathOf(target('/srv/a/b.txt', 'a/b.txt'))).toBe('/data/a/b.txt');
    expect(pathOf(target('/srv/..a/b.txt', '..a/b.txt'))).toBe('/data/..a/b.txt');
  });

  it('has no name for a file outside of the root, to which a link leads', () => {
    const pathOf = pathForFrontEnd('/data', root);
    expect(pathOf(target('/other/b.txt', '../other/b.txt'))).toBeUndefined();
  });
});

describe('typeInH2o(name)', () => {
  it.each<[string, string]>([
    ['a.txt', 'text/plain; charset=utf-8'],
    ['.png', 'image/png'],
    ['a.b.pdf', 'application/pdf'],
    ['txt', H2O_DEFAULT_TYPE],
    ['a.unknown', H2O_DEFAULT_TYPE],
    ['a.', H2O_DEFAULT_TYPE],
  ])('of %j is %s', (name, expected) => {
    expect(typeInH2o(name)).toBe(expected);
  });
});

describe('checkLocation(location)', () => {
  it.each([
    ['/-internal-', '/-internal-/'],
    ['/-internal-/', '/-internal-/'],
    ['/a%20b', '/a%20b/'],
  ])('%j: %j', (location, expected) => {
    expect(checkLocation(location, new Option('f', 'location'))).toBe(expected);
  });

  it.each([
    '/',
    '',
    'a',
    '/a/../b',
    '/%2e%2e/',
    '/a//b',
    '/%zz',
    '/%ff',
    '/a%2fb',
    '/a?b',
    '@a',
    7,
  ])('refuses %j', (location) => {
    expect(() => checkLocation(location, new Option('f', 'location'))).toThrow(
      /^f: location must be the path of an internal location, such as "\/-internal-\/", got /,
    );
  });
});
