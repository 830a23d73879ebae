import type { Outcome, XSendfileOptions } from '../../../lib/index.js';
import { createFixture } from '../../helpers/check.js';
import { Connection, type RawRequest, type RawResponse } from '../../helpers/raw-request.js';
import { letFilesSettle } from '../../helpers/settled-files.js';
import { createTree } from '../../helpers/tree.js';

/** With the cache, without it, known or not: the same request gets the same answer. */

const LAST_MODIFIED = 'Fri, 01 Mar 2024 12:00:00 GMT';
const root = createTree({
  'notes.txt': 'some notes',
  'empty.bin': '',
  'page.html': '<p>active</p>',
  'packed.txt.gz': 'not really packed',
  'dir/grüße & co.pdf': 'a document',
  'one-read.bin': Buffer.alloc(100_000, 'one read'),
  'kept.bin': Buffer.alloc(300_000, 'several writes'),
  'pumped.bin': Buffer.alloc(1_500_000, 'never kept'),
  'link.txt': { link: 'notes.txt' },
  linked: { link: 'dir' },
  outside: { link: '/etc' },
  dangling: { link: 'nowhere' },
  '.hidden/file.txt': 'hidden',
});

const TARGETS = [
  '/notes.txt',
  '/empty.bin',
  '/page.html',
  '/packed.txt.gz',
  '/dir/gr%C3%BC%C3%9Fe%20%26%20co.pdf',
  '/one-read.bin',
  '/kept.bin',
  '/pumped.bin',
  '/link.txt',
  '/linked/gr%C3%BC%C3%9Fe%20%26%20co.pdf',
  '/outside/passwd',
  '/dangling',
  '/dir',
  '/.hidden/file.txt',
  '/missing.txt',
  '/../notes.txt',
];
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  {},
  { Range: 'bytes=2-5' },
  { Range: 'bytes=-3' },
  { Range: 'bytes=0-1,4-5' },
  { Range: 'bytes=99999999-' },
  { 'If-None-Match': '*' },
  { 'If-None-Match': '"another"' },
  { 'If-Match': '"another"' },
  { 'If-Modified-Since': LAST_MODIFIED },
  { 'If-Unmodified-Since': 'Fri, 01 Mar 2020 12:00:00 GMT' },
  { Range: 'bytes=2-5', 'If-Range': LAST_MODIFIED },
  { 'Accept-Encoding': 'identity' },
];
const METHODS = ['GET', 'HEAD', 'POST'];
const REQUESTS: readonly RawRequest[] = TARGETS.flatMap((target) =>
  HEADERS.flatMap((headers) => METHODS.map((method) => ({ method, target, headers }))),
);

const OPTIONS: readonly XSendfileOptions[] = [
  {},
  { disposition: 'attachment', etag: false, maxAge: '1h', acceptRanges: false },
  { symlinks: 'follow', dotfiles: 'allow', contentEncoding: false, lastModified: false },
  { sender: 'nginx', handshake: false },
  { sender: 'apache', handshake: false },
  { setHeaders: (res) => void res.setHeader('X-Hook', 'called'), etag: () => 'own' },
];

beforeAll(letFilesSettle);

describe.each(OPTIONS)('a handler with %j', (options) => {
  it('gives the same responses with and without a cache', async () => {
    const without = await createFixture(root, { ...options, cache: false });
    const cached = await createFixture(root, options);
    const client = await Connection.open(without.port);
    const clientOfCached = await Connection.open(cached.port);
    for (const request of REQUESTS) {
      const expected = comparable(await client.request(request));
      const outcome = outcomeOf(without.outcomes.at(-1));
      // Asked for the first time by somebody, kept, and known.
      for (let count = 0; count < 3; count += 1) {
        const answer = comparable(await clientOfCached.request(request));
        expect([request, answer]).toEqual([request, expected]);
        expect([request, outcomeOf(cached.outcomes.at(-1))]).toEqual([request, outcome]);
      }
    }
    client.destroy();
    clientOfCached.destroy();
  });
});

/** All but what is new in each answer. */
function comparable({ status, headers, body }: RawResponse): unknown {
  const { date: _, ...rest } = headers;
  const boundary = /boundary=([^;]+)/.exec(rest['content-type'] ?? '')?.[1];
  const replace = (text: string): string =>
    boundary === undefined ? text : text.replaceAll(boundary, 'boundary');
  return {
    status,
    headers: Object.fromEntries(
      Object.entries(rest)
        .map(([name, value]) => [name, replace(value)])
        .sort(),
    ),
    body: replace(body.toString('latin1')),
  };
}

function outcomeOf(outcome: Outcome | undefined): unknown {
  if (outcome === undefined) return undefined;
  const { startedAt: _, durationMs: __, ...rest } = outcome;
  return rest;
}
