import express from 'express';
import request from 'supertest';
import { authToken, offload } from '../../lib/index.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

/** authToken(), its files and the calls of offload() share cached files, but never a head. */

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({ 'a.txt': 'text' });

it.each(['get', 'head'] as const)(
  '%s in alternation gets the headers of each way in',
  async (method) => {
    const downloads = authToken(SECRET, root, { maxLifetime: 3600 });
    const app = express();
    app.use('/links', downloads);
    app.use('/files', downloads.files);
    app.use('/offloaded', offload(downloads.files));
    app.get('/offloaded/day', (_req, res) => res.sendFile(`${root}/a.txt`, { maxAge: '1d' }));
    app.get('/offloaded/saved', (_req, res) => res.download(`${root}/a.txt`));
    const link = `/links${downloads.signer.sign('a.txt', { expiresIn: 3000 })}`;
    const expected: readonly [string, RegExp, string | undefined][] = [
      [link, /^private, max-age=(?:3000|29\d\d)$/, undefined],
      ['/files/a.txt', /^private, no-cache$/, undefined],
      ['/offloaded/day', /^public, max-age=86400$/, undefined],
      ['/offloaded/saved', /^private, no-cache$/, 'attachment; filename=a.txt'],
    ];
    const { headers } = await request(app).get('/files/a.txt');
    for (const round of [1, 2, 3]) {
      for (const [target, cacheControl, disposition] of expected) {
        const response = await request(app)
          [method](target)
          .expect(200)
          .expect('Cache-Control', cacheControl)
          .expect('Content-Length', '4');
        expect([round, response.headers['content-disposition']]).toEqual([round, disposition]);
        const notModified = await request(app)
          [method](target)
          .set('If-None-Match', String(headers.etag))
          .expect(304);
        expect(notModified.headers).not.toHaveProperty('content-type');
      }
    }
  },
);
