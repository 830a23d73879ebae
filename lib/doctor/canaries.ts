import { createHash } from 'node:crypto';

/** A file that the doctor requests; its name determines size and content. */
export interface Canary {
  /** Names it in URLs, whose encoding is tested elsewhere. */
  readonly key: string;
  /** Below the directory of the run. */
  readonly segments: readonly string[];
  readonly size: number;
}

const SMALL = 1000;
/** More than any server or kernel buffers: a download that stops shows. */
const LARGE = 5 * 1024 * 1024;
/** Of a path, in bytes; the rest of Linux's 4096 is for the file's own name. */
const LONGEST_DIRECTORY = 3700;
/** 255 bytes, the longest name there is; 765 when it is percent-encoded. */
const LONG_NAME = '是'.repeat(85);

/** An ordinary file. */
export const PLAIN_FILE: Canary = { key: 'plain', segments: ['plain.txt'], size: SMALL };
/** A file that takes time to send. */
export const BULKY: Canary = { key: 'large', segments: ['large.bin'], size: LARGE };
/** A file with the permissions that the application's own files get. */
export const WRITTEN: Canary = { key: 'written', segments: ['written.txt'], size: SMALL };

/** File names that a wrong encoding breaks; each resembles what a wrong decoding would open. */
export const NAMES: readonly { readonly what: string; readonly canary: Canary }[] = [
  ['a space', 'a b.txt'],
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

/** Content without a period, which would hide a wrong offset; different for each name. */
export function canaryContent({ segments, size }: Canary): Buffer {
  const seed = createHash('sha256').update(segments.join('/')).digest();
  const bytes = Buffer.alloc(size);
  let state = seed.readUInt32LE(0);
  // Looking it up in the loop is slow where the global object is a proxy, as in Jest.
  const { imul } = Math;
  for (let offset = 0; offset + 4 <= size; offset += 4) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE((state ^ (state >>> 15)) >>> 0, offset);
  }
  return bytes;
}
