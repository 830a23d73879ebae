import { types } from 'node:util';
import type { FoundMember, MembersOfRequest } from '../handlers/member-files.js';
import { aboutMember, BadOptionError, isRefusal, RefusedError } from '../shared/errors.js';
import { show, showType } from '../shared/option-checks.js';
import {
  checked,
  Option,
  type Read,
  type Readers,
  readOptions,
  unread,
} from '../shared/option-reader.js';
import type { Content } from '../types.js';
import { bytesMember, contentMember } from './content-member.js';
import { fileMember, type Stated } from './file-member.js';
import type { Member } from './member.js';
import { faultOfName, NameSet, partOf } from './names.js';

/** A file of the handler in an archive. */
export interface FileEntry {
  /** Path of the file relative to the root of the handler, decoded; checked as for `send()`. */
  readonly path: string | readonly string[];
  /** Instead of a path. */
  readonly content?: undefined;
  /** Name in the archive, with `/` between its parts. @default the file's own name */
  readonly name?: string | undefined;
  /** Time of last modification in the archive. @default the file's */
  readonly mtime?: Date | undefined;
  /** CRC-32 of the bytes, if it is known, such as in a database. It is not checked. @default computed */
  readonly crc32?: number | undefined;
}

/** Content in an archive that is not a file of the handler. */
export interface ContentEntry {
  /** Instead of content. */
  readonly path?: undefined;
  /**
   * The bytes, or a description with a function that reads them, as for `sendContent()`; its `size` must be known.
   * Without an `etag`, the archive has none, and interrupted downloads cannot be resumed.
   */
  readonly content: Uint8Array | ArchivedContent;
  /** Name in the archive, with `/` between its parts. @default the name of the content */
  readonly name?: string | undefined;
  /** Time of last modification. @default the content's, or else 1980-01-01, so that the same archive has the same bytes */
  readonly mtime?: Date | undefined;
  /** CRC-32 of the bytes, if it is known. It is not checked. @default computed */
  readonly crc32?: number | undefined;
}

/** Content for an archive; see {@link ContentEntry.content}. */
export interface ArchivedContent
  extends Omit<Content, 'name' | 'size'>,
    Partial<Pick<Content, 'name'>> {
  /** In bytes. */
  readonly size: number;
}

/** An entry of an archive: a file of the handler, or other content. */
export type ZipEntry = FileEntry | ContentEntry;

/** An entry that was left out, see {@link ZipOptions.onRefused}. */
export interface SkippedEntry {
  /** Position in the list of entries. */
  readonly index: number;
  /** Path of the file, as it was given. */
  readonly path: string | readonly string[];
  /** Name that it would have in the archive. */
  readonly name: string;
  /** Why: what `send()` would reject with. */
  readonly error: RefusedError;
}

/** Beginning of the time of MS-DOS. */
const FIXED_TIME_MS = Date.UTC(1980, 0, 1);

const DATE = checked<Date>(
  'a Date',
  (value) => types.isDate(value) && !Number.isNaN(value.getTime()),
);
const NAME = checked<string>('a name', (value) => typeof value === 'string');

const ENTRY = {
  path: unread<FileEntry['path']>,
  content: unread<ContentEntry['content'] | undefined>,
  name: NAME,
  mtime: DATE,
  crc32: checked<number>(
    'a whole number of 32 bits',
    (value) => typeof value === 'number' && value >>> 0 === value,
  ),
} satisfies Readers<FileEntry>;

const CONTENT = {
  name: NAME,
  size: (value, option) => {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw option.wrong('a number of bytes', value);
  },
  mtime: DATE,
  etag: checked<string>('a non-empty string', (value) => typeof value === 'string' && value !== ''),
  type: unread<string | undefined>,
  read: (value, option) => {
    if (typeof value === 'function') return value as Content['read'];
    throw option.wrong('a function that returns the bytes as an async iterable', value);
  },
} satisfies Readers<ArchivedContent>;

type ReadEntry = Read<typeof ENTRY>;

/** An entry whose properties were checked. */
export interface CheckedEntry {
  readonly name: string;
  readonly path: FileEntry['path'] | undefined;
  /** Makes the member. */
  readonly toMember: (files: MembersOfRequest) => Promise<Member>;
}

/**
 * Checks the entries of an archive: the properties of each, and all names together. Nothing is opened.
 *
 * @throws {@link BadOptionError}
 */
export function readEntries(entries: unknown): readonly CheckedEntry[] {
  if (!Array.isArray(entries)) {
    throw new BadOptionError(`zip: entries must be a list, got ${showType(entries)}.`);
  }
  const names = new NameSet();
  return entries.map((given, index) => {
    const place = `entries[${index}]`;
    const entry = readEntry(given, place);
    const option = new Option('zip', `${place}.name`);
    const fault = faultOfName(entry.name);
    if (fault !== undefined) throw option.error(`${option.name} ${fault}: ${show(entry.name)}.`);
    const other = names.add(entry.name);
    if (other === undefined) return entry;
    throw option.error(
      `${option.name} is in conflict with another name: ${show(entry.name)}, ${show(other)}. Some systems cannot have both.`,
    );
  });
}

function readEntry(given: unknown, place: string): CheckedEntry {
  const entry = readOptions(`zip: ${place}`, given, ENTRY, `${place}.`);
  if ((entry.path === undefined) === (entry.content === undefined)) {
    throw new Option('zip', place).error(`${place} must have either path or content.`);
  }
  return entry.content === undefined ? readFile(entry) : readContent(entry.content, entry, place);
}

function readFile({ path, name = nameOfPath(path), mtime, crc32 }: ReadEntry): CheckedEntry {
  return {
    name,
    path,
    async toMember(files) {
      const found = await files.find(path);
      const mtimeMs = mtime?.getTime() ?? mtimeOf(found);
      return fileMember(files, found, { name, size: found.size, mtimeMs, crc32 });
    },
  };
}

function mtimeOf({ identity }: FoundMember): number {
  return Number(identity.mtimeNs / 1_000_000n);
}

/** A path that is none is refused later, like any other that a client may have sent. */
function nameOfPath(path: unknown): string {
  const names = typeof path === 'string' ? path.split('/') : path;
  const last: unknown = Array.isArray(names) ? names.at(-1) : undefined;
  return partOf(typeof last === 'string' ? last : '');
}

function readContent(given: unknown, entry: ReadEntry, place: string): CheckedEntry {
  // Not by `instanceof`, which fails for bytes of another realm.
  if (types.isUint8Array(given)) {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    const stated = state(entry, {}, bytes.length, place);
    return { ...stated, path: undefined, toMember: async () => bytesMember(bytes, stated) };
  }
  const content = readOptions(`zip: ${place}.content`, given, CONTENT, `${place}.content.`);
  const stated = state(entry, content, content.size, place);
  return { ...stated, path: undefined, toMember: async () => contentMember(content, stated) };
}

function state(
  { name, mtime, crc32 }: ReadEntry,
  content: { readonly name?: string | undefined; readonly mtime?: Date | undefined },
  size: number,
  place: string,
): Stated {
  const given = name ?? content.name;
  if (given === undefined) {
    const option = new Option('zip', `${place}.name`);
    throw option.error(`${option.name} is missing: content has no name.`);
  }
  const mtimeMs = (mtime ?? content.mtime)?.getTime() ?? FIXED_TIME_MS;
  return { name: given, size, mtimeMs, crc32 };
}

/** Members of an archive, and what was left out. */
export interface Members {
  readonly members: readonly Member[];
  readonly skipped: readonly SkippedEntry[];
}

/**
 * Finds the members, one after the other.
 *
 * @param isSkipping - whether refused ones are left out.
 * @throws {@link RefusedError} with the name of the member, and what option functions throw.
 */
export async function findMembers(
  entries: readonly CheckedEntry[],
  files: MembersOfRequest,
  isSkipping: boolean,
): Promise<Members> {
  const members: Member[] = [];
  const skipped: SkippedEntry[] = [];
  for (const [index, { name, path, toMember }] of entries.entries()) {
    try {
      members.push(await toMember(files));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // One of its own, because `allow` may throw the same error for other files and requests.
      const { code, cause = error, headers } = error;
      const refusal = aboutMember(new RefusedError(code, { cause, headers }), name);
      // An overloaded server is not a decision about a file.
      if (!isSkipping || path === undefined || error.status >= 500) throw refusal;
      skipped.push(Object.freeze({ index, path, name, error: refusal }));
    }
  }
  return { members, skipped: Object.freeze(skipped) };
}
