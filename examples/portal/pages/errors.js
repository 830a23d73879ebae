// @ts-check
import { notFound } from '../documents.js';
import { printable } from '../log.js';
import { protectPages, renderPage } from '../render.js';

/** @type {Record<number, [title: string, text: string]>} */
const ERRORS = {
  400: ['Not understood', 'The request is invalid.'],
  403: ['Not allowed', 'That path is outside of your documents, or the page has expired.'],
  404: ['Not found', 'There is no such document.'],
  405: ['Not allowed', 'Documents can only be read.'],
  410: [
    'No longer available',
    'This link has expired, was used up or was revoked. Ask for a new one.',
  ],
  413: ['Too large', 'That is more than the portal accepts.'],
};

/**
 * Handles requests that match no page, and all errors. Refusals of xsendfile are errors with `status` and `headers`.
 *
 * @param {(line: string) => void} log
 * @returns {[import('express').RequestHandler, import('express').ErrorRequestHandler]}
 */
export function renderErrors(log) {
  return [
    (_req, _res, next) => next(notFound()),
    (error, req, res, next) => {
      if (res.headersSent) return next(error);
      const status = error.status ?? 500;
      if (status >= 500) {
        log(`${req.method} ${printable(req.path)} failed: ${printable(error.stack)}`);
      }
      const [title, text] =
        status === 422
          ? ['Not possible', error.message]
          : (ERRORS[status] ?? ['Error', 'An error occurred. Try again later.']);
      protectPages(req, res, () => {
        res.status(status).set(error.headers);
        renderPage(req, res, 'error', { title, text, status });
      });
    },
  ];
}
