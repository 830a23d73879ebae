import * as fs from 'node:fs';
import { acquireBuffer, releaseBuffer } from '../../shared/buffer-pool.js';
import { inThreadPool } from './fs-batch.js';

/** The stat of an open file, and its content if that was small. */
export interface StatAndContent {
  readonly stats: fs.BigIntStats;
  /** The whole file, if it was small enough for a single read. */
  readonly content?: Buffer | undefined;
  /** Returns the buffer of `content` to the pool, once nothing reads from it. Calling it is optional. */
  readonly recycle?: () => void;
}

/** Files up to this size, in bytes, are read with a single call. */
export const ONE_READ_BYTES = 128 * 1024;
/** Up to this size, in bytes, copying is cheaper than lending the buffer. */
const COPIED_BYTES = 16 * 1024;

/** Maximum number of such reads at a time, so that a burst of requests does not use too much memory. */
const MAX_READS = 64;

let reads = 0;

export function openDescriptor(path: string, flags: number): Promise<number> {
  return inThreadPool((callback) => fs.open(path, flags, callback));
}

/** Closes a descriptor. A failure loses nothing, because it was only read from. */
export function closeDescriptor(descriptor: number): void {
  void inThreadPool<void>((callback) => fs.close(descriptor, () => callback(null)));
}

/** The same without a thread, which would cost many times as much as closing a small local file. */
export function closeDescriptorNow(descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {
    // It was only read from.
  }
}

/**
 * Returns the stat of an open file.
 *
 * @param isLocal - whether the file system is local: then the metadata of an open file is in memory, and a thread
 *   would take many times as long.
 */
export async function statOfDescriptor(
  descriptor: number,
  isLocal: boolean,
): Promise<fs.BigIntStats> {
  if (isLocal) return fs.fstatSync(descriptor, BIGINT);
  return inThreadPool((callback) => fs.fstat(descriptor, BIGINT, callback));
}

const BIGINT = { bigint: true } as const;

/**
 * Reads an open file and stats it: most files are small, and saving one wait is worth more than an unnecessary
 * read.
 *
 * The read has a position, so that it consumes nothing from a pipe. The stat comes last: a file that changes
 * in between has timestamps that are too recent for the cache and for a strong validator.
 *
 * @param isLocal - as for {@link statOfDescriptor}.
 */
export async function readAndStat(descriptor: number, isLocal: boolean): Promise<StatAndContent> {
  if (reads >= MAX_READS) {
    return { stats: await statOfDescriptor(descriptor, isLocal) };
  }
  reads += 1;
  const buffer = acquireBuffer(ONE_READ_BYTES);
  const recycle = (): void => releaseBuffer(buffer);
  try {
    const length = await inThreadPool<number | undefined>((callback) =>
      // What cannot be read has no content here; the next read reports the reason.
      fs.read(descriptor, buffer, 0, ONE_READ_BYTES, 0, (error, bytesRead) =>
        callback(null, error ? undefined : bytesRead),
      ),
    );
    const stats = await statOfDescriptor(descriptor, isLocal);
    const size = Number(stats.size);
    if (length === size && size > COPIED_BYTES) {
      return { stats, content: buffer.subarray(0, size), recycle };
    }
    const content = length === size ? copyOf(buffer, size) : undefined;
    recycle();
    return { stats, content };
  } catch (error) {
    recycle();
    throw error;
  } finally {
    reads -= 1;
  }
}

/**
 * Reads a whole file of this size.
 *
 * @returns undefined if it cannot be read or was truncated; the next read reports the reason.
 */
export function readContent(descriptor: number, size: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafeSlow(size);
  return new Promise((resolve) => {
    const readFrom = (position: number): void => {
      fs.read(descriptor, bytes, position, size - position, position, (error, bytesRead) => {
        if (error || bytesRead === 0) resolve(undefined);
        else if (position + bytesRead === size) resolve(bytes);
        else readFrom(position + bytesRead);
      });
    };
    if (size === 0) resolve(bytes);
    else readFrom(0);
  });
}

/** Returns a copy that uses no more memory than its bytes. */
export function copyOf(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  bytes.copy(copy, 0, 0, length);
  return copy;
}

/**
 * Whether the real path of an open descriptor can be read, which makes opening a file free of races. Linux
 * only, and not in every sandbox.
 */
export function hasProcFd(): boolean {
  const descriptor = fs.openSync('/', fs.constants.O_RDONLY);
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`) === '/';
  } catch {
    return false;
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Returns the real path of an open descriptor. Synchronous, because it does not access a disk.
 *
 * @returns undefined for a path that is not UTF-8: as a string it could equal another path.
 */
export function pathOfDescriptor(descriptor: number): string | undefined {
  const link = `/proc/self/fd/${descriptor}`;
  const path = fs.readlinkSync(link);
  if (!path.includes('\uFFFD')) return path;
  return Buffer.from(path).equals(fs.readlinkSync(link, 'buffer')) ? path : undefined;
}
