import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { acquireBuffer, releaseBuffer } from '../../../lib/shared/buffer-pool.js';
import {
  closeDescriptor,
  hasProcFd,
  pathOfDescriptor,
  readAndStat,
} from '../../../lib/sources/directory/descriptor.js';
import { createRootDirectory } from '../../../lib/sources/directory/root-directory.js';
import { eventually } from '../../helpers/eventually.js';
import { itOnLinux } from '../../helpers/needs.js';
import { createTree } from '../../helpers/tree.js';

const ONE_READ = 128 * 1024;
const COPIED = 16 * 1024;
const root = createTree({
  empty: '',
  copied: 'c'.repeat(COPIED),
  lent: 'l'.repeat(COPIED + 1),
  largest: 'x'.repeat(ONE_READ),
  larger: 'x'.repeat(ONE_READ + 1),
  'dir/a.txt': 'a',
  'link.txt': { link: 'dir/a.txt' },
  'replacement-\uFFFD.txt': 'a name with U+FFFD',
});
const at = (name: string): string => join(root, name);

const opened: number[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const descriptor of opened.splice(0)) fs.closeSync(descriptor);
});

function open(path: string | Buffer): number {
  const descriptor = fs.openSync(path, 'r');
  opened.push(descriptor);
  return descriptor;
}

describe.each([true, false])('readAndStat(descriptor, %s)', (isLocal) => {
  it.each(['empty', 'copied'])('copies the content of %s, and keeps the buffer', async (name) => {
    const buffer = Buffer.allocUnsafeSlow(ONE_READ);
    releaseBuffer(buffer);
    const { content, recycle } = await readAndStat(open(at(name)), isLocal);
    expect(content?.toString()).toBe(fs.readFileSync(at(name), 'utf8'));
    expect(content?.buffer.byteLength).toBe(content?.length);
    expect(recycle).toBeUndefined();
    expect(acquireBuffer(ONE_READ)).toBe(buffer);
  });

  it.each(['lent', 'largest'])('lends its buffer for %s until it is recycled', async (name) => {
    const buffer = Buffer.allocUnsafeSlow(ONE_READ);
    releaseBuffer(buffer);
    const { content, recycle } = await readAndStat(open(at(name)), isLocal);
    expect(content?.buffer).toBe(buffer.buffer);
    expect(content?.toString()).toBe(fs.readFileSync(at(name), 'utf8'));
    expect(acquireBuffer(ONE_READ)).not.toBe(buffer);
    recycle?.();
    expect(acquireBuffer(ONE_READ)).toBe(buffer);
  });

  it('has no content of a file that is larger than one read', async () => {
    const { stats, content, recycle } = await readAndStat(open(at('larger')), isLocal);
    expect([stats.size, content, recycle]).toEqual([BigInt(ONE_READ + 1), undefined, undefined]);
  });

  it('has no content of what cannot be read, such as a directory', async () => {
    const { stats, content, recycle } = await readAndStat(open(root), isLocal);
    expect([stats.isDirectory(), content, recycle]).toEqual([true, undefined, undefined]);
  });
});

describe('closeDescriptor(descriptor)', () => {
  it('closes, and does not complain about what cannot be closed', async () => {
    const descriptor = fs.openSync(at('empty'), 'r');
    closeDescriptor(descriptor);
    closeDescriptor(2 ** 20);
    const isOpen = () => fs.existsSync(`/proc/self/fd/${descriptor}`);
    await eventually(() => !isOpen());
    expect(isOpen()).toBe(false);
  });
});

describe('hasProcFd()', () => {
  itOnLinux('is true where /proc is mounted, and leaves nothing open', () => {
    const before = fs.readdirSync('/proc/self/fd').length;
    expect(hasProcFd()).toBe(true);
    expect(fs.readdirSync('/proc/self/fd')).toHaveLength(before);
  });

  it.each<[string, () => string]>([
    [
      'there is no /proc',
      () => {
        throw new Error('ENOENT');
      },
    ],
    ['/proc belongs to another system', () => '/elsewhere'],
  ])('is false where %s, and leaves nothing open', (_title, answer) => {
    const close = jest.spyOn(fs, 'closeSync');
    const readlink = jest.spyOn(fs, 'readlinkSync').mockImplementation(answer);
    expect(hasProcFd()).toBe(false);
    const [[link = ''] = []] = readlink.mock.calls as string[][];
    expect(close.mock.calls.map(([descriptor]) => `/proc/self/fd/${descriptor}`)).toEqual([link]);
  });
});

describe('pathOfDescriptor(descriptor)', () => {
  itOnLinux('is the real path of the file', () => {
    for (const name of ['link.txt', 'dir/a.txt']) {
      expect(pathOfDescriptor(open(at(name)))).toBe(at('dir/a.txt'));
    }
    expect(pathOfDescriptor(open(at('replacement-\uFFFD.txt')))).toBe(at('replacement-\uFFFD.txt'));
  });

  itOnLinux('is undefined for a path that is not UTF-8, in the file name or above', async () => {
    // Python, because a string of JavaScript cannot name it.
    const script = `
import os, sys
base = os.fsencode(sys.argv[1])
os.mkdir(base + b'/latin-\\xe9')
open(base + b'/latin-\\xe9/a.txt', 'w').close()
os.symlink(b'latin-\\xe9', base + b'/latin')
`;
    execFileSync('python3', ['-c', script, root]);
    expect(pathOfDescriptor(open(at('latin/a.txt')))).toBeUndefined();
    const directory = createRootDirectory(root, { dotfiles: 'ignore', symlinks: 'inside' });
    await expect(directory.open(['latin', 'a.txt'])).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
    });
  });
});
