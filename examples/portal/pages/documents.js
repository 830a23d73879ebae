// @ts-check
// Folders, documents and their previews, which come from /files.
import { Router } from 'express';
import {
  createFolder,
  findEntry,
  listDocuments,
  listFolder,
  notFound,
  pathOf,
  removeEntry,
  search,
} from '../documents.js';
import { hrefOf } from '../format.js';
import { redirectWith, renderPage } from '../render.js';
import { readForm } from '../sessions.js';
import { sanitizeName } from '../uploads.js';

const PAGE_SIZE = 20;

/** @typedef {import('../documents.js').Entry} Entry */

/** @type {Record<string, (a: Entry, b: Entry) => number>} */
const ORDERS = {
  date: (a, b) => b.mtime.getTime() - a.mtime.getTime(),
  name: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
  size: (a, b) => b.size - a.size,
};

/** @param {import('../app.js').Portal} portal */
export function documentPages({ root, maxUploadBytes }) {
  const pages = Router();

  pages.get(['/', '/folder/*names'], async (req, res) => {
    const path = pathOf(req.session.user, req.params.names);
    const sort = textOf(req.query.sort, Object.keys(ORDERS), 'date');
    const query = typeof req.query.q === 'string' ? req.query.q.trim() : '';
    const all = await (query ? search(root, path, query) : listFolder(root, path));
    all.sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || (ORDERS[sort]?.(a, b) ?? 0));
    const pageCount = Math.max(1, Math.ceil(all.length / PAGE_SIZE));
    const page = Math.min(Math.max(1, Number.parseInt(String(req.query.page), 10) || 1), pageCount);
    const folder = path.slice(1);
    renderPage(req, res, 'documents', {
      title: folder.at(-1) ?? 'Documents',
      ...{ folder, folderHref: folderHref(folder), query, sort, page, pageCount, maxUploadBytes },
      count: all.length,
      pageNumbers: pageNumbersOf(page, pageCount),
      entries: all.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
    });
  });

  pages.get('/view/*names', async (req, res) => {
    const path = pathOf(req.session.user, req.params.names);
    const entry = await findEntry(root, path);
    const folder = path.slice(1, -1);
    if (entry.isFolder) return res.redirect(303, folderHref(path.slice(1)));
    const documents = await listDocuments(root, path.slice(0, -1));
    const index = documents.findIndex(({ name }) => name === entry.name);
    renderPage(req, res, 'view', {
      title: entry.name,
      ...{ entry, folder, folderHref: folderHref(folder) },
      source: hrefOf('/files/', path),
      previous: documents[index - 1],
      next: documents[index + 1],
    });
  });

  pages.post('/folders', readForm, async (req, res) => {
    const parent = pathOf(req.session.user, segmentsOf(req.body.folder));
    const name = sanitizeName(String(req.body.name ?? ''));
    try {
      await createFolder(root, [...parent, name]);
      redirectWith(req, res, folderHref([...parent.slice(1), name]), `“${name}” was created.`);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const text = `There is a “${name}” already.`;
      redirectWith(req, res, folderHref(parent.slice(1)), text, { isError: true });
    }
  });

  pages.post('/delete', readForm, async (req, res) => {
    const path = pathOf(req.session.user, segmentsOf(req.body.path));
    // Users cannot delete their own directory.
    if (path.length === 1) throw notFound();
    const entry = await findEntry(root, path);
    const parent = folderHref(path.slice(1, -1));
    try {
      await removeEntry(root, entry);
      redirectWith(req, res, parent, `“${entry.name}” was deleted.`);
    } catch (error) {
      if (codeOf(error) !== 'ENOTEMPTY') throw error;
      const text = `“${entry.name}” is not empty. Delete its documents first.`;
      redirectWith(req, res, parent, text, { isError: true });
    }
  });

  return pages;
}

/**
 * The pages to link to: the first, the last, and those around the current one; undefined stands for a gap.
 *
 * @param {number} current
 * @param {number} count
 */
function pageNumbersOf(current, count) {
  const numbers = Array.from({ length: count }, (_, index) => index + 1).filter(
    (page) => page === 1 || page === count || Math.abs(page - current) <= 1,
  );
  return numbers.flatMap((page, index) =>
    index > 0 && page - (numbers[index - 1] ?? 0) > 1 ? [undefined, page] : [page],
  );
}

/**
 * The URL of a folder's page.
 *
 * @param {readonly string[]} folder - below the user's directory
 */
export function folderHref(folder) {
  return folder.length === 0 ? '/' : hrefOf('/folder/', folder);
}

/**
 * The path in a field of a form, below the user's directory.
 *
 * @param {unknown} text
 */
export function segmentsOf(text) {
  return typeof text === 'string' && text !== '' ? text.split('/') : [];
}

/**
 * @param {unknown} value
 * @param {readonly string[]} choices
 * @param {string} otherwise
 */
function textOf(value, choices, otherwise) {
  return typeof value === 'string' && choices.includes(value) ? value : otherwise;
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
