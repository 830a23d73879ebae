// @ts-check
// The calls of xsendfile: everything else in this directory is an ordinary Express application.
import { randomBytes } from 'node:crypto';
import { authToken, xsendfile } from 'xsendfile';
import { formatOutcome } from './log.js';
import { userOf } from './users.js';

/**
 * Creates the two handlers that send documents: for users with a session, and for clients with a link.
 *
 * @param {object} options
 * @param {string} options.root
 * @param {(line: string) => void} options.log
 * @param {ReturnType<import('./live.js').createLive>} options.live
 * @param {ReturnType<import('./shares.js').createShares>} options.shares
 * @param {Pick<import('xsendfile').XSendfileOptions, 'sender' | 'handshake' | 'reports'>} options.delivery -
 *   who sends the bytes: this process, or a front end, which may report what it has sent
 */
export function createDownloads({ root, log, live, shares, delivery }) {
  /** @type {import('xsendfile').XSendfileHandler<import('express').Request>} */
  const files = xsendfile(root, {
    ...delivery,
    allow: live.allow,
    rate: (_file, req) => userOf(req.session.user)?.rate,
    // The portal's own error page reports a missing document.
    onRefused: (error, { next }) => next(error),
    onFinish: (outcome, { req }) => log(formatOutcome(req.session.user, req.originalUrl, outcome)),
  });

  // The same documents for clients with a link. The secret changes at each start, which ends old links.
  const links = authToken(randomBytes(32), root, {
    ...delivery,
    // The forms of views/download.eta confirm. A request of the link itself gets a page with another form.
    confirm: true,
    allow: [...shares.allow, live.allow],
    onRefused: (error, { next }) => next(error),
    onFinish: (outcome) => {
      shares.count(outcome);
      // Never log the URL: it contains the link.
      const user = shares.get(outcome.tokenId)?.user;
      log(formatOutcome(user ? `a link of ${user}` : 'nobody', 'no path', outcome));
    },
  });

  return { files, links };
}
