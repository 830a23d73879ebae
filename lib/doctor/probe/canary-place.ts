import { createHmac } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIRECTORY_PREFIX } from '../protocol.js';

/** Where the canaries of one run are. */
export interface CanaryPlace {
  /** Name of the directory below the root. */
  readonly name: string;
  /** Its absolute path. */
  readonly path: string;
  /** A directory outside of the root, whose name nobody can guess who does not have the secret. */
  readonly aside: string;
  /** A file in there. */
  readonly outside: string;
  /** What notes are authenticated with. */
  readonly noteKey: Buffer;
}

/** Pure: every process of the application comes to the same. @param key - the probe's first secret. */
export function placeOf(root: string, run: string, key: Buffer): CanaryPlace {
  const name = DIRECTORY_PREFIX + run;
  const derive = (what: string): Buffer =>
    createHmac('sha256', key).update(`${DIRECTORY_PREFIX}${what} ${run}`).digest();
  const aside = join(tmpdir(), DIRECTORY_PREFIX + derive('directory').toString('hex').slice(0, 32));
  return {
    name,
    path: join(root, name),
    aside,
    outside: join(aside, 'outside.txt'),
    noteKey: derive('notes'),
  };
}
