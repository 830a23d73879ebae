// @ts-check
// Several documents, or a folder, as one download: with a progress bar, and resumed after an interruption.
import { zip } from 'xsendfile/zip';
import { findEntry, notFound, pathOf } from '../documents.js';
import { segmentsOf } from './documents.js';

/**
 * Sends the documents and folders that are selected in a list; all of the folder if none is.
 *
 * @param {Pick<import('../app.js').Portal, 'root' | 'files'>} portal
 * @returns {import('express').RequestHandler}
 */
export function sendArchive({ root, files }) {
  return async (req, res) => {
    const { user } = req.session;
    const folder = pathOf(user, segmentsOf(req.query.folder));
    const selected = [req.query.path ?? []].flat();
    const paths = selected.map((path) => pathOf(user, segmentsOf(path)));
    const entries = [];
    for (const path of paths.length > 0 ? paths : [folder]) {
      const { isFolder } = await findEntry(root, path);
      // Names begin below the folder that the list is of.
      const above = path.slice(folder.length);
      if (isFolder) {
        for (const { path: below, name } of await zip.folder(files, path, { req })) {
          entries.push({ path: below, name: [...above, name].join('/') });
        }
      } else entries.push({ path, name: above.join('/') });
    }
    const name = `${folder[1] === undefined ? 'Documents' : folder.at(-1)}.zip`;
    await files.sendContent(req, res, await zip(files, entries, { req, name }));
  };
}

/**
 * Sends the folder of a link. Each request would be a use of a link that has a number of them, so these have none.
 *
 * @param {Pick<import('../app.js').Portal, 'links' | 'shares'>} portal
 * @returns {import('express').RequestHandler}
 */
export function sendSharedFolder({ links, shares }) {
  const { files, signer } = links;
  return async (req, res) => {
    const share = shares.get(signer.verify(`${req.path}x`).claims?.id);
    if (!share?.isFolder || share.uses !== undefined) throw notFound();
    if ((await shares.stateOf(share)) !== 'active') throw notFound();
    const entries = await zip.folder(files, share.path, { req });
    const archive = await zip(files, entries, { req, name: `${share.path.at(-1)}.zip` });
    await files.sendContent(req, res, archive, { rate: share.rate });
  };
}
