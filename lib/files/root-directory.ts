import * as fs from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { RefusedError, refusalForFileSystemError } from '../shared/errors.js';
import type { Content, DotfilePolicy, SymlinkPolicy } from '../types.js';
import {
  canAskDescriptors,
  closeDescriptor,
  type Look,
  lookInto,
  openDescriptor,
  pathOfDescriptor,
  statOfDescriptor,
} from './descriptor.js';
import { inThreadPool } from './fs-batch.js';
import { type FileIdentity, identityOf } from './identity.js';

/** Windows has neither of the last two; there they are undefined, which `|` takes as 0. */
const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

const NO_LINK_FLAGS = OPEN_FLAGS | fs.constants.O_NOFOLLOW;

/** A regular file that a request may have. */
export interface CheckedFile {
  /** Absolute path; without symbolic links unless the policy is `follow`. */
  readonly path: string;
  /** The same below the root, with `/` on every system. */
  readonly relativePath: string;
  readonly identity: FileIdentity;
  /** In bytes. */
  readonly size: number;
  /**
   * Milliseconds since the epoch, from before the file system was first asked: whatever has happened
   * to the file since then has left times that are not older.
   */
  readonly seenAt: number;
  /** Whether the cache has it: the same object for each request as long as the file is the same. */
  readonly isKept?: boolean;
  /** For content that is no file: what the application says about it. */
  readonly stated?: StatedContent;
}

/** Properties of content that the file system cannot tell. */
export interface StatedContent {
  readonly type: string | undefined;
  readonly etag: string | undefined;
  /** Whether the times in the identity are meant. */
  readonly hasDate: boolean;
}

/** The same, open for reading. */
export interface OpenedFile extends CheckedFile {
  /** Undefined if `content` is all there is to read. */
  readonly descriptor: number | undefined;
  /** The whole file, if it was small enough to be had at once. */
  readonly content: Buffer | undefined;
  /** Reads content that is no file and not in memory. */
  readonly read?: Content['read'];
  /** Gives the memory of `content` back, when nobody reads from it any more. Need not be called. */
  readonly recycle?: (() => void) | undefined;
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
  pathOf(segments: readonly string[]): string;
  /**
   * The file of that name, for the front end to open.
   *
   * @param within - absolute path of the directory that its real path must be below; the root by default.
   * @throws {@link RefusedError} 403, 404, 500 or 503.
   */
  check(segments: readonly string[], within?: string): Promise<CheckedFile>;
  /**
   * The file of that name, opened, then checked: what was checked is what is read.
   *
   * @param isContentWanted - whether a small file is to be read at once.
   * @param within - absolute path of the directory that its real path must be below; the root by default.
   * @throws {@link RefusedError} 403, 404, 500 or 503; nothing is left open then.
   */
  open(
    segments: readonly string[],
    isContentWanted?: boolean,
    within?: string,
  ): Promise<OpenedFile>;
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

  function pathOf(segments: readonly string[]): string {
    if (dotfiles !== 'allow' && segments.some((name) => name.startsWith('.'))) {
      throw new RefusedError(
        dotfiles === 'deny' ? 'ERR_XSENDFILE_DOTFILE_DENIED' : 'ERR_XSENDFILE_DOTFILE_IGNORED',
      );
    }
    return join(root, ...segments);
  }

  /** Where the file may be, given where it was asked for. */
  function isAllowed(real: string, asked: string, within: string): boolean {
    if (symlinks === 'follow') return true;
    if (symlinks === 'deny' && real !== asked) return false;
    return isBelow(within, real);
  }

  /**
   * The same for a path read from /proc, where Linux appends " (deleted)" when the name has gone
   * since. A name may end like that by itself, so only directories are compared; that the last name
   * is no link has been seen to by O_NOFOLLOW.
   */
  function isDescriptorAllowed(link: string, asked: string, within: string): boolean {
    if (symlinks === 'deny') return dirname(link) === dirname(asked) && isBelow(within, link);
    return isAllowed(link, asked, within);
  }

  function describe(
    path: string,
    segments: readonly string[],
    stats: fs.BigIntStats,
    seenAt: number,
  ): CheckedFile {
    if (!stats.isFile()) throw new RefusedError('ERR_XSENDFILE_NOT_A_FILE');
    const relativePath = isBelow(root, path)
      ? path
          .slice(root.length + 1)
          .split(sep)
          .join('/')
      : segments.join('/');
    return { path, relativePath, identity: identityOf(stats), size: Number(stats.size), seenAt };
  }

  async function realPathOf(asked: string, within: string): Promise<string> {
    // The front end opens the name that it is given: with `follow` that is the one in the root.
    if (symlinks === 'follow') return asked;
    const real = await inThreadPool<string>((callback) => fs.realpath.native(asked, callback));
    if (!isAllowed(real, asked, within)) throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
    // Where the disk ignores case, `/ADMIN` is another spelling of `/admin`.
    if (!procfs && real !== asked && real.toLowerCase() === asked.toLowerCase()) {
      throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
    }
    return real;
  }

  async function check(segments: readonly string[], within: string): Promise<CheckedFile> {
    const asked = pathOf(segments);
    const seenAt = Date.now();
    const real = await realPathOf(asked, within);
    return describe(real, segments, await statOf(real), seenAt);
  }

  async function open(
    segments: readonly string[],
    isContentWanted: boolean,
    within: string,
  ): Promise<OpenedFile> {
    const asked = pathOf(segments);
    const seenAt = Date.now();
    if (!procfs) return openBetweenChecks(asked, segments, seenAt, within);
    const descriptor = await openDescriptor(asked, flags);
    try {
      if (symlinks !== 'follow') {
        const link = pathOfDescriptor(descriptor);
        if (link === undefined || !isDescriptorAllowed(link, asked, within)) {
          throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
        }
      }
      const look = isContentWanted
        ? await lookInto(descriptor)
        : { stats: await statOfDescriptor(descriptor) };
      return toOpenedFile(describe(asked, segments, look.stats, seenAt), descriptor, look);
    } catch (error) {
      closeDescriptor(descriptor);
      throw error;
    }
  }

  /** Best effort where descriptors cannot be asked: somebody quick enough can still win. */
  async function openBetweenChecks(
    asked: string,
    segments: readonly string[],
    seenAt: number,
    within: string,
  ): Promise<OpenedFile> {
    const before = await realPathOf(asked, within);
    // A real path has no link at its end, unless somebody has just put one there.
    const descriptor = await openDescriptor(before, symlinks === 'follow' ? flags : NO_LINK_FLAGS);
    try {
      const stats = await statOfDescriptor(descriptor);
      const after = await realPathOf(asked, within);
      const named = await statOf(after, symlinks === 'follow' ? fs.stat : fs.lstat);
      if (after !== before || named.dev !== stats.dev || named.ino !== stats.ino) {
        throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
      }
      return toOpenedFile(describe(asked, segments, stats, seenAt), descriptor, {});
    } catch (error) {
      closeDescriptor(descriptor);
      throw error;
    }
  }

  return Object.freeze({
    path: root,
    pathOf,
    check: (segments: readonly string[], within = root) =>
      check(segments, within).catch(rethrowAsRefusal),
    open: (segments: readonly string[], isContentWanted = true, within = root) =>
      open(segments, isContentWanted, within).catch(rethrowAsRefusal),
  });
}

function statOf(
  path: string,
  stat: typeof fs.stat | typeof fs.lstat = fs.stat,
): Promise<fs.BigIntStats> {
  return inThreadPool((callback) => stat(path, { bigint: true }, callback));
}

/** Each property by its name: to spread an object costs more than anything else here. */
function toOpenedFile(
  { path, relativePath, identity, size, seenAt }: CheckedFile,
  descriptor: number,
  { content, recycle }: Partial<Look>,
): OpenedFile {
  let isOpen = true;
  return {
    path,
    relativePath,
    identity,
    size,
    seenAt,
    descriptor,
    content,
    recycle,
    close() {
      // By the second time the number may be another file's.
      if (isOpen) closeDescriptor(descriptor);
      isOpen = false;
    },
  };
}

/** With the separator: `/srv/files-private` is not below `/srv/files`. */
function isBelow(root: string, path: string): boolean {
  return path.startsWith(root + sep);
}

export function rethrowAsRefusal(error: unknown): never {
  throw error instanceof RefusedError ? error : refusalForFileSystemError(error);
}
