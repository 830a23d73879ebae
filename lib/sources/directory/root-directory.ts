import * as fs from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { isRefusal, RefusedError, refusalForFileSystemError } from '../../shared/errors.js';
import type { DotfilePolicy, SymlinkPolicy } from '../../types.js';
import { identityOf } from '../identity.js';
import type { Memo } from '../memo.js';
import { type Body, type FoundFile, NO_FACTS, type OpenedFile } from '../source.js';
import {
  closeDescriptor,
  closeDescriptorNow,
  hasProcFd,
  openDescriptor,
  pathOfDescriptor,
  readAndStat,
  type StatAndContent,
  statOfDescriptor,
} from './descriptor.js';
import { inThreadPool } from './fs-batch.js';
import { type DirectoryListing, listDirectory } from './list-directory.js';
import { localDeviceOf } from './local-device.js';

/** Windows lacks the last two flags; there they are undefined, which `|` treats as 0. */
const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

const NO_LINK_FLAGS = OPEN_FLAGS | fs.constants.O_NOFOLLOW;

/** Files below one directory, and the rules for which of them requests can get. */
export interface RootDirectory {
  /** Absolute path of the root, without symbolic links. */
  readonly path: string;
  /**
   * Returns the absolute path for these segments, whether or not a file exists there.
   *
   * @throws {@link RefusedError} 403 or 404, by the dotfile policy.
   */
  pathOf(segments: readonly string[]): string;
  /**
   * Finds a file that the front end will open.
   *
   * @param within - absolute path of the directory that its real path must be below; the root by default.
   * @throws {@link RefusedError} 403, 404, 500 or 503.
   */
  check(segments: readonly string[], within?: string): Promise<FoundFile>;
  /**
   * Opens a file, then checks the descriptor: the file that was checked is the one that is read.
   *
   * @param isContentWanted - whether to read a small file immediately.
   * @param within - absolute path of the directory that its real path must be below; the root by default.
   * @throws {@link RefusedError} 403, 404, 500 or 503; nothing is left open then.
   */
  open(
    segments: readonly string[],
    isContentWanted?: boolean,
    within?: string,
  ): Promise<OpenedFile>;
  /**
   * Lists a directory.
   *
   * @param within - absolute path of the directory that its real path must be, or be below; the root by default.
   * @throws {@link RefusedError} 403, 404, 500 or 503.
   */
  list(segments: readonly string[], within?: string): Promise<DirectoryListing>;
}

/** Policies of a root directory. */
export interface RootPolicies {
  readonly dotfiles: DotfilePolicy;
  readonly symlinks: SymlinkPolicy;
}

/**
 * @param root - absolute real path of an existing directory.
 * @param procfs - whether /proc/self/fd is available; set by tests only.
 */
export function createRootDirectory(
  root: string,
  { dotfiles, symlinks }: RootPolicies,
  procfs: boolean = hasProcFd(),
): RootDirectory {
  const localDevice = localDeviceOf(root);
  // Until a file of another device shows that something is mounted below the root.
  let isLocal = procfs && localDevice !== undefined;
  // Without /proc, the real path is opened, which does not end with a link, unless one has just been created there.
  const isLinkOpened = symlinks === 'follow' || (symlinks === 'inside' && procfs);
  const flags = isLinkOpened ? OPEN_FLAGS : NO_LINK_FLAGS;

  function pathOf(segments: readonly string[]): string {
    if (dotfiles !== 'allow' && segments.some((name) => name.startsWith('.'))) {
      throw new RefusedError(
        dotfiles === 'deny' ? 'ERR_XSENDFILE_DOTFILE_DENIED' : 'ERR_XSENDFILE_DOTFILE_IGNORED',
      );
    }
    return join(root, ...segments);
  }

  /** Whether a real path is allowed for a requested path; with `follow`, all are. */
  function isAllowed(real: string, requested: string, within: string): boolean {
    if (symlinks === 'deny' && real !== requested) return false;
    return isBelow(within, real);
  }

  /**
   * The same for a path read from /proc, where Linux appends " (deleted)" if the name has been removed
   * since. A file name may also end like that, so only directories are compared; O_NOFOLLOW has
   * already ruled out that the last name is a link.
   */
  function isDescriptorAllowed(link: string, requested: string, within: string): boolean {
    if (symlinks === 'deny') return dirname(link) === dirname(requested) && isBelow(within, link);
    return isAllowed(link, requested, within);
  }

  function describe(
    path: string,
    segments: readonly string[],
    stats: fs.BigIntStats,
    checkedAtMs: number,
  ): FoundFile {
    if (!stats.isFile()) throw new RefusedError('ERR_XSENDFILE_NOT_A_FILE');
    const relativePath = isBelow(root, path)
      ? path.slice(root.length + 1).replaceAll(sep, '/')
      : segments.join('/');
    return {
      path,
      relativePath,
      identity: identityOf(stats),
      size: Number(stats.size),
      checkedAtMs,
      facts: NO_FACTS,
      memo: undefined,
    };
  }

  async function realPathOf(requested: string, within: string): Promise<string> {
    // The front end opens the path that it is given: with `follow`, the one in the root.
    if (symlinks === 'follow' && procfs) return requested;
    const real = await inThreadPool<string>((callback) => fs.realpath.native(requested, callback));
    // On file systems of macOS and Windows, `/ADMIN` is another spelling of `/admin`, which a guard may not know.
    if (!procfs && real !== requested && fold(real) === fold(requested)) {
      throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
    }
    if (symlinks === 'follow') return requested;
    if (!isAllowed(real, requested, within)) throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
    return real;
  }

  async function check(segments: readonly string[], within = root): Promise<FoundFile> {
    const requested = pathOf(segments);
    const checkedAtMs = Date.now();
    const real = await realPathOf(requested, within);
    return describe(real, segments, await statOf(real), checkedAtMs);
  }

  async function open(
    segments: readonly string[],
    isContentWanted = true,
    within = root,
  ): Promise<OpenedFile> {
    const requested = pathOf(segments);
    const checkedAtMs = Date.now();
    const path = procfs ? requested : await realPathOf(requested, within);
    const descriptor = await openDescriptor(path, flags);
    try {
      if (procfs && symlinks !== 'follow') {
        const link = pathOfDescriptor(descriptor);
        if (link === undefined || !isDescriptorAllowed(link, requested, within)) {
          throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
        }
      }
      const { stats, content, recycle }: StatAndContent =
        procfs && isContentWanted
          ? await readAndStat(descriptor, isLocal)
          : { stats: await statOfDescriptor(descriptor, isLocal) };
      if (stats.dev !== localDevice) isLocal = false;
      if (!procfs) await checkStill(path, requested, stats, within);
      return toOpenedFile(
        describe(requested, segments, stats, checkedAtMs),
        content === undefined
          ? { kind: 'descriptor', descriptor }
          : { kind: 'bytes', bytes: content, recycle },
        closeOnce(descriptor, isLocal && content !== undefined),
        undefined,
      );
    } catch (error) {
      closeDescriptor(descriptor);
      throw error;
    }
  }

  /** Best effort on systems without /proc: an attacker who is fast enough can still win the race. */
  async function checkStill(
    opened: string,
    requested: string,
    { dev, ino }: fs.BigIntStats,
    within: string,
  ): Promise<void> {
    const real = await realPathOf(requested, within);
    const named = await statOf(real, symlinks === 'follow' ? fs.stat : fs.lstat);
    /* v8 ignore next -- only an attacker who wins a race gets here */
    if (real !== opened || named.dev !== dev || named.ino !== ino) {
      throw new RefusedError('ERR_XSENDFILE_OUTSIDE_ROOT');
    }
  }

  return Object.freeze({
    path: root,
    pathOf,
    check: (...args) => check(...args).catch(rethrowAsRefusal),
    open: (...args) => open(...args).catch(rethrowAsRefusal),
    list: async (segments, within = root) =>
      listDirectory(pathOf(segments), { symlinks, within, procfs }).catch(rethrowAsRefusal),
  } satisfies RootDirectory);
}

function statOf(
  path: string,
  stat: typeof fs.stat | typeof fs.lstat = fs.stat,
): Promise<fs.BigIntStats> {
  return inThreadPool((callback) => stat(path, { bigint: true }, callback));
}

/**
 * Adds the bytes to a file that has been found.
 *
 * Names each property: a spread would take more time than everything else here, and give each file a hidden
 * class of its own, 700 bytes.
 */
export function toOpenedFile(
  { path, relativePath, identity, size, checkedAtMs, facts }: FoundFile,
  body: Body,
  close: () => void,
  memo: Memo | undefined,
): OpenedFile {
  return {
    path,
    relativePath,
    identity,
    size,
    checkedAtMs,
    facts,
    body,
    decision: undefined,
    close,
    memo,
  };
}

/** @param isFast - whether no thread reads from it, and closing it waits for nothing, even if that deletes the file. */
function closeOnce(descriptor: number, isFast: boolean): () => void {
  let isOpen = true;
  return () => {
    // After the first close, the number may belong to another file.
    if (!isOpen) return;
    isOpen = false;
    if (isFast) closeDescriptorNow(descriptor);
    else closeDescriptor(descriptor);
  };
}

/** The same string for all spellings of a name that file systems may take for one: letter case, Unicode forms. */
function fold(path: string): string {
  return path.normalize('NFD').toUpperCase().toLowerCase();
}

/** Compares with the separator: `/srv/files-private` is not below `/srv/files`. */
function isBelow(root: string, path: string): boolean {
  return path.startsWith(root + sep);
}

export function rethrowAsRefusal(error: unknown): never {
  throw isRefusal(error) ? error : refusalForFileSystemError(error);
}
