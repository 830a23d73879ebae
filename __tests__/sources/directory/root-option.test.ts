import { symlinkSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BadRootError } from '../../../lib/index.js';
import { parseRoot } from '../../../lib/sources/directory/root-option.js';
import { itOnPosix } from '../../helpers/needs.js';
import { createTree } from '../../helpers/tree.js';

const base = createTree({ 'files/a.txt': 'a' });
const root = join(base, 'files');
const link = join(base, 'link');
symlinkSync(root, link);
symlinkSync('loop', join(base, 'loop'));
const request = new IncomingMessage(new Socket());

describe('parseRoot(root)', () => {
  it.each<[string, unknown]>([
    ['a path', root],
    ['a slash at the end', `${root}/`],
    ['slashes at the end', `${root}//`],
    ['a file: URL', pathToFileURL(root)],
    ['a file: URL with a slash at the end', pathToFileURL(`${root}/`)],
  ])('accepts %s', (_title, value) => {
    expect(parseRoot(value, 'f')).toBe(root);
  });

  const NO_PATH = 'must be an absolute path or a file: URL, got';
  const NAME_IT = ' Name the directory that holds the files; options come after it.';
  const RELATIVE = (shown: string) => `must be an absolute path, got ${shown}. Use path.resolve().`;
  const FILE_SYSTEM = (shown: string) =>
    `must not be the root of the file system, got "${shown}". Name the directory that holds the files.`;
  const NOT_REAL = (shown: string) =>
    `must be a real path, but "${shown}" is or lies behind a symbolic link, or is not in its shortest form. Use "${root}".`;
  it.each<[string, unknown, string]>([
    ['nothing', undefined, `${NO_PATH} undefined.${NAME_IT}`],
    ['null', null, `${NO_PATH} null.${NAME_IT}`],
    ['bytes', Buffer.from(root), `${NO_PATH} a Buffer of ${root.length} bytes.${NAME_IT}`],
    ['an object', { href: root }, `${NO_PATH} an object.${NAME_IT}`],
    ['half a request', { method: 'GET' }, `${NO_PATH} an object.${NAME_IT}`],
    ['a request', request, `${NO_PATH} a request. Call f(root, options) to get a middleware.`],
    ['an empty string', '', RELATIVE('an empty string')],
    ...[
      'files',
      './a1b2c3d4e5f6a7b8c9d0',
      '../a1b2c3d4e5f6a7b8c9d0',
      'public/documents/archive',
      '__tests__/sources/directory/root-option.test.ts',
    ].map((path): [string, unknown, string] => ['a relative path', path, RELATIVE(`"${path}"`)]),
    ['what may be a secret', 'a1b2c3d4e5f6a7b8', RELATIVE('a string of 16 characters')],
    ['NUL', '/a\0b', RELATIVE('a string of 4 characters')],
    ['the root of the file system', '/', FILE_SYSTEM('/')],
    ['the root of the file system, in another spelling', '///', FILE_SYSTEM('///')],
    ['a link', link, NOT_REAL(link)],
    ['a longer form', `${base}/./files`, NOT_REAL(`${base}/./files`)],
    [
      'a file',
      join(root, 'a.txt'),
      `must be a directory, but "${root}/a.txt" is not one. Name the directory that holds the files.`,
    ],
    [
      'nothing there',
      join(root, 'none'),
      `must be an existing directory, but "${root}/none" cannot be found (ENOENT). Create it first.`,
    ],
    [
      'a loop of links',
      join(base, 'loop'),
      `must be an existing directory, but "${base}/loop" cannot be found (ELOOP). Create it first.`,
    ],
    [
      'a URL of another scheme, which may contain a password',
      new URL('http://u:p@host/'),
      'must be a file: URL or an absolute path, got a URL with http:.',
    ],
  ])('refuses %s', (_title, value, message) => {
    const refuse = () => parseRoot(value, 'f');
    expect(refuse).toThrow(BadRootError);
    expect(refuse).toThrow(expect.objectContaining({ message: `f: root ${message}` }));
  });

  itOnPosix('refuses a file: URL that has no path here, and tells why', () => {
    const refuse = () => parseRoot(new URL('file://host/srv'), 'f');
    expect(refuse).toThrow(
      'f: root must be a file: URL or an absolute path, got "file://host/srv".',
    );
    expect(refuse).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ code: 'ERR_INVALID_FILE_URL_HOST' }),
      }),
    );
  });

  it('reports why a directory cannot be found', () => {
    expect(() => parseRoot(join(root, 'none'), 'f')).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'ENOENT' }) }),
    );
  });
});
