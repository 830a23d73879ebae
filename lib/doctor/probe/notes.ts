import { createHmac, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CanaryPlace } from './canary-place.js';

/** Of all notes of a run together, in bytes; an examination needs a tenth of it. */
const MAX_NOTES_BYTES = 1024 * 1024;
/** Of one note: a path of Linux, encoded, and some words. */
const MAX_NOTE_BYTES = 16 * 1024;

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Keeps a note for the report. On disk: the next request may be another process's. Outside of the root,
 * where neither this process nor a front end sends it.
 */
export async function addNote(place: CanaryPlace, note: object): Promise<void> {
  const text = JSON.stringify(note);
  const line = Buffer.from(`${macOf(place, text).toString('hex')} ${text}\n`);
  if (line.length > MAX_NOTE_BYTES) return;
  try {
    const flags = O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY;
    const handle = await open(fileOf(place), flags, 0o600);
    try {
      const { size } = await handle.stat();
      if (size + line.length <= MAX_NOTES_BYTES) await handle.appendFile(line);
    } finally {
      await handle.close();
    }
  } catch {
    // Without a directory the run is over, and nobody will ask.
  }
}

/** All notes that a process with the secret has written. */
export async function readNotes(place: CanaryPlace): Promise<readonly unknown[]> {
  const lines = (await readFile(fileOf(place), 'utf8').catch(() => '')).split('\n');
  return lines.flatMap((line) => {
    const given = Buffer.from(line.slice(0, 64), 'hex');
    const text = line.slice(65);
    const expected = macOf(place, text);
    const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
    return isOurs ? [JSON.parse(text)] : [];
  });
}

function fileOf({ aside }: CanaryPlace): string {
  return join(aside, 'notes.jsonl');
}

function macOf({ noteKey }: CanaryPlace, text: string): Buffer {
  return createHmac('sha256', noteKey).update(text).digest();
}
