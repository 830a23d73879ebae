import { type CacheBounds, FileCache, isSettled } from './file-cache.js';
import { readContent } from './read-content.js';
import {
  type CheckedFile,
  type OpenedFile,
  type RootDirectory,
  rethrowAsRefusal,
} from './root-directory.js';

/**
 * A root directory that remembers what it has verified.
 *
 * For this process an unchanged identity is enough: the bytes are those that lay below the root.
 * For somebody else, who will open the name, it is so only if no symbolic link was in the path.
 */
export function cacheDirectory(directory: RootDirectory, bounds: CacheBounds): RootDirectory {
  const cache = new FileCache(bounds);

  async function open(segments: readonly string[]): Promise<OpenedFile> {
    const path = directory.locate(segments);
    if (cache.has(path)) {
      const entry = await cache.verify(path).catch(rethrowAsRefusal);
      if (entry?.opened !== undefined) return entry.opened;
    }
    const opened = await directory.open(segments);
    if (opened.stats.size > cache.maxFileSize) return opened;
    const { descriptor } = opened;
    if (descriptor === undefined) return opened;
    const content = opened.content ?? (await readContent(descriptor, Number(opened.stats.size)));
    if (content === undefined) return opened;
    opened.close();
    const isKept = isSettled(opened.stats);
    const inMemory: OpenedFile = { ...opened, content, descriptor: undefined, close() {}, isKept };
    if (isKept) cache.set(path, { file: inMemory, opened: inMemory, isDirect: false });
    return inMemory;
  }

  async function check(segments: readonly string[]): Promise<CheckedFile> {
    const path = directory.locate(segments);
    if (cache.has(path)) {
      const entry = await cache.verify(path).catch(rethrowAsRefusal);
      if (entry?.isDirect === true) return entry.file;
    }
    const file = await directory.check(segments);
    // Whoever opens the name later must find the same way to it.
    if (file.path !== path || !isSettled(file.stats)) return file;
    const kept: CheckedFile = { ...file, isKept: true };
    cache.set(path, { file: kept, opened: undefined, isDirect: true });
    return kept;
  }

  return Object.freeze({
    path: directory.path,
    locate: directory.locate,
    open: async (segments: readonly string[]) => open(segments),
    check: async (segments: readonly string[]) => check(segments),
  });
}
