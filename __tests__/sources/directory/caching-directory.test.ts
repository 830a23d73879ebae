import fs, { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDirectory } from '../../../lib/sources/directory/caching-directory.js';
import type { RootDirectory } from '../../../lib/sources/directory/root-directory.js';
import { Memo } from '../../../lib/sources/memo.js';
import type { OpenedFile } from '../../../lib/sources/source.js';
import { letFilesSettle } from '../../helpers/settled-files.js';
import { createTree } from '../../helpers/tree.js';

const root = createTree({
  'a.txt': 'aaaa',
  'b.txt': 'bbbb',
  'both.txt': 'both',
  'order.txt': 'order',
  'gone.txt': 'gone',
  'changes.txt': 'before',
  'lent.bin': 'x'.repeat(20_000),
  'large.bin': 'x'.repeat(200_001),
  'link.txt': { link: 'a.txt' },
  'dir/c.txt': 'cccc',
});
const BOUNDS = { maxEntries: 100, maxBytes: 1_000_000, maxFileSize: 200_000 };
const POLICIES = { dotfiles: 'ignore', symlinks: 'inside' } as const;
const cached = (bounds = BOUNDS) => openDirectory(root, { ...POLICIES, cache: bounds });
/** Opens a file as a request for all of it does. */
async function openToKeep(directory: RootDirectory, segments: string[], ...rest: [boolean?]) {
  const file = await directory.open(segments, ...rest);
  return (await file.keep?.()) ?? file;
}
const bytesOf = ({ body }: OpenedFile): Buffer | undefined =>
  body.kind === 'bytes' ? body.bytes : undefined;
const text = (file: OpenedFile): string | undefined => bytesOf(file)?.toString();

beforeEach(() => letFilesSettle());
afterEach(() => jest.restoreAllMocks());

/** Writes a file that may still change within the second of its time. */
function writeYoung(name: string): void {
  const later = Date.now() / 1000;
  writeFileSync(join(root, name), 'young');
  utimesSync(join(root, name), later, later);
}

it('a directory without a cache shares nothing', async () => {
  const directory = openDirectory(root, { ...POLICIES, cache: undefined });
  const [one, other] = [await directory.open(['a.txt']), await directory.open(['a.txt'])];
  expect(one).not.toBe(other);
  expect(one.memo).toBeUndefined();
  one.close();
  other.close();
});

describe('open() of a directory with a cache', () => {
  it('keeps a file with its bytes, and no descriptor', async () => {
    const directory = cached();
    const file = await openToKeep(directory, ['a.txt']);
    expect(file).toMatchObject({
      memo: expect.any(Memo),
      body: { kind: 'bytes', recycle: undefined },
    });
    expect(text(file)).toBe('aaaa');
    expect(await openToKeep(directory, ['a.txt'])).toBe(file);
    file.close();
    expect(directory.path).toBe(root);
    expect(directory.pathOf(['a.txt'])).toBe(join(root, 'a.txt'));
  });

  it.each(['lent.bin', 'dir/c.txt'])('keeps %s', async (name) => {
    const directory = cached();
    const segments = name.split('/');
    const file = await openToKeep(directory, segments);
    expect(bytesOf(file)?.length).toBe(file.size);
    // No more memory than that.
    expect(bytesOf(file)?.buffer.byteLength).toBe(file.size);
    expect(await openToKeep(directory, segments)).toBe(file);
    // The buffer is not that of another request.
    await openToKeep(directory, ['a.txt']);
    expect(text(file)).toMatch(/^(?:x+|cccc)$/);
  });

  it('keeps nothing on its own', async () => {
    const directory = cached();
    for (const isContentWanted of [true, false]) {
      const file = await directory.open(['b.txt'], isContentWanted);
      const kind = isContentWanted ? 'bytes' : 'descriptor';
      expect([file.memo !== undefined, file.body.kind]).toEqual([false, kind]);
      file.close();
    }
  });

  it('reads a file whose content was not wanted, to keep it', async () => {
    const file = await openToKeep(cached(), ['b.txt'], false);
    expect([file.memo !== undefined, text(file)]).toEqual([true, 'bbbb']);
  });

  it('keeps no file that is too large or too young', async () => {
    const large = await openToKeep(cached(), ['large.bin']);
    expect([large.memo !== undefined, large.body.kind]).toEqual([false, 'descriptor']);
    large.close();
    const exact = await openToKeep(cached({ ...BOUNDS, maxFileSize: 4 }), ['a.txt']);
    expect(exact.memo).toBeInstanceOf(Memo);
    writeYoung('young.txt');
    const young = await openToKeep(cached(), ['young.txt']);
    expect(young.memo).toBeUndefined();
    young.close();
  });

  it('notices changes', async () => {
    const directory = cached();
    expect(text(await openToKeep(directory, ['changes.txt']))).toBe('before');
    writeFileSync(join(root, 'changes.txt'), 'later!');
    const later = await openToKeep(directory, ['changes.txt']);
    expect(text(later)).toBe('later!');
    later.close();
  });

  it('refuses a file that is gone', async () => {
    const directory = cached();
    await openToKeep(directory, ['gone.txt']);
    rmSync(join(root, 'gone.txt'));
    const refusal = { code: 'ERR_XSENDFILE_NOT_FOUND', errno: 'ENOENT' };
    await expect(directory.open(['gone.txt'])).rejects.toMatchObject(refusal);
    await expect(directory.open(['gone.txt'])).rejects.toMatchObject(refusal);
  });

  it('uses no cache with within', async () => {
    const directory = cached();
    const within = join(root, 'dir');
    const file = await directory.open(['dir', 'c.txt'], true, within);
    expect(file.memo).toBeUndefined();
    file.close();
    await expect(directory.open(['a.txt'], true, within)).rejects.toMatchObject({ status: 404 });
    await expect(directory.check(['a.txt'], within)).rejects.toMatchObject({ status: 404 });
    expect((await directory.check(['dir', 'c.txt'], within)).memo).toBeUndefined();
  });
});

describe('check() of a directory with a cache', () => {
  it('does not check the path again after it was checked and the file opened', async () => {
    const directory = cached();
    expect(await directory.check(['dir', 'c.txt'])).toMatchObject({ memo: expect.any(Memo) });
    const file = await openToKeep(directory, ['dir', 'c.txt']);
    expect(await directory.check(['dir', 'c.txt'])).toBe(file);
    const realpath = jest.spyOn(fs.realpath, 'native');
    await directory.check(['dir', 'c.txt']);
    expect(realpath).not.toHaveBeenCalled();
    await directory.check(['a.txt']);
    expect(realpath).toHaveBeenCalledTimes(1);
  });

  it('keeps a file without its bytes', async () => {
    const directory = cached();
    const file = await directory.check(['a.txt']);
    expect(file).toMatchObject({ memo: expect.any(Memo), size: 4, path: join(root, 'a.txt') });
    expect(file).not.toHaveProperty('body');
    expect(await directory.check(['a.txt'])).toBe(file);
  });

  it('keeps nothing about a link, which may lead elsewhere later', async () => {
    const directory = cached();
    const file = await directory.check(['link.txt']);
    expect(file.memo).toBeUndefined();
    const opened = await openToKeep(directory, ['link.txt']);
    expect(opened.memo).toBeInstanceOf(Memo);
    expect(await directory.check(['link.txt'])).not.toBe(opened);
    expect(await openToKeep(directory, ['link.txt'])).toBe(opened);
  });

  it('keeps nothing about a young file', async () => {
    writeYoung('new.txt');
    expect((await cached().check(['new.txt'])).memo).toBeUndefined();
  });

  it('shares a file that was opened before, once its path has been checked', async () => {
    const directory = cached();
    const opened = await openToKeep(directory, ['both.txt']);
    expect(await directory.check(['both.txt'])).toBe(opened);
    expect(await openToKeep(directory, ['both.txt'])).toBe(opened);
  });

  it('does not check the path again after the file was opened', async () => {
    const directory = cached();
    await directory.check(['order.txt']);
    const opened = await openToKeep(directory, ['order.txt']);
    expect(text(opened)).toBe('order');
    expect(await directory.check(['order.txt'])).toBe(opened);
  });
});
