import * as fs from 'node:fs';
import { acquireBuffer, releaseBuffer } from './buffer-pool.js';
import { inThreadPool } from './fs-batch.js';

/** What an open file is, and what is in it. */
export interface Look {
  readonly stats: fs.BigIntStats;
  /** The whole file, if it was small enough to be had at once. */
  readonly content: Buffer | undefined;
  /** Gives the memory of `content` back, when nobody reads from it any more. Need not be called. */
  readonly recycle: (() => void) | undefined;
}

/** Files up to this size, in bytes, are had with one read. */
const ONE_READ_BYTES = 128 * 1024;
/** Up to this size, in bytes, a copy costs less than to be without the buffer. */
const COPIED_BYTES = 16 * 1024;

/** How many files are read so at a time: a burst of requests must not be one of memory. */
const MAX_READS = 64;

let reads = 0;

export function openDescriptor(path: string, flags: number): Promise<number> {
  return inThreadPool((callback) => fs.open(path, flags, callback));
}

/** It was only read from: there is nothing that a failure could lose. */
export function closeDescriptor(descriptor: number): void {
  void inThreadPool<void>((callback) => fs.close(descriptor, () => callback(null)));
}

export function statOfDescriptor(descriptor: number): Promise<fs.BigIntStats> {
  return inThreadPool((callback) => fs.fstat(descriptor, { bigint: true }, callback));
}

/**
 * Looks at an open file and reads it at the same time: most files are small, and to wait once less
 * is worth more than a read that was not needed.
 *
 * The read has a position, so that nothing is taken out of a pipe. Should the file change between
 * the two, its time stamps are too recent for any cache and any strong validator.
 */
export async function lookInto(descriptor: number): Promise<Look> {
  if (reads >= MAX_READS) {
    return { stats: await statOfDescriptor(descriptor), content: undefined, recycle: undefined };
  }
  reads += 1;
  const buffer = acquireBuffer(ONE_READ_BYTES);
  const recycle = (): void => releaseBuffer(buffer);
  const [look, read] = await Promise.allSettled([
    statOfDescriptor(descriptor),
    inThreadPool<number>((callback) => fs.read(descriptor, buffer, 0, ONE_READ_BYTES, 0, callback)),
  ]);
  reads -= 1;
  const size = look.status === 'fulfilled' ? Number(look.value.size) : 0;
  const isWhole = read.status === 'fulfilled' && read.value === size;
  const isLent = isWhole && size > COPIED_BYTES;
  const content = isLent ? buffer.subarray(0, size) : isWhole ? copyOf(buffer, size) : undefined;
  if (!isLent) recycle();
  if (look.status === 'rejected') throw look.reason;
  return { stats: look.value, content, recycle: isLent ? recycle : undefined };
}

/** A copy that takes no more memory than its bytes. */
export function copyOf(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  bytes.copy(copy, 0, 0, length);
  return copy;
}

/**
 * Whether an open descriptor can be asked for its real path, which is what makes opening a file
 * free of races. Linux only, and not in every sandbox.
 */
export function canAskDescriptors(): boolean {
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
 * The real path of what is open. Synchronous, as it asks no disk.
 *
 * @returns undefined for a path that is not UTF-8: as text it could be taken for another.
 */
export function pathOfDescriptor(descriptor: number): string | undefined {
  const link = `/proc/self/fd/${descriptor}`;
  const path = fs.readlinkSync(link);
  if (!path.includes('\uFFFD')) return path;
  return Buffer.from(path).equals(fs.readlinkSync(link, 'buffer')) ? path : undefined;
}
