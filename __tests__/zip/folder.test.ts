import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadOptionError, RefusedError, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { type FolderOptions, zip } from '../../lib/zip/index.js';
import { itNeeds, itOnPosix } from '../helpers/needs.js';
import { createTree, type Tree } from '../helpers/tree.js';

const req = { headers: {}, url: '/', method: 'GET' } as never;

const TREE: Tree = {
  'top.txt': 'outside of the folder',
  '2024/b.txt': 'b',
  '2024/a.txt': 'a',
  '2024/Q1/x.txt': 'x',
  '2024/Q1/deep/y.txt': 'y',
  '2024/é.txt': 'é',
  '2024/.hidden': 'hidden',
  '2024/.git/config': 'hidden',
  '2024/inside': { link: 'a.txt' },
  '2024/folder': { link: 'Q1' },
  '2024/loop': { link: '.' },
  '2024/Q1/up': { link: '..' },
  '2024/outside': { link: '/etc/passwd' },
  '2024/elsewhere': { link: '/etc' },
  '2024/dangling': { link: 'missing' },
};

async function list(
  root: string,
  path: string | readonly string[],
  handler: XSendfileOptions = {},
  options: Partial<Omit<FolderOptions, 'req'>> = {},
): Promise<unknown[]> {
  const entries = await zip.folder(xsendfile(root, handler), path, { req, ...options });
  // What is listed can be archived.
  await zip(xsendfile(root, handler), entries, { req });
  return entries.map(({ name }) => name);
}

describe('zip.folder(files, path, options)', () => {
  it('lists what requests can get, sorted by name, with the path of each', async () => {
    const root = createTree(TREE);
    execFileSync('mkfifo', [join(root, '2024/fifo')]);
    expect(await zip.folder(xsendfile(root), '2024', { req })).toEqual(
      [
        'Q1/deep/y.txt',
        'Q1/x.txt',
        'a.txt',
        'b.txt',
        'folder/deep/y.txt',
        'folder/x.txt',
        'inside',
        'é.txt',
      ].map((name) => ({ path: ['2024', ...name.split('/')], name })),
    );
  });

  it.each<{ title: string; handler: XSendfileOptions; more: string[]; less: string[] }>([
    {
      title: "dotfiles: 'allow'",
      handler: { dotfiles: 'allow' },
      more: ['.git/config', '.hidden'],
      less: [],
    },
    { title: "dotfiles: 'deny'", handler: { dotfiles: 'deny' }, more: [], less: [] },
    {
      title: "symlinks: 'deny'",
      handler: { symlinks: 'deny' },
      more: [],
      less: ['folder/deep/y.txt', 'folder/x.txt', 'inside'],
    },
  ])('follows the rule $title', async ({ handler, more, less }) => {
    const root = createTree(TREE);
    const usual = (await list(root, '2024')) as string[];
    const expected = [...usual, ...more].filter((name) => !less.includes(name)).sort();
    expect(await list(root, '2024', handler)).toEqual(expected);
  });

  it("follows links anywhere with symlinks: 'follow'", async () => {
    const root = createTree({ 'a/b.txt': 'b', 'a/c': { link: '/etc/passwd' } });
    expect(await list(root, 'a', { symlinks: 'follow' })).toEqual(['b.txt', 'c']);
  });

  it('keeps to the directory of the option within, which may be the folder', async () => {
    const root = createTree({ ...TREE, '2024/other': { link: '../top.txt' } });
    const inside = await list(root, '2024', { within: () => '2024' });
    expect(inside).not.toContain('other');
    expect(inside).toContain('a.txt');
    await expect(list(root, '2024', { within: () => '2024/Q1' })).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
    });
    await expect(list(root, '2024', { within: () => undefined })).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_NOT_FOUND',
    });
  });

  itOnPosix(
    'names files as a download would, and leaves names out that are not UTF-8',
    async () => {
      const root = createTree({ 'a/x\ny.txt': '1', 'a/r\u202el.txt': '2', 'a/back\\slash': '3' });
      writeFileSync(Buffer.concat([Buffer.from(join(root, 'a/')), Buffer.of(0xff)]), 'no name');
      expect(await list(root, 'a')).toEqual(['back_slash', 'rl.txt', 'xy.txt']);
    },
  );

  it.each([
    { path: 'missing', status: 404, code: 'ERR_XSENDFILE_NOT_FOUND' },
    { path: 'top.txt', status: 404, code: 'ERR_XSENDFILE_NOT_FOUND' },
    { path: '', status: 403, code: 'ERR_XSENDFILE_FORBIDDEN_PATH' },
    { path: '2024/..', status: 403, code: 'ERR_XSENDFILE_FORBIDDEN_PATH' },
    { path: '2024/.git', status: 404, code: 'ERR_XSENDFILE_DOTFILE_IGNORED' },
    { path: '2024/elsewhere', status: 404, code: 'ERR_XSENDFILE_OUTSIDE_ROOT' },
  ])('refuses the folder $path as send() would', async ({ path, status, code }) => {
    const error = await list(createTree(TREE), path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ status, code });
  });

  itNeeds('a user without all permissions', process.getuid?.() !== 0)(
    'names a directory that cannot be read',
    async () => {
      const root = createTree(TREE);
      mkdirSync(join(root, '2024/secret'));
      chmodSync(join(root, '2024/secret'), 0);
      await expect(list(root, '2024')).rejects.toMatchObject({
        status: 404,
        errno: 'EACCES',
        member: '2024/secret',
      });
    },
  );

  it.each([
    {
      options: { maxEntries: 7 },
      message: 'zip.folder: "2024" has more than 7 files. Raise maxEntries, or archive less.',
      member: '2024',
    },
    {
      options: { maxDepth: 2 },
      message:
        'zip.folder: "2024/Q1/deep" is more than 2 directories deep. Raise maxDepth, or archive less.',
      member: '2024/Q1/deep',
    },
  ])('throws for a folder beyond $options', async ({ options, message, member }) => {
    const root = createTree(TREE);
    const error = await list(root, '2024', {}, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadOptionError);
    expect(error).toMatchObject({ message, member, option: Object.keys(options)[0] });
    const [[name = '', limit = 0] = []] = Object.entries(options);
    expect((await list(root, '2024', {}, { [name]: limit + 1 })).length).toBe(8);
  });

  it('ends for links that multiply directories without files', async () => {
    const root = createTree({ 'd0/file.txt': '' });
    for (let level = 1; level <= 8; level += 1) {
      mkdirSync(join(root, `d${level}`));
      for (const name of ['a', 'b']) symlinkSync(`../d${level - 1}`, join(root, `d${level}`, name));
    }
    rmSync(join(root, 'd0/file.txt'));
    await expect(list(root, 'd8', {}, { maxEntries: 100 })).rejects.toMatchObject({
      message: expect.stringContaining('"d8" has more than 100 directories'),
    });
  });

  it('keeps no directory open', async () => {
    const root = createTree(TREE);
    await list(root, '2024');
    const { expectAllClosed } = await import('../pipeline/transfer/descriptors.js');
    await expectAllClosed(root);
  });
});
