import type { FoundFile } from '../sources/source.js';
import type { FileInfo } from '../types.js';

/**
 * Describes a file for option functions and senders.
 *
 * @param root - absolute path of the root directory.
 * @param segments - the names by which the file was requested.
 */
export function toFileInfo(
  root: string,
  segments: readonly string[],
  { path, relativePath, identity, size }: FoundFile,
): FileInfo {
  const [name = ''] = segments.slice(-1);
  return {
    root,
    path,
    relativePath,
    segments,
    name,
    size,
    mtime: toDate(identity.mtimeNs),
    ctime: toDate(identity.ctimeNs),
  };
}

function toDate(timeNs: bigint): Date {
  return new Date(Number(timeNs / 1_000_000n));
}
