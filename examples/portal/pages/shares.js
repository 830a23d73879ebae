// @ts-check
// Links: making, listing and revoking them.
import { Router } from 'express';
import QRCode from 'qrcode';
import { findEntry, notFound, pathOf, unprocessable } from '../documents.js';
import { redirectWith, renderPage } from '../render.js';
import { readForm } from '../sessions.js';
import { segmentsOf } from './documents.js';

const MAX_SECONDS = 30 * 24 * 60 * 60;
const MAX_USES = 1000;
const MAX_RATE = 1024 ** 3;

/** @type {[label: string, seconds: number][]} */
const EXPIRIES = [
  ['10 minutes', 600],
  ['1 hour', 3600],
  ['1 day', 86400],
  ['1 week', 604800],
];
/** @type {[label: string, bytesPerSecond: number | ''][]} */
const RATES = [
  ['No limit', ''],
  ['1 MiB per second', 1024 ** 2],
  ['128 KiB per second', 128 * 1024],
];

/** @param {import('../app.js').Portal} portal */
export function sharePages({ root, links, shares }) {
  const pages = Router();

  pages.get('/share/*names', async (req, res) => {
    const entry = await findEntry(root, pathOf(req.session.user, req.params.names));
    renderPage(req, res, 'share', {
      title: `Share ${entry.name}`,
      ...{ entry, expiries: EXPIRIES, rates: RATES, maxUses: MAX_USES },
    });
  });

  pages.post('/links', readForm, async (req, res) => {
    const user = String(req.session.user);
    const { path, isFolder } = await findEntry(root, pathOf(user, segmentsOf(req.body.path)));
    if (path.length === 1) throw notFound();
    const { expiresIn, filename, uses, rate } = req.body;
    const name = typeof filename === 'string' && !isFolder ? filename.trim() : '';
    const seconds = numberOf(expiresIn, MAX_SECONDS) ?? 600;
    const share = {
      ...{ user, path, isFolder },
      expires: new Date(Date.now() + seconds * 1000),
      filename: name || undefined,
      uses: numberOf(uses, MAX_USES),
      rate: numberOf(rate, MAX_RATE),
    };
    res.redirect(303, `/links/${createLink(share)}`);
  });

  pages.get('/links', async (req, res) => {
    const own = shares.listOf(String(req.session.user));
    const list = await Promise.all(
      own.map(async (share) => ({ ...share, state: await shares.stateOf(share) })),
    );
    renderPage(req, res, 'links', { title: 'Links', list });
  });

  pages.get('/links/:id', async (req, res) => {
    const share = ownShare(req);
    const url = `${req.protocol}://${req.get('host')}/s${share.href}`;
    renderPage(req, res, 'link', {
      title: `Link to ${share.path.at(-1)}`,
      ...{ share, url, state: await shares.stateOf(share) },
      // No code has room for a link of 3,000 bytes.
      code: await QRCode.toString(url, { type: 'svg', margin: 2 }).catch(() => undefined),
    });
  });

  pages.post('/links/:id/revoke', readForm, async (req, res) => {
    const share = ownShare(req);
    await shares.revoke(share);
    redirectWith(req, res, '/links', `The link to “${share.path.at(-1)}” was revoked.`);
  });

  /** @param {Parameters<typeof shares.create>[1]} share */
  function createLink(share) {
    try {
      return shares.create(links.signer, share);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw unprocessable('A link cannot carry that file name. Use a shorter one.');
    }
  }

  /** @param {import('express').Request} req */
  function ownShare(req) {
    const share = shares.get(String(req.params.id));
    if (share?.user !== req.session.user || !share) throw notFound();
    return share;
  }

  return pages;
}

/**
 * A whole number of a form, at most `max`; undefined for an empty or wrong field.
 *
 * @param {unknown} text
 * @param {number} max
 */
function numberOf(text, max) {
  const number = typeof text === 'string' && /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return number >= 1 ? Math.min(number, max) : undefined;
}
