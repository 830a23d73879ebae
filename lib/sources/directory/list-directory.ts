import * as fs from 'node:fs';
import { sep } from 'node:path';
import { RefusedError } from '../../shared/errors.js';
import type { SymlinkPolicy } from '../../types.js';
import { closeDescriptor, openDescriptor, pathOfDescriptor } from './descriptor.js';
import { inThreadPool } from './fs-batch.js';

/** A name in a directory. */
export interface ListedName {
  readonly name: string;
  /** `other`: a link, something special, or a kind that the file system does not say. */
  readonly kind: 'file' | 'directory' | 'other';
}

/** The names in a directory. */
export interface DirectoryListing {
  /** Absolute path of the directory, without symbolic links. */
  readonly path: string;
  /** In the order of the file system. */
  readonly names: readonly ListedName[];
}

/** What a listed directory must be like. */
export interface ListingRules {
  readonly symlinks: SymlinkPolicy;
  /** Absolute path of the directory that it must be, or be below of. */
  readonly within: string;
  /** Whether /proc/self/fd is available. */
  readonly procfs: boolean;
}

/** Undefined on Windows, where `|` treats it as 0. */
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY;

/**
 * Lists a directory: with /proc, the one that was checked; elsewhere, as a best effort.
 *
 * @throws {@link RefusedError} for a directory elsewhere, or the error of the file system.
 */
export async function listDirectory(
  requested: string,
  { symlinks, within, procfs }: ListingRules,
): Promise<DirectoryListing> {
  async function read(path: string | undefined, readable: string): Promise<DirectoryListing> {
    const isDirect = symlinks !== 'deny' || path === requested;
    const isInside = path !== undefined && `${path}${sep}`.startsWith(`${within}${sep}`);
    if (path === undefined || (symlinks !== 'follow' && !(isDirect && isInside))) {
      throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
    }
    const entries = await inThreadPool<fs.Dirent[]>((callback) =>
      fs.readdir(readable, { withFileTypes: true }, callback),
    );
    return { path, names: entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) })) };
  }

  if (!procfs) {
    const real = await inThreadPool<string>((callback) => fs.realpath.native(requested, callback));
    return read(real, real);
  }
  const descriptor = await openDescriptor(requested, FLAGS);
  try {
    return await read(pathOfDescriptor(descriptor), `/proc/self/fd/${descriptor}`);
  } finally {
    closeDescriptor(descriptor);
  }
}

function kindOf(entry: fs.Dirent): ListedName['kind'] {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}
