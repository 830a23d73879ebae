import * as fs from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { RefusedError, refusalForFileSystemError } from './errors.js';
import { readContent } from './read-content.js';
import type { DotfilePolicy, SymlinkPolicy } from './types.js';

const openFile = promisify(fs.open);
const BIGINT = { bigint: true } as const;
const fstat = promisify(fs.fstat);
const stat = promisify(fs.stat);
const lstat = promisify(fs.lstat);
const realpath = promisify(fs.realpath.native);

/** Windows has neither of the last two; there they are undefined, which `|` takes as 0. */
const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

/** Files up to this size, in bytes, are read before they are answered with. */
const SMALL_BYTES = 128 * 1024;

const NO_LINK_FLAGS = OPEN_FLAGS | fs.constants.O_NOFOLLOW;

/** A regular file that a request may have. */
export interface CheckedFile {
  /** Absolute path; without symbolic links unless the policy is `follow`. */
  readonly path: string;
  /** The same below the root, with `/` on every system. */
  readonly relativePath: string;
  readonly stats: fs.BigIntStats;
  /** Whether the cache has it: the same object for each request as long as the file is the same. */
  readonly isKept?: boolean;
}

/** The same, open for reading. */
export interface OpenedFile extends CheckedFile {
  /** Undefined if `content` is all there is to read. */
  readonly descriptor: number | undefined;
  /** The whole file, if it is small enough to be had at once. */
  readonly content: Buffer | undefined;
  /** To be called by whoever got the file, once or more often. */
  readonly close: () => void;
}

/** Files below one directory, and who decides which of them exist for a request. */
export interface RootDirectory {
  /** Absolute path of the root, without symbolic links. */
  readonly path: string;
  /**
   * Where the file of that name would be.
   *
   * @throws {@link RefusedError} 403 or 404, by the dotfile policy.
   */
  locate(segments: readonly string[]): string;
  /**
   * The file of that name, for somebody else to open.
   *
   * @throws {@link RefusedError} 403, 404, 500 or 503.
   */
  check(segments: readonly string[]): Promise<CheckedFile>;
  /**
   * The file of that name, opened, then checked: what was checked is what is read.
   *
   * @throws {@link RefusedError} 403, 404, 500 or 503; nothing is left open then.
   */
  open(segments: readonly string[]): Promise<OpenedFile>;
}

/** What a root directory shows of itself. */
export interface RootPolicies {
  readonly dotfiles: DotfilePolicy;
  readonly symlinks: SymlinkPolicy;
}

/**
 * @param root - absolute real path of an existing directory.
 * @param procfs - whether /proc/self/fd can be used; given by tests only.
 */
export function createRootDirectory(
  root: string,
  { dotfiles, symlinks }: RootPolicies,
  procfs: boolean = canAskDescriptors(),
): RootDirectory {
  const flags = symlinks === 'deny' ? NO_LINK_FLAGS : OPEN_FLAGS;

  function locate(segments: readonly string[]): string {
    if (dotfiles !== 'allow' && segments.some((name) => name.startsWith('.'))) {
      throw new RefusedError(
        dotfiles === 'deny' ? 'ERR_XSENDFILE_DOTFILE_DENIED' : 'ERR_XSENDFILE_DOTFILE_IGNORED',
      );
    }
    return join(root, ...segments);
  }

  /** Where the file may be, given where it was asked for. */
  function isAllowed(real: string, asked: string): boolean {
    if (symlinks === 'follow') return true;
    if (symlinks === 'deny') return real === asked;
    return isBelow(root, real);
  }

  /**
   * The same for a path read from /proc, where Linux appends " (deleted)" when the name has gone
   * since. A name may end like that by itself, so only directories are compared; that the last name
   * is no link has been seen to by O_NOFOLLOW.
   */
  function isDescriptorAllowed(link: string, asked: string): boolean {
    if (symlinks === 'deny') return dirname(link) === dirname(asked);
    return isAllowed(link, asked);
  }

  function describe(path: string, segments: readonly string[], stats: fs.BigIntStats): CheckedFile {
    if (!stats.isFile()) throw new RefusedError('ERR_XSENDFILE_NOT_A_FILE');
    const relativePath = isBelow(root, path)
      ? path
          .slice(root.length + 1)
          .split(sep)
          .join('/')
      : segments.join('/');
    return { path, relativePath, stats };
  }

  async function realPathOf(asked: string): Promise<string> {
    // The front end opens the name that it is given: with `follow` that is the one in the root.
    if (symlinks === 'follow') return asked;
    const real = await realpath(asked);
    if (!isAllowed(real, asked)) throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
    // Where the disk ignores case, `/ADMIN` is another spelling of `/admin`.
    if (!procfs && real !== asked && real.toLowerCase() === asked.toLowerCase()) {
      throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
    }
    return real;
  }

  async function check(segments: readonly string[]): Promise<CheckedFile> {
    const asked = locate(segments);
    const real = await realPathOf(asked);
    return describe(real, segments, await stat(real, BIGINT));
  }

  async function open(segments: readonly string[]): Promise<OpenedFile> {
    const asked = locate(segments);
    if (!procfs) return openBetweenChecks(asked, segments);
    const descriptor = await openFile(asked, flags);
    try {
      if (symlinks !== 'follow') {
        const link = pathOfDescriptor(descriptor);
        if (!isDescriptorAllowed(link, asked)) throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
      }
      const file = describe(asked, segments, await fstat(descriptor, BIGINT));
      // Most files are small, and had with one read.
      const size = Number(file.stats.size);
      const content = size <= SMALL_BYTES ? await readContent(descriptor, size) : undefined;
      return toOpenedFile(file, descriptor, content);
    } catch (error) {
      close(descriptor);
      throw error;
    }
  }

  /** Best effort where descriptors cannot be asked: somebody quick enough can still win. */
  async function openBetweenChecks(
    asked: string,
    segments: readonly string[],
  ): Promise<OpenedFile> {
    const before = await realPathOf(asked);
    // A real path has no link at its end, unless somebody has just put one there.
    const descriptor = await openFile(before, symlinks === 'follow' ? flags : NO_LINK_FLAGS);
    try {
      const stats = await fstat(descriptor, BIGINT);
      const after = await realPathOf(asked);
      const named = await (symlinks === 'follow' ? stat : lstat)(after, BIGINT);
      if (after !== before || named.dev !== stats.dev || named.ino !== stats.ino) {
        throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
      }
      return toOpenedFile(describe(asked, segments, stats), descriptor, undefined);
    } catch (error) {
      close(descriptor);
      throw error;
    }
  }

  return Object.freeze({
    path: root,
    locate,
    check: (segments: readonly string[]) => check(segments).catch(rethrowAsRefusal),
    open: (segments: readonly string[]) => open(segments).catch(rethrowAsRefusal),
  });
}

/**
 * Whether an open descriptor can be asked for its real path, which is what makes `open()` free of
 * races. Linux only, and not in every sandbox.
 */
function canAskDescriptors(): boolean {
  const descriptor = fs.openSync('/', fs.constants.O_RDONLY);
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`) === '/';
  } catch {
    return false;
  } finally {
    fs.closeSync(descriptor);
  }
}

/** @throws {@link RefusedError} for a path that is not UTF-8: as text it could be taken for another. */
function pathOfDescriptor(descriptor: number): string {
  const bytes = fs.readlinkSync(`/proc/self/fd/${descriptor}`, 'buffer');
  const path = bytes.toString();
  if (!Buffer.from(path).equals(bytes)) throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
  return path;
}

function toOpenedFile(
  file: CheckedFile,
  descriptor: number,
  content: Buffer | undefined,
): OpenedFile {
  let isOpen = true;
  return {
    ...file,
    descriptor,
    content,
    close() {
      // By the second time the number may be another file's.
      if (isOpen) close(descriptor);
      isOpen = false;
    },
  };
}

/** It was only read from: there is nothing that a failure could lose. */
function close(descriptor: number): void {
  fs.close(descriptor, () => {});
}

/** With the separator: `/srv/files-private` is not below `/srv/files`. */
function isBelow(root: string, path: string): boolean {
  return path.startsWith(root + sep);
}

export function rethrowAsRefusal(error: unknown): never {
  throw error instanceof RefusedError ? error : refusalForFileSystemError(error);
}
