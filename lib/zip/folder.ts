import type { ListedFolder, MembersOfRequest } from '../handlers/member-files.js';
import { aboutMember, BadOptionError, isRefusal } from '../shared/errors.js';
import { count, type Readers, readOptions, unread } from '../shared/option-reader.js';
import type { ListedName } from '../sources/directory/list-directory.js';
import type { FileEntry } from './entries.js';
import { membersOf, type RequestOf, type ZipFiles } from './files.js';
import { partOf } from './names.js';

/** Options of `zip.folder()`. */
export interface FolderOptions<Request = unknown> {
  /** The request for the archive, for the option `within` of the handler. */
  readonly req: Request;
  /** Maximum number of files, and of directories. @default 10000 */
  readonly maxEntries?: number | undefined;
  /** Maximum number of parts of a name: files directly in the folder have one. @default 32 */
  readonly maxDepth?: number | undefined;
}

const OPTIONS = {
  req: unread<unknown>,
  maxEntries: count(10_000),
  maxDepth: count(32),
} satisfies Readers<FolderOptions>;

/**
 * Lists all files in a folder and its subfolders as entries for `zip()`, sorted by name, with names relative to the
 * folder. What requests could not get is left out: dotfiles, links to the outside, anything special; but `allow`
 * decides later, in `zip()`.
 *
 * @param path - relative to the root of the handler, decoded.
 * @throws {@link RefusedError} (as a rejection) if the folder, or a directory in it, cannot be read; its `member` names
 * the directory. {@link BadOptionError} if there are more files or directories than the options allow.
 */
export async function folder<Files extends ZipFiles>(
  files: Files,
  path: string | readonly string[],
  options: FolderOptions<RequestOf<Files>>,
): Promise<FileEntry[]> {
  const caller = 'zip.folder';
  const { req, maxEntries, maxDepth } = readOptions(caller, options, OPTIONS);
  const members = membersOf(files, caller)(req, '');
  const top = await members.list(path);
  const entries: FileEntry[] = [];
  let directories = 0;

  function add(segments: readonly string[], names: readonly string[]): void {
    if (entries.length >= maxEntries) {
      throw passed('maxEntries', `has more than ${maxEntries} files`, top.segments);
    }
    entries.push({ path: segments, name: names.map(partOf).join('/') });
  }

  /** @param above - the real paths of this directory and those above it. */
  async function walk(
    { segments, names: listed }: ListedFolder,
    names: readonly string[],
    above: readonly string[],
  ): Promise<void> {
    if (names.length >= maxDepth) {
      throw passed('maxDepth', `is more than ${maxDepth} directories deep`, segments);
    }
    // Links can make a few directories look like any number of them, without a file.
    directories += 1;
    if (directories > maxEntries) {
      throw passed('maxEntries', `has more than ${maxEntries} directories`, top.segments);
    }
    for (const listedName of [...listed].sort(byName)) {
      const below = [...segments, listedName.name];
      const namesBelow = [...names, listedName.name];
      if (await isFile(listedName, below, members)) {
        add(below, namesBelow);
        continue;
      }
      const directory = await listBelow(listedName, below, members);
      // A link may lead back to a directory that it is in.
      if (directory === undefined || above.includes(directory.path)) continue;
      await walk(directory, namesBelow, [...above, directory.path]);
    }
  }

  await walk(top, [], [top.path]);
  return entries;
}

/** By code unit, which does not depend on a language. */
function byName({ name: one }: ListedName, { name: other }: ListedName): number {
  return one < other ? -1 : 1;
}

async function isFile(
  { name, kind }: ListedName,
  segments: readonly string[],
  members: MembersOfRequest,
): Promise<boolean> {
  if (kind === 'directory') return false;
  // A name that is not UTF-8 names nothing.
  if (kind === 'file' && !name.includes('\uFFFD')) return true;
  return (await unlessRefused(() => members.check(segments))) !== undefined;
}

/** Lists a directory; undefined for what requests cannot get. */
async function listBelow(
  { kind }: ListedName,
  segments: readonly string[],
  members: MembersOfRequest,
): Promise<ListedFolder | undefined> {
  try {
    return await unlessRefused(() => members.list(segments), kind === 'directory');
  } catch (error) {
    throw isRefusal(error) ? aboutMember(error, segments.join('/')) : error;
  }
}

/** @param isReadable - whether it is an error if permissions are missing: it is not a link to anywhere. */
async function unlessRefused<Result>(
  call: () => Promise<Result>,
  isReadable = false,
): Promise<Result | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!isRefusal(error) || error.status >= 500) throw error;
    if (isReadable && (error.errno === 'EACCES' || error.errno === 'EPERM')) throw error;
    return undefined;
  }
}

function passed(
  option: keyof FolderOptions,
  problem: string,
  segments: readonly string[],
): BadOptionError {
  const path = segments.join('/');
  const message = `zip.folder: ${JSON.stringify(path)} ${problem}. Raise ${option}, or archive less.`;
  return aboutMember(new BadOptionError(message, { option }), path);
}
