// @ts-check
// The same document, sent by this process and by the front end.
import { request } from 'node:http';
import { Router } from 'express';
import { findEntry, listDocuments, pathOf } from '../documents.js';
import { hrefOf } from '../format.js';
import { renderPage } from '../render.js';
import { segmentsOf } from './documents.js';

/** @typedef {{ status: string, headers: [name: string, value: string][] }} Head */

/** @param {import('../app.js').Portal} portal */
export function howPage({ root, frontEnd, handshake }) {
  const pages = Router();
  pages.get('/how', async (req, res) => {
    const user = req.session.user;
    const documents = await listDocuments(root, pathOf(user));
    const chosen = segmentsOf(req.query.path);
    const entry = chosen.length > 0 ? await findEntry(root, pathOf(user, chosen)) : documents[0];
    const url = entry && hrefOf('/files/', entry.path);
    const own = `http://127.0.0.1:${req.socket.localPort}`;
    const headers = { Cookie: req.get('cookie') };
    const [direct, offered, sent] = await Promise.all([
      url && headOf(own + url, headers),
      url &&
        frontEnd &&
        headOf(own + url, { ...headers, 'X-Sendfile-Handshake': String(handshake) }),
      url && frontEnd && headOf(frontEnd.url + url, headers),
    ]);
    renderPage(req, res, 'how', {
      title: 'How it is sent',
      ...{ documents, entry, frontEnd, direct, offered, sent },
      differs: sent && direct && differencesOf(direct, sent),
    });
  });
  return pages;
}

/**
 * Requests a document, and returns the head of the response.
 *
 * @param {string} url
 * @param {import('node:http').OutgoingHttpHeaders} headers
 * @returns {Promise<Head>}
 */
function headOf(url, headers) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'HEAD', headers, agent: false }, (res) => {
      res.resume();
      const names = res.rawHeaders.filter((_, index) => index % 2 === 0);
      const values = res.rawHeaders.filter((_, index) => index % 2 === 1);
      resolve({
        status: `HTTP/${res.httpVersion} ${res.statusCode} ${res.statusMessage}`,
        headers: names.map((name, index) => [name, String(values[index])]),
      });
    });
    sent.on('error', reject).end();
  });
}

/**
 * Names of the headers, in lower case, that one of them lacks or that differ.
 *
 * @param {Head} a
 * @param {Head} b
 */
function differencesOf(a, b) {
  const lines = [a, b].map(({ headers }) =>
    headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`),
  );
  const differing = lines.flat().filter((line) => !lines.every((list) => list.includes(line)));
  return new Set(differing.map((line) => line.replace(/:.*/s, '')));
}
