import fs from 'node:fs';
import { posix, win32 } from 'node:path';
import type { SymlinkPolicy } from '../../../lib/types.js';
import { createTree } from '../../helpers/tree.js';

/**
 * The directory of files with the path functions of Windows: `C:\srv` is a directory here, and its names have no
 * letter case. What Windows itself does is not tried.
 */

const here = createTree({
  'files/dir/a.txt': 'a',
  'files/inside.txt': { link: 'dir/a.txt' },
  'files/outside.txt': { link: '../files-secret/b.txt' },
  'files-secret/b.txt': 'secret',
});

/** The path here that a path of Windows stands for. */
const toHere = (path: string): string =>
  posix.join(
    here,
    win32
      .resolve('C:\\', path)
      .toLowerCase()
      .replace(/^c:\\srv/, '')
      .replaceAll('\\', '/'),
  );

const toWindows = (path: string): string =>
  `C:\\srv${path.slice(here.length).replaceAll('/', '\\')}`;

type Call = (path: string, ...rest: unknown[]) => unknown;

beforeAll(() => {
  jest.doMock('node:path', () => jest.requireActual('node:path').win32);
});
beforeEach(() => {
  Object.defineProperty(process, 'platform', { value: 'win32' });
  for (const name of ['open', 'stat', 'lstat', 'statSync', 'existsSync'] as const) {
    const original = fs[name] as Call;
    jest
      .spyOn(fs, name)
      .mockImplementation(((path: string, ...rest: unknown[]) =>
        original(toHere(path), ...rest)) as never);
  }
  const { native } = fs.realpath;
  jest
    .spyOn(fs.realpath, 'native')
    .mockImplementation(((path: string, done: (error: Error | null, real?: string) => void) =>
      native(toHere(path), (error, real) => done(error, real && toWindows(real)))) as never);
  const { native: nativeSync } = fs.realpathSync;
  jest
    .spyOn(fs.realpathSync, 'native')
    .mockImplementation(((path: string) => toWindows(nativeSync(toHere(path)))) as never);
});
const { platform } = process;
afterEach(() => {
  jest.restoreAllMocks();
  Object.defineProperty(process, 'platform', { value: platform });
});

describe('parseRoot(root) on Windows', () => {
  it.each(['C:\\srv\\files', 'C:\\srv\\files\\', 'C:/srv/files//', 'c:\\SRV\\Files'])(
    'accepts %j',
    async (root) => {
      const { parseRoot } = await import('../../../lib/sources/directory/root-option.js');
      expect(parseRoot(root, 'f')).toBe('C:\\srv\\files');
    },
  );

  it.each<[string, string, string]>([
    ['a path without a drive', '\\srv\\files', 'must be a real path'],
    ['a path of the current directory of a drive', 'C:srv\\files', 'must be an absolute path'],
    ['a drive', 'C:\\', 'must not be the root of the file system'],
    ['a share', '\\\\host\\share', 'must not be the root of the file system'],
    ['a share with a slash', '\\\\host\\share\\', 'must not be the root of the file system'],
    ['a longer form', 'C:\\srv\\.\\files', 'must be a real path'],
    ['a link', 'C:\\srv\\files\\inside.txt', 'must be a directory'],
  ])('refuses %s: %j', async (_title, root, message) => {
    const { parseRoot } = await import('../../../lib/sources/directory/root-option.js');
    expect(() => parseRoot(root, 'f')).toThrow(message);
  });
});

describe('createRootDirectory(root, policies) on Windows', () => {
  const ROOT = 'C:\\srv\\files';
  async function find(segments: readonly string[], symlinks: SymlinkPolicy = 'inside') {
    const { createRootDirectory } = await import(
      '../../../lib/sources/directory/root-directory.js'
    );
    const directory = createRootDirectory(ROOT, { dotfiles: 'ignore', symlinks }, false);
    const opened = await directory.open(segments);
    opened.close();
    const { path, relativePath } = await directory.check(segments);
    return [opened.relativePath, path, relativePath];
  }

  it.each<SymlinkPolicy>(['inside', 'deny', 'follow'])(
    "names files as URLs and Windows do, with symlinks: '%s'",
    async (symlinks) => {
      expect(await find(['dir', 'a.txt'], symlinks)).toEqual([
        'dir/a.txt',
        'C:\\srv\\files\\dir\\a.txt',
        'dir/a.txt',
      ]);
    },
  );

  it('follows a link to the inside only', async () => {
    expect(await find(['inside.txt'])).toEqual([
      'inside.txt',
      'C:\\srv\\files\\dir\\a.txt',
      'dir/a.txt',
    ]);
    await expect(find(['outside.txt'])).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
    });
    await expect(find(['inside.txt'], 'deny')).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
    });
  });

  it.each<[SymlinkPolicy, readonly string[]]>([
    ['inside', ['dir', 'A.TXT']],
    ['inside', ['DIR', 'a.txt']],
    ['deny', ['dir', 'A.txt']],
    ['follow', ['dir', 'A.txt']],
    ['follow', ['Dir', 'a.txt']],
  ])("has one spelling for a file, with symlinks: '%s': %j", async (symlinks, segments) => {
    await expect(find(segments, symlinks)).rejects.toMatchObject({ status: 404 });
  });
});
