// @ts-check
// The page of a link, for visitors without an account. It takes no use of the link.
import { Router } from 'express';
import { findEntry, listDocuments } from '../documents.js';
import { hrefOf } from '../format.js';
import { hasPreview } from '../kinds.js';
import { renderPage } from '../render.js';

/** @param {import('../app.js').Portal} portal */
export function landingPages({ root, links, shares }) {
  const pages = Router();

  pages.get('/*link', async (req, res) => {
    // A link to a folder is valid for each name in it, but not for the folder itself.
    const verified = links.signer.verify(req.path.endsWith('/') ? `${req.path}x` : req.path);
    const share = shares.get(verified.claims?.id);
    if (!share) return showClosed(req, res.status(404), { state: 'unknown' });
    const state = await shares.stateOf(share);
    const until = state === 'used up' ? shares.resumableUntil(share, req) : undefined;
    if (state !== 'active') return showClosed(req, res.status(410), { state, share, until });
    const { path, isFolder, filename, href } = share;
    const entry = await findEntry(root, path).catch(() => undefined);
    if (!entry) return showClosed(req, res.status(410), { state: 'deleted', share });
    const name = filename ?? entry.name;
    const source = `/shared${href}`;
    const documents = isFolder ? await listDocuments(root, path) : [];
    renderPage(req, res, 'landing', {
      title: name,
      ...{ share, entry, name, source },
      documents: documents.map((each) => ({ ...each, href: hrefOf(source, [each.name]) })),
      // A preview would be one of the uses.
      hasPreview: hasPreview(entry.kind) && share.uses === undefined,
    });
  });

  return pages;
}

/**
 * @param {import('express').Request} req
 * @param {import('express').Response} res
 * @param {{ state: string, share?: import('../shares.js').Share, until?: Date | undefined }} link - until: when
 *   this client may no longer resume its download
 */
function showClosed(req, res, { state, share, until }) {
  const name = share && (share.filename ?? share.path.at(-1));
  renderPage(req, res, 'closed', { title: 'Link closed', state, share, name, until });
}
