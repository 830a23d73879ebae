// @ts-check
// A route that calls send().
import { listDocuments, notFound, pathOf } from '../documents.js';

/**
 * Sends the newest document. Express 5 passes a rejection of the promise to the error page; in Express 4, catch it.
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
