// @ts-check
// Pages from the templates in views/.
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import helmet from 'helmet';
import { formatCount, formatDate, formatDuration, formatSize, hrefOf } from './format.js';
import { icon } from './icons.js';
import { formTokenOf } from './sessions.js';
import { userOf } from './users.js';

const eta = new Eta({ views: fileURLToPath(new URL('views', import.meta.url)), cache: true });

/** Sets the headers of pages: no inline scripts, nothing from other sites. */
export const protectPages = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      mediaSrc: ["'self'"],
      frameSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  },
  // A link is as good as a password: other sites must not learn it.
  referrerPolicy: { policy: 'same-origin' },
  // The portal itself does not know whether it has HTTPS.
  strictTransportSecurity: false,
});

/** What every template may use, as `it`. */
const HELPERS = { formatCount, formatDate, formatDuration, formatSize, hrefOf, icon };

/**
 * Sends a page.
 *
 * @param {import('express').Request} req
 * @param {import('express').Response} res
 * @param {string} view - name of the template
 * @param {{ title: string, [name: string]: unknown }} data
 */
export function renderPage(req, res, view, data) {
  const { user, notice } = req.session;
  delete req.session.notice;
  const page = eta.render(view, {
    ...HELPERS,
    user,
    isAdmin: userOf(user)?.isAdmin === true,
    notice,
    current: req.baseUrl + req.path,
    token: () => formTokenOf(req),
    ...data,
  });
  res.set('Cache-Control', 'no-store').type('html').send(page);
}

/**
 * Sends the browser to another page, which reports what was done.
 *
 * @param {import('express').Request} req
 * @param {import('express').Response} res
 * @param {string} url
 * @param {string} text
 * @param {{ isError?: boolean }} [options]
 */
export function redirectWith(req, res, url, text, { isError = false } = {}) {
  req.session.notice = { isError, text };
  // Scripts follow the redirect themselves: the page must report it to the user.
  if (req.accepts(['html', 'json']) === 'json') res.json({ url });
  else res.redirect(303, url);
}
