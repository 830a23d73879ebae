// @ts-check
// Receives uploads into a folder of the user.
import { join } from 'node:path';
import { Router } from 'express';
import { findEntry, notFound, pathOf } from '../documents.js';
import { redirectWith } from '../render.js';
import { askToLogIn, isLoggedIn, isOwnForm } from '../sessions.js';
import { receiveFiles, UploadError } from '../uploads.js';
import { folderHref } from './documents.js';

/** @param {import('../app.js').Portal} portal */
export function uploadPages({ root, maxUploadBytes }) {
  const pages = Router();
  pages.post(['/upload', '/upload/*names'], async (req, res) => {
    const path = pathOf(req.session.user, req.params.names);
    if (!(await findEntry(root, path)).isFolder) throw notFound();
    const href = folderHref(path.slice(1));
    const options = {
      directory: join(root, ...path),
      maxBytes: maxUploadBytes,
      // The form's token comes before its files.
      isAllowed: () => isOwnForm(req),
      isLoggedIn: () => isLoggedIn(req),
    };
    try {
      const names = await receiveFiles(req, options);
      const what = names.length === 1 ? `“${names[0]}” was` : `${names.length} files were`;
      redirectWith(req, res, href, `${what} uploaded.`);
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      // The user has cancelled it, and knows.
      if (req.socket.destroyed) return;
      if (error.status === 401) return askToLogIn(req, res);
      redirectWith(req, res, href, error.message, { isError: true });
    }
  });
  return pages;
}
