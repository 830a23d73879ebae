import express from 'express';
import { authToken, offload } from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

/** authToken(), its files and the calls of offload() share cached files, but never a head. */

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({ 'a.txt': 'text' });

it.each(['GET', 'HEAD'])('%s in alternation gets the headers of each way in', async (method) => {
  const downloads = authToken(SECRET, root, { maxLifetime: 3600 });
  const app = express();
  app.use('/links', downloads);
  app.use('/files', downloads.files);
  app.use('/offloaded', offload(downloads.files));
  app.get('/offloaded/day', (_req, res) => res.sendFile(`${root}/a.txt`, { maxAge: '1d' }));
  app.get('/offloaded/saved', (_req, res) => res.download(`${root}/a.txt`));
  const { check, request } = await listenWith(app);
  const link = `/links${downloads.signer.sign('a.txt', { expiresIn: 3000 })}`;
  const expected: readonly [string, string | RegExp, string | null][] = [
    [link, /^private, max-age=(?:3000|2999|29\d\d)$/, null],
    ['/files/a.txt', 'private, no-cache', null],
    ['/offloaded/day', 'public, max-age=86400', null],
    ['/offloaded/saved', 'private, no-cache', 'attachment; filename=a.txt'],
  ];
  const { headers } = await request({ target: '/files/a.txt' });
  for (const round of [1, 2, 3]) {
    for (const [target, cacheControl, disposition] of expected) {
      const response = await check(
        { method, target },
        { status: 200, headers: { 'Content-Disposition': disposition, 'Content-Length': '4' } },
      );
      expect([round, response.headers['cache-control']]).toEqual([
        round,
        typeof cacheControl === 'string' ? cacheControl : expect.stringMatching(cacheControl),
      ]);
      const fresh = { 'If-None-Match': String(headers.etag) };
      const notModified = await check({ method, target, headers: fresh }, { status: 304 });
      expect(notModified.headers).not.toHaveProperty('content-type');
    }
  }
});
