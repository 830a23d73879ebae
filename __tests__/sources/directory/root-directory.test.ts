import { execFileSync } from 'node:child_process';
import {
  linkSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RefusedError } from '../../../lib/index.js';
import {
  createRootDirectory,
  type RootPolicies,
} from '../../../lib/sources/directory/root-directory.js';
import type { OpenedFile } from '../../../lib/sources/source.js';
import { createLinkSite, LINK_CASES, POLICIES } from '../../cases/paths-links.js';
import { itOnLinux } from '../../helpers/needs.js';
import { createTree } from '../../helpers/tree.js';

const VARIANTS = [
  { title: 'on this system', procfs: undefined },
  { title: 'without /proc', procfs: false },
];
const DEFAULTS: RootPolicies = { dotfiles: 'ignore', symlinks: 'inside' };

const site = createLinkSite();

function read({ body, size }: OpenedFile): string {
  if (body.kind === 'bytes') return body.bytes.toString();
  if (body.kind !== 'descriptor') throw new Error(`a body of the kind ${body.kind}`);
  const buffer = Buffer.alloc(size + 1);
  return buffer.toString('utf8', 0, readSync(body.descriptor, buffer, 0, buffer.length, 0));
}

/** Status and code of the refusal that a call ends with. */
async function refusalOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RefusedError)) throw new Error('was not refused', { cause: error });
  return `${error.status} ${error.code}`;
}

describe.each(VARIANTS)('createRootDirectory(root, policies) $title', ({ procfs }) => {
  const create = (root: string, policies: Partial<RootPolicies> = {}) =>
    createRootDirectory(root, { ...DEFAULTS, ...policies }, procfs);

  describe.each(POLICIES.map((symlinks, column) => ({ symlinks, column })))(
    "{ symlinks: '$symlinks' }",
    ({ symlinks, column }) => {
      const directory = create(site.root, { symlinks });
      const served = LINK_CASES.filter(({ isServed }) => isServed[column]);
      const refused = LINK_CASES.filter(({ isServed }) => !isServed[column]);

      it.each(served)('finds $title', async ({ path, end = '' }) => {
        const segments = path.split('/');
        const file = await directory.open(segments);
        expect(read(file)).toBe(end);
        file.close();
        const real = symlinks === 'follow' ? join(site.root, path) : join(site.site, end);
        const checked = await directory.check(segments);
        expect(checked.path).toBe(real);
        expect(join(site.root, checked.relativePath)).toBe(real);
        expect(checked.identity.ino).toBe(file.identity.ino);
      });

      it.each(refused)('refuses $title', async ({ path }) => {
        const segments = path.split('/');
        expect(await refusalOf(directory.open(segments))).toMatch(/^404 /);
        expect(await refusalOf(directory.check(segments))).toMatch(/^404 /);
      });
    },
  );

  it.each([
    ['dangling', 'ERR_XSENDFILE_NOT_FOUND'],
    ['loop', 'ERR_XSENDFILE_NOT_FOUND'],
    ['to-file/x', 'ERR_XSENDFILE_NOT_FOUND'],
    ['out-absolute', 'ERR_XSENDFILE_OUTSIDE_ROOT'],
    ['sibling', 'ERR_XSENDFILE_OUTSIDE_ROOT'],
    ['sub', 'ERR_XSENDFILE_NOT_A_FILE'],
    ['x'.repeat(300), 'ERR_XSENDFILE_NOT_FOUND'],
  ])('gives the application the reason why %s is refused', async (path, code) => {
    const directory = create(site.root);
    expect(await refusalOf(directory.open(path.split('/')))).toBe(`404 ${code}`);
    expect(await refusalOf(directory.check(path.split('/')))).toBe(`404 ${code}`);
  });

  it.each<[RootPolicies['dotfiles'], string]>([
    ['ignore', '404 ERR_XSENDFILE_DOTFILE_IGNORED'],
    ['deny', '403 ERR_XSENDFILE_DOTFILE_DENIED'],
  ])('refuses dotfiles without a stat when dotfiles is %j', async (dotfiles, refusal) => {
    const directory = create(site.root, { dotfiles });
    for (const segments of [['.env'], ['.no', 'x'], ['a', '.git', 'x'], ['...']]) {
      expect(await refusalOf(directory.open(segments))).toBe(refusal);
      expect(await refusalOf(directory.check(segments))).toBe(refusal);
    }
  });

  it('keeps to its root when another directory gets its name', async () => {
    const parent = createTree({ 'files/a.txt': 'mine', 'other/a.txt': 'not mine' });
    const root = join(parent, 'files');
    const directories = (['inside', 'deny'] as const).map((symlinks) => create(root, { symlinks }));
    renameSync(root, join(parent, 'moved'));
    for (const { open, check } of directories) {
      expect(await refusalOf(open(['a.txt']))).toMatch(/^404 /);
      expect(await refusalOf(check(['a.txt']))).toMatch(/^404 /);
    }
    symlinkSync('other', root);
    for (const { open, check } of directories) {
      expect(await refusalOf(open(['a.txt']))).toMatch(/^404 /);
      expect(await refusalOf(check(['a.txt']))).toMatch(/^404 /);
    }
    unlinkSync(root);
    renameSync(join(parent, 'moved'), root);
    for (const { open } of directories) {
      const file = await open(['a.txt']);
      expect(read(file)).toBe('mine');
      file.close();
    }
  });

  it('keeps reading a file that was replaced or removed after it was opened', async () => {
    const root = createTree({ 'a.txt': 'before', 'b.txt': 'removed' });
    const directory = create(root);
    const replaced = await directory.open(['a.txt']);
    const removed = await directory.open(['b.txt']);
    writeFileSync(join(root, 'new'), 'after');
    renameSync(join(root, 'new'), join(root, 'a.txt'));
    rmSync(join(root, 'b.txt'));
    expect([read(replaced), read(removed)]).toEqual(['before', 'removed']);
    replaced.close();
    removed.close();
    expect(await refusalOf(directory.open(['b.txt']))).toBe('404 ERR_XSENDFILE_NOT_FOUND');
  });

  it.each(POLICIES)(
    'finds names that look like a suffix of /proc (symlinks: %j)',
    async (policy) => {
      const names = { 'a.txt (deleted)': 'first', 'sub (deleted)/b.txt': 'second' };
      const directory = create(createTree(names), { symlinks: policy });
      for (const [path, content] of Object.entries(names)) {
        const file = await directory.open(path.split('/'));
        expect(read(file)).toBe(content);
        file.close();
      }
    },
  );

  it('finds a hard link to a file outside, for it is a file of the root', async () => {
    const parent = createTree({ 'files/a.txt': 'a', 'outside.txt': 'shared' });
    linkSync(join(parent, 'outside.txt'), join(parent, 'files/hard.txt'));
    for (const symlinks of POLICIES) {
      const file = await create(join(parent, 'files'), { symlinks }).open(['hard.txt']);
      expect(read(file)).toBe('shared');
      file.close();
    }
  });

  itOnLinux('leaves no descriptor open after refusals', async () => {
    const root = createTree({ 'a.txt': 'a', 'dir/x': 'x', link: { link: '/etc/hostname' } });
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const directory = create(root);
    const countDescriptors = (): number => readdirSync('/proc/self/fd').length;
    const before = countDescriptors();
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        ['dir', 'fifo', 'link', 'no'].map((name) => refusalOf(directory.open([name]))),
      );
      const file = await directory.open(['a.txt']);
      file.close();
      file.close();
    }
    // Descriptors are closed by the thread pool, behind the back of the promise.
    for (let wait = 0; wait < 100 && countDescriptors() > before; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(countDescriptors()).toBeLessThanOrEqual(before);
  });
});

itOnLinux("names the path that was requested to a front end with symlinks: 'follow'", async () => {
  const tree = createTree({
    'files/a.txt': 'a',
    'files/link.txt': { link: '../other/b.txt' },
    'other/b.txt': 'b',
  });
  const root = join(tree, 'files');
  const pathOf = async (symlinks: RootPolicies['symlinks'], name: string) => {
    const { path, relativePath } = await createRootDirectory(root, { ...DEFAULTS, symlinks }).check(
      [name],
    );
    return [path, relativePath];
  };
  expect(await pathOf('follow', 'link.txt')).toEqual([join(root, 'link.txt'), 'link.txt']);
  expect(await pathOf('follow', 'a.txt')).toEqual([join(root, 'a.txt'), 'a.txt']);
  expect(await pathOf('inside', 'a.txt')).toEqual([join(root, 'a.txt'), 'a.txt']);
});
