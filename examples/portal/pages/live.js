// @ts-check
// The administrator's page of downloads, its events, and the metrics.
import { timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import { createMetrics } from '../metrics.js';
import { renderPage } from '../render.js';
import { requireAdmin } from '../sessions.js';

/** @param {import('../app.js').Portal} portal */
export function livePages({ live, shares, frontEnd }) {
  const pages = Router();
  const metrics = createMetrics(() => live.counts.running);

  /** @param {import('../transfers.js').Transfer} transfer */
  function describe({ link, user, sender = 'serve', ...transfer }) {
    return {
      ...transfer,
      who: user ?? 'A visitor',
      via: link ? `link of ${shares.get(link)?.user ?? 'nobody'} (${link})` : '',
      sender: sender === 'serve' ? 'this process' : sender,
    };
  }

  pages.get('/live', requireAdmin, (req, res) => {
    const transfers = live.list().map(describe);
    renderPage(req, res, 'live', { title: 'Live', transfers, frontEnd, counts: live.counts });
  });

  pages.get('/live/events', requireAdmin, (req, res) => {
    // X-Accel-Buffering: nginx must pass each event on at once.
    res.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }).type('text/event-stream');
    res.flushHeaders();
    const stop = live.listen((transfer) => {
      const event = { transfer: describe(transfer), counts: live.counts };
      res.write(`data: ${JSON.stringify(event)}\n\n`);
    });
    req.on('close', stop);
  });

  pages.get('/metrics', requireAdminOrToken, async (_req, res) => {
    res.type(metrics.contentType).send(await metrics.metrics());
  });

  return pages;
}

/**
 * Prometheus authenticates with `Authorization: Bearer`, and the secret in PORTAL_METRICS_TOKEN.
 *
 * @type {import('../sessions.js').Middleware}
 */
function requireAdminOrToken(req, res, next) {
  const secret = process.env.PORTAL_METRICS_TOKEN;
  if (secret && isSame(req.get('authorization') ?? '', `Bearer ${secret}`)) next();
  else requireAdmin(req, res, next);
}

/**
 * @param {string} a
 * @param {string} b
 */
function isSame(a, b) {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
