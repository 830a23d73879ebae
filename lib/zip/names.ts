import { cleanFilename, isCleanFilename } from '../representation/content-disposition.js';

/** Maximum bytes of a whole name: the format has 16 bits for it. */
const MAX_NAME_BYTES = 65_535;

/** A drive, as in `C:\` or `c:file`. */
const DRIVE = /^[a-z]:/i;

/**
 * Explains what is wrong with the name of an entry; undefined if nothing is.
 *
 * The parts of the name must be file names as clients get them: visible, without bidirectional controls, at most 255
 * bytes. A reader must not leave the directory that it unpacks into, on any system.
 */
export function faultOfName(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.startsWith('/') || DRIVE.test(name)) return 'is absolute';
  if (name.includes('\\')) return 'has a backslash, which separates names on Windows';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return 'is longer than 65535 bytes';
  const parts = name.split('/');
  if (parts.includes('')) return 'has an empty part';
  if (parts.some((part) => part === '.' || part === '..')) return 'has a part . or ..';
  if (!parts.every(isCleanFilename)) {
    return 'has control characters, or a part of more than 255 bytes';
  }
  return undefined;
}

/** Returns the name of a file as it can be part of the name of an entry: changed only if it must be. */
export function partOf(filename: string): string {
  return faultOfName(filename) === undefined && !filename.includes('/')
    ? filename
    : cleanFilename(filename).replace(DRIVE, (drive) => drive.replace(':', '_'));
}

/**
 * Finds names that some systems cannot unpack beside each other: the same name, also by letter case and Unicode normal
 * form, and a file that another name has as a directory.
 */
export class NameSet {
  readonly #files = new Map<string, string>();
  /** A name below each directory. */
  readonly #directories = new Map<string, string>();

  /** Adds a name; returns the earlier one that it is in conflict with, or undefined. */
  add(name: string): string | undefined {
    const key = fold(name);
    const directories: string[] = [];
    for (let end = key.indexOf('/'); end !== -1; end = key.indexOf('/', end + 1)) {
      directories.push(key.slice(0, end));
    }
    for (const path of [key, ...directories]) {
      const file = this.#files.get(path);
      if (file !== undefined) return file;
    }
    const below = this.#directories.get(key);
    if (below !== undefined) return below;
    this.#files.set(key, name);
    for (const path of directories) this.#directories.set(path, name);
    return undefined;
  }
}

/** Upper case first: `ß` and `SS`, or the two forms of a small sigma, are the same name on some systems. */
function fold(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}
