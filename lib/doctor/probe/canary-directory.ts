import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  allCanaries,
  BULKY,
  type Canary,
  canaryContent,
  PLAIN_FILE,
  WRITTEN,
} from '../canaries.js';
import { DIRECTORY_PREFIX, MAX_RUN_MS, type Opened } from '../protocol.js';
import { type Permissions, removeNow, setOwnMode, writeNew } from './exclusive-files.js';
import { createRecord, fillRecord, isOwn, outsideOf, spendRecord } from './run-record.js';

const LEFTOVER = /^xsendfile-doctor-[0-9a-f]{32}$/;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Directory of the canaries of one run. */
export interface CanaryPlace {
  readonly root: string;
  /** Name of the directory below the root. */
  readonly name: string;
  /** Its absolute path. */
  readonly path: string;
  /** A directory outside of the root, for what is not to be sent. */
  readonly record: string;
  /** A file in there. */
  readonly outside: string;
}

/** Pure: every process of the application derives the same. */
export function placeOf(root: string, run: string): CanaryPlace {
  const name = DIRECTORY_PREFIX + run;
  const digest = createHash('sha256').update(`${root}\0${run}`).digest('hex').slice(0, 32);
  const record = join(tmpdir(), DIRECTORY_PREFIX + digest);
  return { root, name, path: join(root, name), record, outside: outsideOf(record) };
}

/** Directories that this process has opened and must remove, by path; no timer while there are none. */
const runs = new Map<string, OwnRun>();

interface OwnRun extends CanaryPlace {
  readonly timer?: NodeJS.Timeout;
  readonly stopWatching?: () => void;
}

/** Counts a run in before anything is awaited, so that requests at the same time cannot pass the limit. */
export function reserveRun(place: CanaryPlace, limit: number): 'reserved' | 'opened' | 'full' {
  if (runs.has(place.path)) return 'opened';
  const others = [...runs.values()].filter(({ root }) => root === place.root);
  if (others.length >= limit) return 'full';
  remember(place);
  return 'reserved';
}

/**
 * Makes the canaries of a reserved run, as readable as the root directory is.
 *
 * @param watch - called when the run is opened. @returns what ends the watch
 * @returns keys of those that this file system does not support; undefined if the run has been opened
 * before: nothing is changed then.
 * @throws what `node:fs` throws when nothing can be written; nothing is left then.
 */
export async function createCanaries(
  place: CanaryPlace,
  watch: () => () => void,
): Promise<Pick<Opened, 'missing' | 'closedTo'> | undefined> {
  let isCreated = false;
  try {
    isCreated = await createDirectories(place);
  } finally {
    if (!isCreated) forget(place.path);
  }
  if (!isCreated) return undefined;
  const timer = setTimeout(() => void removeCanaries(place).catch(() => {}), MAX_RUN_MS).unref();
  remember({ ...place, timer, stopWatching: watch() });
  try {
    return { missing: await fill(place), closedTo: await findClosed(place) };
  } catch (error) {
    await removeCanaries(place).catch(() => {});
    throw error;
  }
}

/** @returns false if the run has been opened before. */
async function createDirectories({ root, path, record }: CanaryPlace): Promise<boolean> {
  await removeLeftovers(root);
  // Not every system lets it be listed.
  await removeLeftovers(tmpdir()).catch(() => {});
  if (!(await createRecord(record))) return false;
  try {
    // Closed to others until everything is in there, so that they can put nothing in the way.
    await mkdir(path, 0o700);
  } catch (error) {
    await rm(record, { recursive: true, force: true });
    throw error;
  }
  return true;
}

async function fill({ root, path, record }: CanaryPlace): Promise<readonly string[]> {
  const { mode, gid } = await stat(root);
  // Others may read and pass them, as the root, but not write to them.
  const directory = { mode: mode & 0o755, gid };
  const file = { mode: mode & 0o644, gid };
  const missing: string[] = [];
  const canaries = allCanaries(path).filter((canary) => canary !== WRITTEN);
  for (const canary of canaries) {
    try {
      await makeParents(path, canary, directory);
      await writeNew(join(path, ...canary.segments), canaryContent(canary), file);
    } catch (error) {
      if (canary === PLAIN_FILE || canary === BULKY) throw error;
      missing.push(canary.key);
    }
  }
  await writeNew(join(path, ...WRITTEN.segments), canaryContent(WRITTEN));
  await setOwnMode(path, directory);
  await fillRecord(record, canaryContent(PLAIN_FILE));
  return missing;
}

async function makeParents(top: string, { segments }: Canary, as: Permissions): Promise<void> {
  let path = top;
  for (const name of segments.slice(0, -1)) {
    path = join(path, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    await setOwnMode(path, as);
  }
}

/** The first part of a file's path that users other than its owner cannot pass; undefined if all can. */
async function findClosed(place: CanaryPlace): Promise<string | undefined> {
  const parts = [join(place.path, ...PLAIN_FILE.segments)];
  for (let path = place.path; path !== dirname(path); path = dirname(path)) parts.unshift(path);
  for (const part of parts) {
    const stats = await stat(part);
    if ((stats.mode & (stats.isDirectory() ? 0o001 : 0o004)) === 0) return part;
  }
  return undefined;
}

/** Ends a run, whichever process has opened it. */
export async function removeCanaries(place: CanaryPlace): Promise<void> {
  forget(place.path);
  await rm(place.path, { recursive: true, force: true });
  await spendRecord(place.record);
}

function remember(run: OwnRun): void {
  if (runs.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, endBySignal);
  }
  runs.set(run.path, run);
}

function forget(path: string): void {
  clearTimeout(runs.get(path)?.timer);
  runs.get(path)?.stopWatching?.();
  if (!runs.delete(path) || runs.size > 0) return;
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, endBySignal);
}

function removeAll(): void {
  for (const [path, { timer, record }] of [...runs]) {
    forget(path);
    // What is reserved only may be that of another process.
    if (timer === undefined) continue;
    removeNow(path);
    removeNow(record);
  }
}

/** A signal without other listeners has to end the process as it would have without us. */
function endBySignal(signal: NodeJS.Signals): void {
  removeAll();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** Directories that a killed process has left behind. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || !LEFTOVER.test(entry.name)) continue;
    const path = join(directory, entry.name);
    if (!(await isOwn(path))) continue;
    const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs <= 2 * MAX_RUN_MS) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
