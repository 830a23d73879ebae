import { createHash } from 'node:crypto';

/** Files that the doctor asks for; whoever knows the name knows size and content. */
export interface Canary {
  /** What it is asked for by, in URLs: how names fare there is another question. */
  readonly key: string;
  /** Below the directory of the run. */
  readonly segments: readonly string[];
  readonly size: number;
}

const SMALL = 1000;
/** More than what any server or kernel keeps in its buffers: a download that stops shows. */
const LARGE = 5 * 1024 * 1024;
/** Of a path, in bytes; what is left of Linux's 4096 is for the file's own name. */
const LONGEST_DIRECTORY = 3700;
/** 255 bytes, the longest name there is; 765 when it is percent-encoded. */
const LONG_NAME = '是'.repeat(85);

/** An ordinary file. */
export const PLAIN_FILE: Canary = { key: 'plain', segments: ['plain.txt'], size: SMALL };
/** A file that takes time. */
export const BULKY: Canary = { key: 'large', segments: ['large.bin'], size: LARGE };
/** A file with the permissions that the application's own files get. */
export const WRITTEN: Canary = { key: 'written', segments: ['written.txt'], size: SMALL };

/** Names that a wrong encoding breaks; each is alike to what a wrong decoding would look for. */
export const NAMES: readonly { readonly what: string; readonly canary: Canary }[] = [
  ['a blank', 'a b.txt'],
  ['a percent sign', '100%.txt'],
  ['a literal "%20"', 'a%20b.txt'],
  ['an umlaut (NFC)', 'äöü.txt'.normalize('NFC')],
  ['an umlaut (NFD)', 'äöü.txt'.normalize('NFD')],
  ['a question mark', 'what?.txt'],
  ['a hash', 'a#b.txt'],
  ['a semicolon', 'a;b.txt'],
  ['a plus sign', 'a+b.txt'],
  ['an ampersand', 'a&b.txt'],
  ['quotation marks', `"it's".txt`],
  ['a backslash', 'a\\b.txt'],
  ['an emoji', '😀.txt'],
  ['a leading dash', '-rf.txt'],
].map(([what = '', name = ''], index) => ({
  what,
  canary: { key: `name-${index}`, segments: ['names', name], size: SMALL },
}));

/** A file whose path is as long as paths can be. @param directory - absolute path of the run's. */
export function longCanary(directory: string): Canary {
  const room = LONGEST_DIRECTORY - Buffer.byteLength(directory);
  const depth = Math.max(1, Math.floor(room / (Buffer.byteLength(LONG_NAME) + 1)));
  return {
    key: 'long',
    segments: [...Array<string>(depth).fill(LONG_NAME), 'deep.txt'],
    size: SMALL,
  };
}

/** All of them. @param directory - absolute path of the run's. */
export function allCanaries(directory: string): readonly Canary[] {
  return [PLAIN_FILE, BULKY, WRITTEN, longCanary(directory), ...NAMES.map(({ canary }) => canary)];
}

/** Without a period that a wrong offset could hide behind, and another one for each name. */
export function canaryContent({ segments, size }: Canary): Buffer {
  const seed = createHash('sha256').update(segments.join('/')).digest();
  const bytes = Buffer.alloc(size);
  let state = seed.readUInt32LE(0);
  for (let offset = 0; offset + 4 <= size; offset += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE((state ^ (state >>> 15)) >>> 0, offset);
  }
  return bytes;
}
