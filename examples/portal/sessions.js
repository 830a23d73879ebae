// @ts-check
// Sessions, and the protection of forms against other sites.
import { randomBytes } from 'node:crypto';
import { csrfSync } from 'csrf-sync';
import express from 'express';
import session from 'express-session';
import { userOf } from './users.js';

/** @typedef {(...args: Parameters<import('express').RequestHandler>) => void} Middleware */

const LOGIN = '/login';
const SESSION_COOKIE = 'portal.sid';
const EIGHT_HOURS_MS = 8 * 60 * 60 * 1000;

export function createSessions() {
  return session({
    name: SESSION_COOKIE,
    // A new secret at each start: sessions are in memory, and end with the process anyway.
    secret: randomBytes(32).toString('base64url'),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: EIGHT_HOURS_MS },
  });
}

const csrf = csrfSync({ size: 32, getTokenFromRequest: (req) => req.body?._csrf });

/** Returns the token that the forms of a page contain. */
export const formTokenOf = csrf.generateToken;

/** Whether the form in `req.body` is from a page of this session. */
export const isOwnForm = csrf.isRequestValid;

/** Reads a form; answers 403 if it is not from a page of this session. */
export const readForm = express
  .Router()
  .use(express.urlencoded({ extended: false, limit: '32kb' }), csrf.csrfSynchronisedProtection);

/**
 * Starts a new session, which prevents session fixation: a known old id must not become logged in.
 *
 * @param {import('express').Request} req
 * @param {string} user
 */
export async function logIn(req, user) {
  await finished((done) => req.session.regenerate(done));
  req.session.user = user;
}

/**
 * @param {import('express').Request} req
 * @param {import('express').Response} res
 */
export async function logOut(req, res) {
  await finished((done) => req.session.destroy(done));
  res.clearCookie(SESSION_COOKIE);
}

/** @type {Middleware} */
export function requireLogin(req, res, next) {
  if (req.session.user) next();
  else askToLogIn(req, res);
}

/**
 * Sends the browser to the login page. Scripts get 401: for them, that page would look like a success.
 *
 * @param {import('express').Request} req
 * @param {import('express').Response} res
 */
export function askToLogIn(req, res) {
  if (req.accepts(['html', 'json']) === 'json') res.status(401).json({ url: LOGIN });
  else res.redirect(303, LOGIN);
}

/**
 * Whether the session has not ended since the request began.
 *
 * @param {import('express').Request} req
 * @returns {Promise<boolean>}
 */
export function isLoggedIn(req) {
  return new Promise((resolve) => {
    req.sessionStore.get(req.sessionID, (_error, session) => resolve(session?.user !== undefined));
  });
}

/** @type {Middleware} */
export function requireAdmin(req, res, next) {
  if (userOf(req.session.user)?.isAdmin) next();
  else if (req.session.user) next(Object.assign(new Error('Not Found'), { status: 404 }));
  else askToLogIn(req, res);
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
