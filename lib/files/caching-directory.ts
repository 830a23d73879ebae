import { type CacheBounds, type CachedFile, FileCache } from './cache.js';
import { copyOf } from './descriptor.js';
import { isSettled } from './file-times.js';
import { isSameIdentity } from './identity.js';
import { readContent } from './read.js';
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
 * Requests confined to a directory bypass the cache: there the way to the file counts, which a stat does
 * not show.
 */
export function cacheDirectory(directory: RootDirectory, bounds: CacheBounds): RootDirectory {
  const cache = new FileCache(bounds);

  async function verify(path: string): Promise<CachedFile | undefined> {
    return cache.has(path) ? cache.verify(path).catch(rethrowAsRefusal) : undefined;
  }

  async function open(segments: readonly string[], isContentWanted: boolean): Promise<OpenedFile> {
    const path = directory.pathOf(segments);
    const entry = await verify(path);
    if (entry?.opened !== undefined) return entry.opened;
    const opened = await directory.open(segments, isContentWanted);
    if (opened.size > cache.maxFileSize || !isSettled(opened)) return opened;
    const content = await contentOf(opened);
    if (content === undefined) return opened;
    opened.close();
    const kept = keptFile(opened, content);
    const isDirect = isSame(entry, kept) && entry.isDirect;
    cache.set(path, { file: kept, opened: kept, isDirect });
    return kept;
  }

  async function check(segments: readonly string[]): Promise<CheckedFile> {
    const path = directory.pathOf(segments);
    const entry = await verify(path);
    if (entry?.isDirect === true) return entry.file;
    const file = await directory.check(segments);
    // Whoever opens the name later must find the same way to it.
    if (file.path !== path || !isSettled(file)) return file;
    const opened = isSame(entry, file) ? entry.opened : undefined;
    const kept: CheckedFile = opened ?? { ...file, isKept: true };
    cache.set(path, { file: kept, opened, isDirect: true });
    return kept;
  }

  return Object.freeze({
    path: directory.path,
    pathOf: directory.pathOf,
    open: async (segments: readonly string[], isContentWanted = true, within?: string) =>
      within === undefined
        ? open(segments, isContentWanted)
        : directory.open(segments, isContentWanted, within),
    check: async (segments: readonly string[], within?: string) =>
      within === undefined ? check(segments) : directory.check(segments, within),
  });
}

/** Whether an entry that lacks something is still the file's, so that what it has can be kept. */
function isSame(entry: CachedFile | undefined, file: CheckedFile): entry is CachedFile {
  return entry !== undefined && isSameIdentity(entry.file.identity, file.identity);
}

/** Each property by its name: a spread would give every file a hidden class of its own, 700 bytes. */
function keptFile(
  { path, relativePath, identity, size, seenAt }: CheckedFile,
  content: Buffer | undefined,
): OpenedFile {
  return {
    path,
    relativePath,
    identity,
    size,
    seenAt,
    descriptor: undefined,
    content,
    recycle: undefined,
    close: nothingToClose,
    isKept: true,
  };
}

function nothingToClose(): void {}

/** The bytes of a file, to be kept for as long as one likes. */
async function contentOf({
  descriptor,
  size,
  content,
  recycle,
}: OpenedFile): Promise<Buffer | undefined> {
  if (content === undefined) {
    return descriptor === undefined ? undefined : readContent(descriptor, size);
  }
  if (recycle === undefined) return content;
  const copy = copyOf(content, content.length);
  recycle();
  return copy;
}
