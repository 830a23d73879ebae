// @ts-check
import { listDocuments, notFound, pathOf } from '../documents.js';

/**
 * A URL that does not name the document: find it, then send it.
 *
 * @param {Pick<import('../app.js').Portal, 'root' | 'files'>} portal
 * @returns {import('express').RequestHandler}
 */
export function sendNewest({ root, files }) {
  return async (req, res) => {
    const [newest] = await listDocuments(root, pathOf(req.session.user));
    if (newest === undefined) throw notFound();
    await files.send(req, res, newest.path, { contentDisposition: 'attachment' });
  };
}
