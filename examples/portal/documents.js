// @ts-check
// The documents: one directory per user below the data root.
import { realpathSync } from 'node:fs';
import { mkdir, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { samplesByUser } from './samples.js';

const MIB = 1024 * 1024;

/**
 * Writes the sample documents that are missing.
 *
 * @param {string} directory - created if it does not exist
 * @param {{ bigFileMiB?: number }} [options]
 * @returns the directory's real path, because xsendfile() refuses a root behind a symbolic link
 */
export async function prepareDocuments(directory, { bigFileMiB = 50 } = {}) {
  for (const [user, samples] of Object.entries(samplesByUser(bigFileMiB * MIB))) {
    const home = join(directory, user);
    await mkdir(home, { recursive: true });
    for (const sample of samples) await writeSample(home, sample);
  }
  return realpathSync(directory);
}

/**
 * @param {string} home
 * @param {import('./samples.js').Sample} sample
 */
async function writeSample(home, { name, date, size, content }) {
  const path = join(home, name);
  const existing = await stat(path).catch(() => undefined);
  if (existing?.size === size) return;
  // If the first start is interrupted, the second must not find half a document. Names that begin
  // with a dot are neither listed nor sent.
  const unfinished = join(home, `.${process.pid}.unfinished`);
  await writeFile(unfinished, content);
  await utimes(unfinished, new Date(date), new Date(date));
  await rename(unfinished, path);
}

/**
 * Lists a user's documents, newest first.
 *
 * @param {string} root
 * @param {string} user
 */
export async function listDocuments(root, user) {
  const home = join(root, user);
  const entries = await readdir(home, { withFileTypes: true });
  const documents = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(async ({ name }) => {
      const { size, mtime } = await stat(join(home, name));
      return { name, size, mtime };
    });
  return (await Promise.all(documents)).sort((a, b) => b.mtime.getTime() - a.mtime.getTime());
}
