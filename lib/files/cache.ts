import { isSameIdentity } from './identity.js';
import type { CheckedFile, OpenedFile } from './root-directory.js';
import { createSharedStat } from './stat-coalescing.js';

/** Bounds of the open-file cache. */
export interface CacheBounds {
  readonly maxEntries: number;
  /** Of all contents together, in bytes. */
  readonly maxBytes: number;
  /** Of one file whose content is kept, in bytes. */
  readonly maxFileSize: number;
}

/** What is kept of a file that was verified. */
export interface CachedFile {
  readonly file: CheckedFile;
  /** The same with its bytes; undefined if they were not read. */
  readonly opened: OpenedFile | undefined;
  /** Whether no symbolic link was in the path. */
  readonly isDirect: boolean;
}

/**
 * Verified files by the path that was asked for, in nginx's term the open-file cache.
 *
 * An entry is good for a request only if a `stat` that is no older than the request finds the same
 * identity: device, inode, size, and both times in nanoseconds. That proves the bytes; it does not
 * prove names, see {@link CachedFile.isDirect}.
 */
export class FileCache {
  readonly maxFileSize: number;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  /** In the order of use: the first one is the next to go. */
  readonly #entries = new Map<string, CachedFile>();
  readonly #stat = createSharedStat();
  #bytes = 0;

  constructor({ maxEntries, maxBytes, maxFileSize }: CacheBounds) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.maxFileSize = Math.min(maxFileSize, maxBytes);
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /**
   * The entry of a path, if the file is still what it was.
   *
   * @throws what the file system says when it is asked.
   */
  async verify(path: string): Promise<CachedFile | undefined> {
    const entry = this.#entries.get(path);
    if (entry === undefined) return undefined;
    try {
      const stats = await this.#stat(path);
      if (isSameIdentity(entry.file.identity, stats)) {
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

  /** Keeps a file that is old enough to be known by its times, see {@link isSettled}. */
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
    // Another request may have replaced it while this one waited.
    if (this.#entries.get(path) !== entry) return;
    this.#entries.delete(path);
    this.#entries.set(path, entry);
  }
}

/** How much memory the content takes. */
function bytesOf({ opened }: CachedFile): number {
  return opened?.content?.length ?? 0;
}
