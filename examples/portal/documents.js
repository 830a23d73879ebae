// @ts-check
// The documents: one directory per user below the data root, with folders in it.
import { realpathSync } from 'node:fs';
import { mkdir, readdir, rename, rmdir, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { kindOf } from './kinds.js';
import { samplesByUser } from './samples/index.js';

const MIB = 1024 * 1024;

/**
 * path: segments below the root, beginning with the user's name.
 *
 * @typedef {{ name: string, path: string[], isFolder: boolean, size: number, mtime: Date,
 *   kind: import('./kinds.js').Kind }} Entry
 */

/**
 * Writes the sample documents that are missing.
 *
 * @param {string} directory - created if it does not exist
 * @param {{ bigFileMiB?: number }} [options]
 * @returns the directory's real path, because xsendfile() refuses a root behind a symbolic link
 */
export async function prepareDocuments(directory, { bigFileMiB = 50 } = {}) {
  for (const [user, samples] of Object.entries(samplesByUser(bigFileMiB * MIB))) {
    await mkdir(join(directory, user), { recursive: true });
    for (const sample of samples) await writeSample(join(directory, user), sample);
  }
  return realpathSync(directory);
}

/**
 * @param {string} home
 * @param {import('./samples/index.js').Sample} sample
 */
async function writeSample(home, { path, date, size, content }) {
  const target = join(home, path);
  const existing = await stat(target).catch(() => undefined);
  if (existing?.size === size) return;
  await mkdir(dirname(target), { recursive: true });
  // If the first start is interrupted, the second must not find half a document. Names that begin
  // with a dot are neither listed nor sent.
  const unfinished = join(home, `.${process.pid}.unfinished`);
  await writeFile(unfinished, content);
  await utimes(unfinished, new Date(date), new Date(date));
  await rename(unfinished, target);
  if (dirname(target) !== home) await utimes(dirname(target), new Date(date), new Date(date));
}

/**
 * Whether documents and folders may have this name. It is then one segment of a path.
 *
 * @param {unknown} name
 * @returns {name is string}
 */
function isName(name) {
  return typeof name === 'string' && /^[^./\\\0][^/\\\0]*$/.test(name);
}

/**
 * Returns the path of something that a user has, as segments below the root.
 *
 * @param {string | undefined} user
 * @param {unknown} names - below the user's directory
 * @throws an error with status 404 for names that cannot exist
 */
export function pathOf(user, names = []) {
  const list = Array.isArray(names) ? names : [names];
  if (!isName(user) || !list.every(isName)) throw notFound();
  return [user, ...list];
}

/**
 * @param {string} root
 * @param {string[]} path
 * @returns {Promise<Entry>}
 * @throws an error with status 404 if there is none
 */
export async function findEntry(root, path) {
  const file = join(root, ...path);
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile() && !stats?.isDirectory()) throw notFound();
  const name = basename(file);
  const isFolder = stats.isDirectory();
  return {
    ...{ name, path, isFolder, size: stats.size, mtime: stats.mtime },
    kind: isFolder ? 'folder' : kindOf(name),
  };
}

/**
 * Lists a folder, newest first.
 *
 * @param {string} root
 * @param {string[]} path
 */
export async function listFolder(root, path) {
  const names = await readdir(join(root, ...path)).catch(() => {
    throw notFound();
  });
  const entries = await Promise.all(
    names.filter(isName).map((name) => findEntry(root, [...path, name]).catch(() => undefined)),
  );
  return entries
    .filter((entry) => entry !== undefined)
    .sort((a, b) => b.mtime.getTime() - a.mtime.getTime());
}

/**
 * Lists the documents in a folder, without folders, newest first.
 *
 * @param {string} root
 * @param {string[]} path
 */
export async function listDocuments(root, path) {
  return (await listFolder(root, path)).filter((entry) => !entry.isFolder);
}

/**
 * Finds everything in a folder and below whose name contains a text.
 *
 * @param {string} root
 * @param {string[]} path
 * @param {string} text
 * @returns {Promise<Entry[]>}
 */
export async function search(root, path, text) {
  const wanted = text.normalize().toLowerCase();
  const entries = await listFolder(root, path);
  const found = entries.filter(({ name }) => name.normalize().toLowerCase().includes(wanted));
  const folders = entries.filter(({ isFolder }) => isFolder);
  const below = await Promise.all(folders.map((folder) => search(root, folder.path, text)));
  return [...found, ...below.flat()];
}

/**
 * @param {string} root
 * @param {string[]} path
 * @throws an error with code EEXIST if there is something of that name, with status 404 if there is no parent
 */
export async function createFolder(root, path) {
  await mkdir(join(root, ...path)).catch((error) => {
    throw explainPathError(error);
  });
}

/**
 * @param {string} root
 * @param {Entry} entry
 * @throws an error with code ENOTEMPTY for a folder that is not empty
 */
export async function removeEntry(root, { path, isFolder }) {
  await (isFolder ? rmdir : unlink)(join(root, ...path));
}

/**
 * The error for the user if a path is the reason, otherwise the same one.
 *
 * @param {unknown} error
 */
export function explainPathError(error) {
  const { code } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return notFound();
  return code === 'ENAMETOOLONG' ? unprocessable('The folders are too deep for that name.') : error;
}

/**
 * @param {string} sentence - for the user
 */
export function unprocessable(sentence) {
  return Object.assign(new Error(sentence), { status: 422 });
}

/** The same error for another user's document and for one that does not exist. */
export function notFound() {
  return Object.assign(new Error('Not Found'), { status: 404 });
}
