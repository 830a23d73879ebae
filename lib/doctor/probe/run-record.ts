import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { MAX_LIFETIME } from '../protocol.js';
import { removeNow, setOwnMode, writeNew } from './exclusive-files.js';

/**
 * What a run keeps outside of the root: notes, which only the application may read, and a file that
 * no front end should send. The directory also says that the run has been opened: it outlives the
 * run until no link of it is valid any more.
 *
 * Every process of the application derives the same path, which no other can know before the run is
 * opened. Anything else at that path is refused.
 */

const NOTES = 'notes.jsonl';
const MAX_NOTES_BYTES = 1024 * 1024;
const OUTSIDE = 'outside.txt';
const { O_APPEND, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** A file that is there for all to read, but outside of the root. */
export function outsideOf(record: string): string {
  return join(record, OUTSIDE);
}

/** @returns false if the run has been opened before, by whichever process. */
export async function createRecord(record: string): Promise<boolean> {
  try {
    await mkdir(record, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  return true;
}

export async function fillRecord(record: string, outside: Buffer): Promise<void> {
  await writeNew(join(record, NOTES), '', { mode: 0o600 });
  await writeNew(outsideOf(record), outside, { mode: 0o644 });
  // Others may enter it if they know the name, but not list it.
  await setOwnMode(record, { mode: 0o711 });
}

/** Empty ones that this process has to remove. */
const spent = new Set<string>();

/** Removes what is in there, and later the rest. */
export async function spendRecord(record: string): Promise<void> {
  if (!(await isOwn(record))) return;
  await rm(join(record, NOTES), { force: true });
  await rm(outsideOf(record), { force: true });
  if (spent.size === 0) process.on('exit', removeAllSpent);
  spent.add(record);
  setTimeout(() => removeSpent(record), (MAX_LIFETIME + 1) * 1000).unref();
}

function removeSpent(record: string): void {
  removeNow(record);
  if (spent.delete(record) && spent.size === 0) process.off('exit', removeAllSpent);
}

function removeAllSpent(): void {
  for (const record of [...spent]) removeSpent(record);
}

/** One note after the other: each counts for the limit of the next. */
let previous: Promise<unknown> = Promise.resolve();

/** Notes are stored on disk: another process may get the next request. */
export function addNote(record: string, note: object): Promise<void> {
  const added = previous.then(() =>
    withNotes(record, O_WRONLY | O_APPEND, async (file) => {
      const line = `${JSON.stringify(note)}\n`;
      const { size } = await file.stat();
      if (size + Buffer.byteLength(line) <= MAX_NOTES_BYTES) await file.appendFile(line);
    }),
  );
  previous = added;
  return added;
}

/** Node's own: every request that arrives in this process, whatever handles it. */
const CHANNEL = 'http.server.request.start';

/**
 * Notes requests that ask the application for a canary by its place: a front end without the
 * internal location passes the location on to the application.
 *
 * @param isDoctors - whether a request is the doctor's; those of others are not noted.
 * @returns what ends it.
 */
export function watchForStrays(
  { name, record }: { readonly name: string; readonly record: string },
  isDoctors: (request: IncomingMessage) => boolean,
): () => void {
  const onRequest = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    if (request.url?.includes(name) && isDoctors(request)) {
      void addNote(record, { stray: request.url });
    }
  };
  subscribe(CHANNEL, onRequest);
  return () => unsubscribe(CHANNEL, onRequest);
}

export async function readNotes(record: string): Promise<readonly unknown[]> {
  // What arrived before this is in there.
  await previous;
  const text = await withNotes(record, O_RDONLY, (file) => file.readFile('utf8'));
  return (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Never creates the file: without it the run is over, and the doctor will not ask. */
async function withNotes<T>(
  record: string,
  flags: number,
  use: (file: FileHandle) => Promise<T>,
): Promise<T | undefined> {
  try {
    if (!(await isOwn(record))) return undefined;
    const file = await open(join(record, NOTES), flags | O_NOFOLLOW);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Whether a path is a directory that this user has made. */
export async function isOwn(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  const user = process.geteuid?.();
  return stats?.isDirectory() === true && (user === undefined || stats.uid === user);
}
