import { constants, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { allCanaries, BULKY, type Canary, contentOf, PLAIN, WRITTEN } from '../canaries.js';
import { DIRECTORY_PREFIX, MAX_RUN_MS } from '../protocol.js';
import type { CanaryPlace } from './canary-place.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Like whom canaries are to be readable. */
interface Access {
  readonly directory: number;
  readonly file: number;
  readonly gid: number;
}

/**
 * Makes the canaries, as readable as the root directory is. Nothing that is there already is written
 * to: not through a link that somebody has put in the way, and not for a run that has begun before.
 *
 * @returns names of those that this file system does not take.
 * @throws what `node:fs` throws when nothing can be written; nothing is left then.
 */
export async function createCanaries(root: string, place: CanaryPlace): Promise<readonly string[]> {
  await removeLeftovers(root);
  await removeLeftovers(tmpdir());
  const { mode, gid } = await stat(root);
  const access = { directory: mode & 0o777, file: mode & 0o666, gid };
  // Refuses a directory that is there.
  await mkdir(place.path);
  keepUntil(place, MAX_RUN_MS);
  try {
    await openUp(place.path, DIRECTORY_FLAGS, access.directory, gid);
    const missing: string[] = [];
    for (const canary of allCanaries(place.path).filter((each) => each !== WRITTEN)) {
      try {
        await write(place.path, canary, access);
      } catch (error) {
        if (canary === PLAIN || canary === BULKY) throw error;
        missing.push(canary.key);
      }
    }
    await writeNew(join(place.path, ...WRITTEN.segments), contentOf(WRITTEN));
    await mkdir(place.aside, 0o700);
    await writeNew(place.outside, contentOf(PLAIN), (handle) => handle.chmod(0o644));
    // Others may open the file whose name they are told, and list nothing.
    await openUp(place.aside, DIRECTORY_FLAGS, 0o711);
    return missing;
  } catch (error) {
    await removeCanaries(place);
    throw error;
  }
}

async function write(directory: string, canary: Canary, access: Access): Promise<void> {
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
    if (isNew) await openUp(path, DIRECTORY_FLAGS, access.directory, access.gid);
  }
  path = join(path, canary.segments.at(-1) ?? '');
  await writeNew(path, contentOf(canary), async (handle) => {
    await handle.chown(-1, access.gid).catch(() => {});
    await handle.chmod(access.file);
  });
}

/** `wx` follows no link; what is done to the file is done to the one that was opened. */
async function writeNew(
  path: string,
  content: Buffer,
  then: (handle: FileHandle) => Promise<unknown> = async () => {},
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(content);
    await then(handle);
  } finally {
    await handle.close();
  }
}

/** Another group than one's own may be refused; then the mode alone has to do. */
async function openUp(path: string, flags: number, mode: number, gid?: number): Promise<void> {
  const handle = await open(path, flags);
  try {
    if (gid !== undefined) await handle.chown(-1, gid).catch(() => {});
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
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

/** What this process has made and not removed yet, by path. */
const kept = new Map<string, { readonly place: CanaryPlace; readonly timer: NodeJS.Timeout }>();

function keepUntil(place: CanaryPlace, milliseconds: number): void {
  const timer = setTimeout(() => void removeCanaries(place).catch(() => {}), milliseconds).unref();
  if (kept.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, endBySignal);
  }
  kept.set(place.path, { place, timer });
}

export async function removeCanaries(place: CanaryPlace): Promise<void> {
  forget(place.path);
  await rm(place.path, { recursive: true, force: true });
  await rm(place.aside, { recursive: true, force: true });
}

function forget(path: string): void {
  clearTimeout(kept.get(path)?.timer);
  if (!kept.delete(path) || kept.size > 0) return;
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, endBySignal);
}

function removeAll(): void {
  for (const { place } of [...kept.values()]) {
    forget(place.path);
    rmSync(place.path, { recursive: true, force: true });
    rmSync(place.aside, { recursive: true, force: true });
  }
}

/** A signal that nobody else listens to has to end the process as it would have without us. */
function endBySignal(signal: NodeJS.Signals): void {
  removeAll();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** What a process of the same user has left behind that was killed. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || !LEFTOVER.test(entry.name)) continue;
    const path = join(directory, entry.name);
    const found = await stat(path).catch(() => undefined);
    const isOwn = found !== undefined && found.uid === process.getuid?.();
    if (isOwn && Date.now() - found.mtimeMs > 2 * MAX_RUN_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

const LEFTOVER = new RegExp(`^${DIRECTORY_PREFIX}[0-9a-f]{32}$`);
