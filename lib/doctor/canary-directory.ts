import { rmSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { allCanaries, BULKY, type Canary, contentOf, PLAIN, WRITTEN } from './canaries.js';
import { DIRECTORY_PREFIX, MAX_RUN_MS } from './protocol.js';

const NOTES = 'notes.jsonl';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Where the canaries of one run are. */
export interface CanaryPlace {
  /** Name of the directory below the root. */
  readonly name: string;
  /** Its absolute path. */
  readonly path: string;
  /** A file outside of the root. */
  readonly outside: string;
}

/** Pure: every process of the application comes to the same. */
export function placeOf(root: string, run: string): CanaryPlace {
  const name = DIRECTORY_PREFIX + run;
  return { name, path: join(root, name), outside: join(tmpdir(), `${name}.txt`) };
}

/**
 * Makes the canaries, as readable as the root directory is.
 *
 * @returns names of those that this file system does not take.
 * @throws what `node:fs` throws when nothing can be written.
 */
export async function createCanaries(root: string, place: CanaryPlace): Promise<readonly string[]> {
  await removeLeftovers(root);
  const { mode, gid } = await stat(root);
  const likeRoot = { directory: mode & 0o777, file: mode & 0o666, gid };
  await mkdir(place.path);
  keepUntil(place, MAX_RUN_MS);
  await open(place.path, likeRoot.directory, gid);
  const missing: string[] = [];
  const canaries = allCanaries(place.path).filter((each) => each !== WRITTEN);
  for (const canary of canaries) {
    try {
      await write(place.path, canary, likeRoot);
    } catch (error) {
      if (canary === PLAIN || canary === BULKY) throw error;
      missing.push(canary.key);
    }
  }
  await writeFile(join(place.path, ...WRITTEN.segments), contentOf(WRITTEN));
  await writeFile(place.outside, contentOf(PLAIN), { mode: 0o644 });
  await chmod(place.outside, 0o644);
  return missing;
}

async function write(
  directory: string,
  canary: Canary,
  { directory: mode, file, gid }: { directory: number; file: number; gid: number },
): Promise<void> {
  let path = directory;
  for (const name of canary.segments.slice(0, -1)) {
    path = join(path, name);
    const isNew = await mkdir(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        return false;
      },
    );
    if (isNew) await open(path, mode, gid);
  }
  path = join(path, canary.segments.at(-1) ?? '');
  await writeFile(path, contentOf(canary));
  await open(path, file, gid);
}

/** Another group than one's own may be refused; then the mode alone has to do. */
async function open(path: string, mode: number, gid: number): Promise<void> {
  await chown(path, -1, gid).catch(() => {});
  await chmod(path, mode);
}

/** The first part of a file's path that users other than its owner cannot pass; undefined if all can. */
export async function findClosed(place: CanaryPlace): Promise<string | undefined> {
  const file = join(place.path, ...PLAIN.segments);
  const parts = [file];
  for (let path = dirname(file); path !== dirname(path); path = dirname(path)) parts.unshift(path);
  for (const part of parts) {
    const needed = part === file ? 0o004 : 0o001;
    if (((await stat(part)).mode & needed) === 0) return part;
  }
  return undefined;
}

/** Notes are kept on disk: the next request may be another process's. The front end cannot read them. */
export async function addNote({ path }: CanaryPlace, note: object): Promise<void> {
  const options = { mode: 0o600, flag: 'a' };
  // Without a directory the run is over, and nobody will ask.
  await appendFile(join(path, NOTES), `${JSON.stringify(note)}\n`, options).catch(() => {});
}

export async function readNotes({ path }: CanaryPlace): Promise<readonly unknown[]> {
  const text = await readFile(join(path, NOTES), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Functions that remove what this process has made, by path. */
const kept = new Map<string, () => void>();

function keepUntil(place: CanaryPlace, milliseconds: number): void {
  const timer = setTimeout(() => void removeCanaries(place), milliseconds);
  timer.unref();
  if (kept.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, endBySignal);
  }
  kept.set(place.path, () => clearTimeout(timer));
}

/** How many runs there are below a root, as far as this process has begun them. */
export function countRuns(root: string): number {
  return [...kept.keys()].filter((path) => dirname(path) === root).length;
}

export async function removeCanaries(place: CanaryPlace): Promise<void> {
  forget(place.path);
  await rm(place.path, { recursive: true, force: true });
  await rm(place.outside, { force: true });
}

function forget(path: string): void {
  kept.get(path)?.();
  if (!kept.delete(path) || kept.size > 0) return;
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, endBySignal);
}

function removeAll(): void {
  for (const path of [...kept.keys()]) {
    forget(path);
    rmSync(path, { recursive: true, force: true });
    rmSync(join(tmpdir(), `${basename(path)}.txt`), { force: true });
  }
}

/** A signal that nobody else listens to has to end the process as it would have without us. */
function endBySignal(signal: NodeJS.Signals): void {
  removeAll();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** What a process has left behind that was killed. */
async function removeLeftovers(root: string): Promise<void> {
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^xsendfile-doctor-[0-9a-f]{32}$/.test(entry.name)) continue;
    const path = join(root, entry.name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 2 * MAX_RUN_MS) await rm(path, { recursive: true, force: true });
  }
}
