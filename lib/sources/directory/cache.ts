import { isSameIdentity } from '../identity.js';
import type { FoundFile, OpenedFile } from '../source.js';
import { createSharedStat, type SharedStat } from './stat-coalescing.js';

/** Bounds of the open-file cache. */
export interface CacheBounds {
  readonly maxEntries: number;
  /** Maximum size of all contents together, in bytes. */
  readonly maxBytes: number;
  /** Maximum size of a file whose content is cached, in bytes. */
  readonly maxFileSize: number;
}

/** An entry of the cache. */
export interface CachedFile {
  readonly file: FoundFile;
  /** The file with its bytes; undefined if they were not read. */
  readonly opened: OpenedFile | undefined;
  /** Whether the path contained no symbolic link. */
  readonly isDirect: boolean;
  /** When the cache last found the file unchanged, in milliseconds since the epoch. */
  foundAtMs?: number;
}

/**
 * Caches checked files by their requested path, like nginx's `open_file_cache`.
 *
 * A request can use an entry only if a `stat` that is not older than the request finds the same identity:
 * device, inode, size, and both times in nanoseconds. This proves the bytes, but not the path, see
 * {@link CachedFile.isDirect}.
 */
export class FileCache {
  readonly maxFileSize: number;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  /** In the order of last use: the first entry is evicted next. */
  readonly #entries = new Map<string, CachedFile>();
  readonly #stat: SharedStat;
  #bytes = 0;

  /** @param root - absolute path of the directory that all files are below. */
  constructor(root: string, { maxEntries, maxBytes, maxFileSize }: CacheBounds) {
    this.#stat = createSharedStat(root);
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.maxFileSize = Math.min(maxFileSize, maxBytes);
  }

  /**
   * Returns the entry of a path, if the file is unchanged; undefined at once if there is none.
   *
   * @throws the error of the `stat`, as a rejection.
   */
  verify(path: string): Promise<CachedFile | undefined> | undefined {
    const entry = this.#entries.get(path);
    return entry && this.#verify(path, entry);
  }

  async #verify(path: string, entry: CachedFile): Promise<CachedFile | undefined> {
    try {
      const { identity, checkedAtMs } = entry.file;
      const { foundAtMs = checkedAtMs } = entry;
      const stats = await this.#stat(path, { dev: identity.dev, foundAtMs });
      if (isSameIdentity(identity, stats)) {
        entry.foundAtMs = Date.now();
        this.#touch(path, entry);
        return entry;
      }
    } catch (error) {
      this.delete(path);
      throw error;
    }
    this.delete(path);
    return undefined;
  }

  /** Adds a file that is old enough for its times to prove its bytes, see {@link isSettled}. */
  set(path: string, entry: CachedFile): void {
    this.delete(path);
    this.#entries.set(path, entry);
    this.#bytes += bytesOf(entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(path: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    this.#bytes -= bytesOf(entry);
  }

  #touch(path: string, entry: CachedFile): void {
    // Another request may have replaced the entry in the meantime.
    if (this.#entries.get(path) !== entry) return;
    this.#entries.delete(path);
    this.#entries.set(path, entry);
  }
}

/** Returns the size of the content, in bytes. */
function bytesOf({ opened }: CachedFile): number {
  return opened?.body.kind === 'bytes' ? opened.body.bytes.length : 0;
}
