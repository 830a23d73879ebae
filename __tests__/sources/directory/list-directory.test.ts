import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RefusedError } from '../../../lib/index.js';
import { hasProcFd } from '../../../lib/sources/directory/descriptor.js';
import { createRootDirectory } from '../../../lib/sources/directory/root-directory.js';
import type { SymlinkPolicy } from '../../../lib/types.js';
import { itOnPosix } from '../../helpers/needs.js';
import { createTree } from '../../helpers/tree.js';

const place = createTree({
  'files/a.txt': 'a',
  'files/dir/b.txt': 'b',
  'files/dir/deep/c.txt': 'c',
  'files/dir/link': { link: 'b.txt' },
  'files/dir-other/d.txt': 'd',
  'files/to-dir': { link: 'dir' },
  'files/to-secret': { link: '../files-secret' },
  'files/dangling': { link: 'missing' },
  'files-secret/s.txt': 's',
});
const root = join(place, 'files');

describe.each([
  ['on this system', hasProcFd()],
  ['without /proc', false],
])('directory.list(segments), %s', (_where, procfs) => {
  /** The path of a listed directory, or the code of the refusal. */
  async function pathOf(symlinks: SymlinkPolicy, segments: readonly string[], within?: string) {
    const directory = createRootDirectory(root, { dotfiles: 'ignore', symlinks }, procfs);
    try {
      return (await directory.list(segments, within)).path;
    } catch (error) {
      expect(error).toBeInstanceOf(RefusedError);
      return (error as RefusedError).code;
    }
  }
  const OUTSIDE = 'ERR_XSENDFILE_OUTSIDE_ROOT';

  it('has the names and their kinds', async () => {
    const directory = createRootDirectory(root, { dotfiles: 'ignore', symlinks: 'inside' }, procfs);
    const { path, names } = await directory.list(['dir']);
    expect(path).toBe(join(root, 'dir'));
    expect([...names].sort((one, other) => one.name.localeCompare(other.name))).toEqual([
      { name: 'b.txt', kind: 'file' },
      { name: 'deep', kind: 'directory' },
      { name: 'link', kind: 'other' },
    ]);
  });

  // The paths are not in the titles, which must be the same in each run.
  it.each<[SymlinkPolicy, readonly string[], string]>([
    ['inside', [], root],
    ['inside', ['dir'], join(root, 'dir')],
    ['inside', ['to-dir'], join(root, 'dir')],
    ['inside', ['to-secret'], OUTSIDE],
    ['deny', [], root],
    ['deny', ['dir'], join(root, 'dir')],
    ['deny', ['to-dir'], OUTSIDE],
    ['deny', ['to-secret'], OUTSIDE],
    ['follow', ['to-dir'], join(root, 'dir')],
    ['follow', ['to-secret'], join(place, 'files-secret')],
  ])('with symlinks: %j lists %j, or refuses', async (symlinks, segments, path) => {
    expect(await pathOf(symlinks, segments)).toBe(path);
  });

  it('lists only the directory of the request and those below', async () => {
    const within = join(root, 'dir');
    expect(await pathOf('inside', ['dir'], within)).toBe(within);
    expect(await pathOf('inside', ['dir', 'deep'], within)).toBe(join(within, 'deep'));
    expect(await pathOf('inside', ['dir-other'], within)).toBe(OUTSIDE);
    expect(await pathOf('inside', [], within)).toBe(OUTSIDE);
    expect(await pathOf('deny', ['dir-other'], within)).toBe(OUTSIDE);
  });

  it('refuses what is not a directory', async () => {
    expect(await pathOf('inside', ['missing'])).toBe('ERR_XSENDFILE_NOT_FOUND');
    expect(await pathOf('inside', ['dangling'])).toBe('ERR_XSENDFILE_NOT_FOUND');
    expect(await pathOf('inside', ['a.txt'])).toBe('ERR_XSENDFILE_NOT_FOUND');
    expect(await pathOf('inside', ['.git'])).toBe('ERR_XSENDFILE_DOTFILE_IGNORED');
  });

  itOnPosix('lists pipes without opening them', async () => {
    const site = createTree();
    execFileSync('mkfifo', [join(site, 'pipe')]);
    const policies = { dotfiles: 'ignore', symlinks: 'inside' } as const;
    const { names } = await createRootDirectory(site, policies, procfs).list([]);
    expect(names).toEqual([{ name: 'pipe', kind: 'other' }]);
  });

  itOnPosix('leaves no directory open', async () => {
    const opened = (): number => (hasProcFd() ? readdirSync('/proc/self/fd').length : 0);
    await pathOf('inside', []);
    await delay(50);
    const before = opened();
    for (let time = 0; time < 20; time += 1) {
      await pathOf('inside', ['dir']);
      await pathOf('inside', ['to-secret']);
    }
    await delay(50);
    expect(opened()).toBeLessThan(before + 10);
  });
});
