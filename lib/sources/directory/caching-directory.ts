import { isSettled } from '../file-times.js';
import { isSameIdentity } from '../identity.js';
import { Memo } from '../memo.js';
import type { Body, FoundFile, OpenedFile } from '../source.js';
import { type CacheBounds, type CachedFile, FileCache } from './cache.js';
import { copyOf, readContent } from './descriptor.js';
import {
  createRootDirectory,
  type RootDirectory,
  type RootPolicies,
  rethrowAsRefusal,
  toOpenedFile,
} from './root-directory.js';

/** Options of {@link openDirectory}. */
export interface DirectoryOptions extends RootPolicies {
  /** Undefined for no cache. */
  readonly cache: CacheBounds | undefined;
}

/** Opens a root directory, with or without a cache. */
export function openDirectory(root: string, options: DirectoryOptions): RootDirectory {
  const directory = createRootDirectory(root, options);
  return options.cache === undefined ? directory : cacheDirectory(directory, options.cache);
}

/**
 * Wraps a root directory with a cache of the files that it has checked.
 *
 * For Node, an unchanged identity is sufficient: it proves that the bytes are the ones that were checked.
 * For a front end, which opens the path later, it is enough only if the path contained no symbolic link.
 * Requests with `within` bypass the cache: for these the path to the file matters, which a stat does not
 * prove.
 */
function cacheDirectory(directory: RootDirectory, bounds: CacheBounds): RootDirectory {
  const cache = new FileCache(directory.path, bounds);

  async function open(segments: readonly string[], isContentWanted: boolean): Promise<OpenedFile> {
    const path = directory.pathOf(segments);
    const entry = await cache.verify(path)?.catch(rethrowAsRefusal);
    if (entry?.opened !== undefined) return entry.opened;
    const opened = await directory.open(segments, isContentWanted);
    if (opened.size > cache.maxFileSize || !isSettled(opened)) return opened;
    return Object.assign(opened, { keep });

    async function keep(): Promise<OpenedFile> {
      const content = await contentOf(opened);
      if (content === undefined) return opened;
      opened.close();
      const body: Body = { kind: 'bytes', bytes: content, recycle: undefined };
      const kept = toOpenedFile(opened, body, () => {}, new Memo());
      const isDirect = isSame(entry, kept) && entry.isDirect;
      cache.set(path, { file: kept, opened: kept, isDirect });
      return kept;
    }
  }

  async function check(segments: readonly string[]): Promise<FoundFile> {
    const path = directory.pathOf(segments);
    const entry = await cache.verify(path)?.catch(rethrowAsRefusal);
    if (entry?.isDirect === true) return entry.file;
    const file = await directory.check(segments);
    // The front end must find the same file under this path later.
    if (file.path !== path || !isSettled(file)) return file;
    const opened = isSame(entry, file) ? entry.opened : undefined;
    const kept: FoundFile = opened ?? { ...file, memo: new Memo() };
    cache.set(path, { file: kept, opened, isDirect: true });
    return kept;
  }

  return Object.freeze({
    path: directory.path,
    pathOf: directory.pathOf,
    list: directory.list,
    open: async (segments, isContentWanted = true, within) =>
      within === undefined
        ? open(segments, isContentWanted)
        : directory.open(segments, isContentWanted, within),
    check: async (segments, within) =>
      within === undefined ? check(segments) : directory.check(segments, within),
  } satisfies RootDirectory);
}

/** Whether an incomplete entry still describes the file, so that its parts can be kept. */
function isSame(entry: CachedFile | undefined, file: FoundFile): entry is CachedFile {
  return entry !== undefined && isSameIdentity(entry.file.identity, file.identity);
}

/** Returns the bytes of a file in a buffer that can be kept; undefined if they cannot be read. */
async function contentOf({ body, size }: OpenedFile): Promise<Buffer | undefined> {
  if (body.kind === 'descriptor') return readContent(body.descriptor, size);
  if (body.kind !== 'bytes') return undefined;
  if (body.recycle === undefined) return body.bytes;
  const copy = copyOf(body.bytes, body.bytes.length);
  body.recycle();
  return copy;
}
