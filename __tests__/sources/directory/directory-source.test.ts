import { directorySource } from '../../../lib/sources/directory/directory-source.js';
import type { RootDirectory } from '../../../lib/sources/directory/root-directory.js';
import type { Wanted } from '../../../lib/sources/source.js';

const SECOND = 1_000_000_000n;
const TIME = 1_700_000_000n * SECOND + 123_456_789n;

/** A directory of files by path, with their times in nanoseconds. */
function createSource(files: Readonly<Record<string, bigint>>) {
  const open = new Set<string>();
  const find = (segments: readonly string[], within?: string) => {
    const path = segments.join('/');
    const mtimeNs = files[path];
    if (mtimeNs === undefined) throw new Error(`${path} is missing`);
    return { path, within, identity: { dev: 1n, ino: 1n, size: 1n, mtimeNs, ctimeNs: 1n } };
  };
  const check = jest.fn(async (segments: readonly string[], within?: string) =>
    find(segments, within),
  );
  const openFile = jest.fn(
    async (segments: readonly string[], isContentWanted: boolean, within?: string) => {
      const file = { ...find(segments, within), isContentWanted };
      open.add(file.path);
      return { ...file, close: () => void open.delete(file.path) };
    },
  );
  const directory = { path: '/root', check, open: openFile };
  return { source: directorySource(directory as never as RootDirectory), open, check };
}

const wanted = (codings: Wanted['codings']): Wanted =>
  ({ segments: ['dir', 'sub', 'a.txt'], codings, within: '/root/dir' }) as never;

describe('directorySource(directory)', () => {
  it('finds the file itself for clients without codings', async () => {
    const { source, check } = createSource({ 'dir/sub/a.txt': TIME, 'dir/sub/a.txt.br': TIME });
    expect(source).toMatchObject({ root: '/root', takesDescriptors: true });
    expect(await source.find(wanted([]))).toMatchObject({
      file: { path: 'dir/sub/a.txt', within: '/root/dir' },
      segments: ['dir', 'sub', 'a.txt'],
      coding: undefined,
      reference: 'path',
    });
    expect(check).toHaveBeenCalledTimes(1);
  });

  it.each<[string, bigint, boolean]>([
    ['of the same time', TIME, true],
    ['that is newer', TIME + 1n, true],
    ['that is older', TIME - 1n, false],
    ['with the time in microseconds', TIME - 789n, true],
    ['with the time in milliseconds', TIME - 456_789n, true],
    ['with the time in seconds', TIME - 123_456_789n, true],
    ['of the second before', TIME - 123_456_789n - SECOND, false],
  ])('finds a precompressed file %s, or not', async (_title, time, isFound) => {
    const { source, open } = createSource({ 'dir/sub/a.txt': TIME, 'dir/sub/a.txt.br': time });
    const found = await source.find(wanted(['br']));
    const path = isFound ? 'dir/sub/a.txt.br' : 'dir/sub/a.txt';
    expect(found).toMatchObject({
      file: { path, within: '/root/dir' },
      segments: ['dir', 'sub', 'a.txt'],
      coding: isFound ? 'br' : undefined,
      reference: 'path',
    });
    const opened = await source.open(wanted(['br']), true);
    expect(opened).toMatchObject({ file: { path, within: '/root/dir', isContentWanted: true } });
    expect([...open]).toEqual([path]);
  });

  it('finds the first of the codings that there is', async () => {
    const { source } = createSource({ 'dir/sub/a.txt': TIME, 'dir/sub/a.txt.gz': TIME });
    expect(await source.find(wanted(['br', 'gzip']))).toMatchObject({ coding: 'gzip' });
    const both = createSource({
      'dir/sub/a.txt': TIME,
      'dir/sub/a.txt.gz': TIME,
      'dir/sub/a.txt.br': TIME,
    });
    expect(await both.source.find(wanted(['br', 'gzip']))).toMatchObject({ coding: 'br' });
  });

  it('finds no precompressed file without the file, and leaves none open', async () => {
    const { source, open } = createSource({ 'dir/sub/a.txt.br': TIME });
    await expect(source.find(wanted(['br']))).rejects.toThrow('dir/sub/a.txt is missing');
    await expect(source.open(wanted(['br']), false)).rejects.toThrow('dir/sub/a.txt is missing');
    expect([...open]).toEqual([]);
  });

  it('compares what it finds with what was found', async () => {
    const files = { 'dir/sub/a.txt': TIME };
    const { source } = createSource(files);
    const found = await source.find(wanted([]));
    expect(await source.isStill(found, wanted([]))).toBe(true);
    files['dir/sub/a.txt'] += 1n;
    expect(await source.isStill(found, wanted([]))).toBe(false);
  });
});
