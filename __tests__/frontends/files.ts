import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { contentOf, deepDirectories, names } from './names.js';

export const TEN = Buffer.from('0123456789');
export const LARGE = pseudoRandomBytes(5 * 1024 * 1024);
export const PAGE = Buffer.from('<!doctype html><title>page</title>');
export const PACKED = gzipSync('notes that were packed');
export const SECRET = Buffer.from('nobody may have this');

/** Needs encoding itself. */
export const ROOT_NAME = 'the files (50% mañana)';

/** The files that the tests ask for. */
export interface Files {
  readonly root: string;
  /** A name in every path below and around the root, whatever its encoding. */
  readonly trace: string;
  remove(): void;
}

/** Makes the files, readable for the front end. */
export function createFiles(): Files {
  const umask = process.umask(0o022);
  try {
    const base = mkdtempSync(join(tmpdir(), 'xsendfile-root-'));
    chmodSync(base, 0o755);
    const root = join(base, ROOT_NAME);
    writeTree(root);
    mkdirSync(`${root}-private`);
    writeFileSync(join(`${root}-private`, 'secret.txt'), SECRET);
    writeFileSync(join(base, 'secret.txt'), SECRET);
    return {
      root,
      trace: basename(base),
      remove: () => rmSync(base, { recursive: true, force: true }),
    };
  } finally {
    process.umask(umask);
  }
}

function writeTree(root: string): void {
  const deep = join(root, ...deepDirectories);
  for (const directory of [join(root, 'directory'), join(root, 'names'), deep]) {
    mkdirSync(directory, { recursive: true });
  }
  const contents: Readonly<Record<string, Buffer>> = {
    'ten.txt': TEN,
    'large.bin': LARGE,
    'empty.txt': Buffer.alloc(0),
    'page.html': PAGE,
    'notes.txt.gz': PACKED,
    'backup.tar.gz': PACKED,
    'changing.txt': TEN,
    '.hidden': SECRET,
    'directory/inside.txt': TEN,
  };
  // Apache takes a date for a proof of the bytes only when it is a minute old.
  const anHourAgo = Math.floor(Date.now() / 1000) - 3600;
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(root, name), content);
    utimesSync(join(root, name), anHourAgo, anHourAgo);
  }
  for (const { name } of names) writeFileSync(join(root, 'names', name), contentOf(name));
  writeFileSync(join(deep, 'deep.txt'), TEN);
  writeFileSync(join(root, 'private.txt'), SECRET, { mode: 0o600 });
  symlinkSync('ten.txt', join(root, 'link-inside.txt'));
  symlinkSync('../secret.txt', join(root, 'link-outside.txt'));
  symlinkSync(`${root}-private`, join(root, 'link-sibling'));
  symlinkSync('nowhere', join(root, 'link-dangling.txt'));
}

/** The same in each run, and without a period that a wrong offset could hide behind. */
function pseudoRandomBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let offset = 0; offset < size; offset += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE((state ^ (state >>> 15)) >>> 0, offset);
  }
  return bytes;
}
