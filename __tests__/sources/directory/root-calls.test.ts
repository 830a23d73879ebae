import fs from 'node:fs';
import { join } from 'node:path';
import { localDeviceOf } from '../../../lib/sources/directory/local-device.js';
import { createRootDirectory } from '../../../lib/sources/directory/root-directory.js';
import { eventually } from '../../helpers/eventually.js';
import { createTree } from '../../helpers/tree.js';

/** How root directories call the file system, and what they make of its answers. */

const root = createTree({
  'dir/a.txt': 'a',
  'dir/.hidden': 'hidden',
  'link.txt': { link: 'dir/a.txt' },
});
const at = (name: string): string => join(root, name);

afterEach(() => jest.restoreAllMocks());

describe('createRootDirectory(root, policies)', () => {
  const create = (policies = {}, procfs?: boolean) =>
    createRootDirectory(root, { dotfiles: 'ignore', symlinks: 'inside', ...policies }, procfs);

  it('checks the same rules for a front end', async () => {
    const inside = await create().check(['link.txt']);
    expect(inside).toMatchObject({ path: at('dir/a.txt'), relativePath: 'dir/a.txt', size: 1 });
    await expect(create({ symlinks: 'deny' }).check(['link.txt'])).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
    });
    await expect(create({ symlinks: 'deny' }).check(['dir', 'a.txt'])).resolves.toMatchObject({
      path: at('dir/a.txt'),
    });
  });

  it('finds dotfiles only with dotfiles: allow', async () => {
    expect(() => create().pathOf(['dir', '.hidden'])).toThrow(/./);
    const directory = create({ dotfiles: 'allow' });
    expect(directory.pathOf(['dir', '.hidden'])).toBe(at('dir/.hidden'));
    expect(await directory.check(['dir', '.hidden'])).toMatchObject({ size: 6 });
  });

  it('opens files that are not cached, and closes each once', async () => {
    for (const procfs of [undefined, false]) {
      const file = await create({}, procfs).open(['dir', 'a.txt'], false);
      expect(file.memo).toBeUndefined();
      const close = jest.spyOn(fs, 'close');
      file.close();
      file.close();
      await eventually(() => close.mock.calls.length > 0);
      expect(close.mock.calls.map(([descriptor]) => descriptor)).toEqual([
        file.body.kind === 'descriptor' && file.body.descriptor,
      ]);
      close.mockRestore();
    }
  });

  it('closes a file that has been read whole at once, and once, even if that fails', async () => {
    const file = await create().open(['dir', 'a.txt'], true);
    expect(file.body.kind).toBe('bytes');
    const { closeSync } = fs;
    const close = jest.spyOn(fs, 'closeSync').mockImplementation((descriptor) => {
      closeSync(descriptor);
      throw new Error('mocked');
    });
    file.close();
    file.close();
    // Elsewhere, a thread does it.
    expect(close).toHaveBeenCalledTimes(localDeviceOf(root) === undefined ? 0 : 1);
    close.mockRestore();
  });

  it.each<[string, object]>([
    ['another file', { ino: 0n }],
    ['a file of another device', { dev: 0n }],
  ])('without /proc, refuses a name that has become that of %s', async (_title, change) => {
    const lstat = jest.spyOn(fs, 'lstat') as unknown as jest.Mock;
    lstat.mockImplementation((path: string, options: object, done: (...args: unknown[]) => void) =>
      fs.stat(path, options, (error, stats) => done(error, Object.assign(stats, change))),
    );
    await expect(create({}, false).open(['dir', 'a.txt'])).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
    });
    expect(lstat).toHaveBeenCalledTimes(1);
  });

  it('without /proc, refuses a name whose real path has changed', async () => {
    fs.linkSync(at('dir/a.txt'), at('same.txt'));
    const native = fs.realpath.native;
    let calls = 0;
    jest.spyOn(fs.realpath, 'native').mockImplementation(((
      path: string,
      done: Parameters<typeof native>[1],
    ) => {
      calls += 1;
      native(calls === 1 ? path : at('same.txt'), done as never);
    }) as never);
    await expect(create({}, false).open(['dir', 'a.txt'])).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
    });
    expect(calls).toBe(2);
  });
});
