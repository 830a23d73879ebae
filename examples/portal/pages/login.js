// @ts-check
// Login and logout.
import { Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { renderPage } from '../render.js';
import { logIn, logOut, readForm } from '../sessions.js';
import { isPasswordOf, SAMPLE_USERS } from '../users.js';

const MAX_FAILURES = 10;
const FIFTEEN_MINUTES_MS = 15 * 60 * 1000;

export function loginPages() {
  const pages = Router();

  /**
   * @param {import('express').Request} req
   * @param {import('express').Response} res
   * @param {string} [error]
   */
  const showLogin = (req, res, error) =>
    renderPage(req, res, 'login', { title: 'Log in', sampleUsers: SAMPLE_USERS, error });

  // By address: a check costs CPU time, and guessing must be slow.
  const throttle = rateLimit({
    windowMs: FIFTEEN_MINUTES_MS,
    limit: MAX_FAILURES,
    skipSuccessfulRequests: true,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (req, res) => {
      showLogin(req, res.status(429), 'Too many attempts. Wait a quarter of an hour.');
    },
  });

  pages.get('/login', (req, res) => {
    if (req.session.user) return res.redirect(303, '/');
    showLogin(req, res);
  });

  pages.post('/login', throttle, readForm, async (req, res) => {
    const { name, password } = req.body;
    // A field that was sent twice is an array.
    const isText = typeof name === 'string' && typeof password === 'string';
    if (!isText || !(await isPasswordOf(name, password))) {
      return showLogin(req, res.status(401), 'The password is wrong.');
    }
    await logIn(req, name);
    res.redirect(303, '/');
  });

  pages.post('/logout', readForm, async (req, res) => {
    await logOut(req, res);
    res.redirect(303, '/login');
  });

  return pages;
}
