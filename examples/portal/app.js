// @ts-check
// The portal: who may do what. downloads.js sends the documents, pages/ shows everything else.
import { fileURLToPath } from 'node:url';
import express from 'express';
import { createDownloads } from './downloads.js';
import { createLive } from './live.js';
import { printable } from './log.js';
import { sendArchive, sendSharedFolder } from './pages/archive.js';
import { documentPages } from './pages/documents.js';
import { renderErrors } from './pages/errors.js';
import { howPage } from './pages/how.js';
import { landingPages } from './pages/landing.js';
import { livePages } from './pages/live.js';
import { loginPages } from './pages/login.js';
import { sendNewest } from './pages/newest.js';
import { sharePages } from './pages/shares.js';
import { uploadPages } from './pages/uploads.js';
import { protectPages } from './render.js';
import { createSessions, requireLogin } from './sessions.js';
import { createShares } from './shares.js';

/** @typedef {import('./sessions.js').Middleware} Middleware */

/**
 * root: absolute real path of the directory that contains the users' directories. frontEnd: the server
 * in front of the portal, and its URL. maxUploadBytes: of each file.
 *
 * @typedef {{ root: string, log?: (line: string) => void, live?: ReturnType<typeof createLive>,
 *   frontEnd?: { name: string, url: string }, maxUploadBytes?: number }
 *   & Pick<import('xsendfile').XSendfileOptions, 'sender' | 'handshake' | 'reports'>} PortalOptions
 */

/**
 * What the pages need.
 *
 * @typedef {{ root: string, maxUploadBytes: number, shares: ReturnType<typeof createShares>,
 *   live: ReturnType<typeof createLive>, frontEnd: PortalOptions['frontEnd'],
 *   handshake: PortalOptions['handshake'] } & ReturnType<typeof createDownloads>} Portal
 */

/**
 * After this number, a client must open another connection: it cannot queue an unlimited number of
 * pipelined requests.
 */
export const MAX_REQUESTS_PER_CONNECTION = 1000;

const MAX_UPLOAD_BYTES = 100 * 1024 * 1024;
const ASSETS = fileURLToPath(new URL('public', import.meta.url));

/** @param {PortalOptions} options */
export function createApp({
  root,
  log = console.log,
  live = createLive(),
  frontEnd,
  maxUploadBytes = MAX_UPLOAD_BYTES,
  ...delivery
}) {
  const shares = createShares();
  const { files, links } = createDownloads({ root, log, live, shares, delivery });
  const { handshake } = delivery;
  /** @type {Portal} */
  const portal = { root, maxUploadBytes, shares, live, frontEnd, handshake, files, links };

  const app = express();
  app.disable('x-powered-by');
  // The front end on this machine sends the client's address in X-Forwarded-For. Trust only that one.
  if (frontEnd) app.set('trust proxy', 'loopback');
  app.use('/assets', express.static(ASSETS));
  app.use(createSessions());

  /**
   * The first part of the path is the owner's name. A string comparison is sufficient: the handler
   * accepts one spelling of each path, and refuses "/alice/../bob/" and the like. If users could create
   * symbolic links, the option `within` would also be needed, which compares the real path.
   *
   * @type {Middleware}
   */
  const requireOwner = (req, _res, next) => {
    if (req.path.startsWith(`/${req.session.user}/`)) return next();
    log(`${req.session.user}: ${req.method} ${printable(req.path)} is none of theirs`);
    next(Object.assign(new Error('Not Found'), { status: 404 }));
  };

  /** `?as=Another name.pdf`: download with that file name. @type {Middleware} */
  const downloadAs = (req, res, next) => {
    const filename = req.query.as;
    if (typeof filename === 'string') {
      res.locals.contentDisposition = { type: 'attachment', filename };
    }
    next();
  };

  app.use('/files', requireLogin, requireOwner, downloadAs, files);
  app.get('/newest', requireLogin, sendNewest(portal));
  app.get('/archive', requireLogin, sendArchive(portal));
  app.use('/shared-folder', sendSharedFolder(portal));
  app.use('/shared', links);

  // Documents do not get the headers of pages: the policy would forbid their own styles.
  app.use(protectPages);
  app.use(loginPages());
  app.use('/s', landingPages(portal));
  app.use(livePages(portal));
  app.use(requireLogin);
  app.use(documentPages(portal));
  app.use(uploadPages(portal));
  app.use(sharePages(portal));
  app.use(howPage(portal));
  app.use(...renderErrors(log));
  return app;
}
