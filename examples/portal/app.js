// @ts-check
// The portal controls access to documents; xsendfile() does the rest.
import { randomBytes } from 'node:crypto';
import express from 'express';
import session from 'express-session';
import { authToken, xsendfile } from 'xsendfile';
import { listDocuments } from './documents.js';
import { formatOutcome, printable } from './log.js';
import { isPasswordOf, SAMPLE_USERS } from './users.js';
import { documentsPage, errorPage, linkPage, loginPage, sendPage } from './views.js';

/** @typedef {(...args: Parameters<import('express').RequestHandler>) => void} Middleware */

/**
 * root: absolute real path of the directory that contains the users' directories.
 *
 * @typedef {{ root: string, log?: (line: string) => void }
 *   & Pick<import('xsendfile').XSendfileOptions, 'sender' | 'handshake'>} PortalOptions
 */

const SESSION_COOKIE = 'portal.sid';
const LINK_MINUTES = 10;

/**
 * After this number, a client must open another connection: it cannot queue an unlimited number of
 * pipelined requests.
 */
export const MAX_REQUESTS_PER_CONNECTION = 1000;

/** @param {PortalOptions} options */
export function createApp({ root, log = console.log, sender = 'serve', ...others }) {
  /** @type {import('xsendfile').XSendfileHandler<import('express').Request>} */
  const files = xsendfile(root, {
    ...others,
    sender,
    // The portal's own error page reports a missing document.
    onRefused: (error, { next }) => next(error),
    onFinish: (outcome, { req }) => log(formatOutcome(req.session.user, req.originalUrl, outcome)),
  });

  // The same documents for clients with a link. The secret changes at each start, which ends old links.
  const links = authToken(randomBytes(32), root, {
    ...others,
    sender,
    onRefused: (error, { next }) => next(error),
    // Never log the URL: it contains the link.
    onFinish: (outcome) =>
      log(formatOutcome(`a link of ${outcome.tokenId ?? 'nobody'}`, 'no path', outcome)),
  });

  const app = express();
  app.disable('x-powered-by');
  app.use(
    session({
      name: SESSION_COOKIE,
      // A new secret at each start: sessions are in memory, and end with the process anyway.
      secret: randomBytes(32).toString('base64url'),
      resave: false,
      saveUninitialized: false,
      // "lax" prevents other sites from posting with a user's session.
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
    }),
  );

  app.get('/login', (req, res) => {
    if (req.session.user) return res.redirect(303, '/');
    sendPage(res, 200, loginPage(SAMPLE_USERS));
  });

  app.post('/login', express.urlencoded({ extended: false, limit: '2kb' }), async (req, res) => {
    const { name, password } = req.body ?? {};
    // A field that was sent twice is an array.
    const isText = typeof name === 'string' && typeof password === 'string';
    if (!isText || !(await isPasswordOf(name, password))) {
      return sendPage(res, 401, loginPage(SAMPLE_USERS, 'The password is wrong.'));
    }
    // A new session prevents session fixation: a known old id must not become logged in.
    await finished((done) => req.session.regenerate(done));
    req.session.user = name;
    res.redirect(303, '/');
  });

  app.post('/logout', async (req, res) => {
    await finished((done) => req.session.destroy(done));
    res.clearCookie(SESSION_COOKIE).redirect(303, '/login');
  });

  /** @type {Middleware} */
  const requireLogin = (req, res, next) => {
    if (req.session.user) next();
    else res.redirect(303, '/login');
  };

  /**
   * The first part of the path is the owner's name. A string comparison is sufficient: the handler
   * accepts one spelling of each path, and refuses "/alice/../bob/" and the like.
   *
   * @type {Middleware}
   */
  const requireOwner = (req, _res, next) => {
    if (req.path.startsWith(`/${req.session.user}/`)) return next();
    log(`${req.session.user}: ${req.method} ${printable(req.path)} is none of theirs`);
    next(notFound());
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

  // The URL does not name the file: find it, then send it.
  app.get('/newest', requireLogin, async (req, res) => {
    const user = String(req.session.user);
    const [newest] = await listDocuments(root, user);
    if (newest === undefined) throw notFound();
    await files.send(req, res, [user, newest.name], { contentDisposition: 'attachment' });
  });

  app.use('/shared', links);

  app.post(
    '/links',
    requireLogin,
    express.urlencoded({ extended: false, limit: '2kb' }),
    async (req, res) => {
      const user = String(req.session.user);
      const name = req.body?.name;
      const documents = await listDocuments(root, user);
      if (!documents.some((document) => document.name === name)) throw notFound();
      const link = links.signer.sign([user, name], { expiresIn: LINK_MINUTES * 60, id: user });
      const url = `${req.protocol}://${req.get('host')}/shared${link}`;
      sendPage(res, 200, linkPage(name, url, LINK_MINUTES));
    },
  );

  app.get('/', requireLogin, async (req, res) => {
    const user = String(req.session.user);
    const senderName = typeof sender === 'string' ? sender : sender.name;
    sendPage(res, 200, documentsPage(user, await listDocuments(root, user), senderName));
  });

  app.use((_req, _res, next) => next(notFound()));

  /** @type {import('express').ErrorRequestHandler} */
  const showError = (error, req, res, next) => {
    if (res.headersSent) return next(error);
    const status = error.status ?? 500;
    if (status >= 500)
      log(`${req.method} ${printable(req.path)} failed: ${printable(error.stack)}`);
    res.set(error.headers);
    sendPage(res, status, errorPage(status));
  };
  app.use(showError);
  return app;
}

/**
 * @param {(done: (error?: unknown) => void) => unknown} call
 * @returns {Promise<void>}
 */
function finished(call) {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}

/** The same error for another user's document and for one that does not exist. */
function notFound() {
  return Object.assign(new Error('Not Found'), { status: 404 });
}
