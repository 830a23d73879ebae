import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUrlSigner, type LinkClaims } from '../../lib/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { expectBody, expectOffloaded, expectRefused, expectSentHere } from './expectations.js';
import { LARGE, SECRET, TEN } from './files.js';
import { LINK_SECRET } from './links.js';
import { contentOf, isUrlLegal, names } from './names.js';
import type { Reply } from './site.js';
import { type LinkSite, startLinkSite } from './tokens-site.js';

const START_TIMEOUT_MS = 180_000;
const legalNames = names.filter(({ name }) => isUrlLegal(name));

const ALBUM_PAGE = `<!doctype html><title>Album</title>
<link rel="stylesheet" href="../style.css">
<img src="pictures/Gr%C3%BC%C3%9Fe%20(1).png">
<a href="./notes.txt?print#top">Notes</a>`;
const ALBUM: Readonly<Record<string, string>> = {
  'page.html': ALBUM_PAGE,
  'notes.txt': 'some notes',
  'pictures/Grüße (1).png': 'a picture',
};

function prepare(root: string): void {
  const umask = process.umask(0o022);
  mkdirSync(join(root, 'album/pictures'), { recursive: true });
  for (const [name, text] of Object.entries(ALBUM)) writeFileSync(join(root, 'album', name), text);
  writeFileSync(join(root, 'style.css'), 'none of the album');
  process.umask(umask);
}

describeWithPrograms('authToken() behind nginx', ['nginx'], () => {
  let running: LinkSite | undefined;

  beforeAll(async () => {
    running = await startLinkSite(prepare, { dotfiles: 'allow' });
  }, START_TIMEOUT_MS);

  afterAll(() => running?.close());

  beforeEach(letFilesSettle);
  afterEach(() => jest.restoreAllMocks());

  function site(): LinkSite {
    if (running === undefined) throw new Error('nginx is not running');
    return running;
  }

  function linkTo(path: string, claims?: LinkClaims): string {
    return `/links${site().handler.signer.sign(path, claims)}`;
  }

  /** Of the same secret, by a clock that is slow or fast. */
  function linkMade(secondsFromNow: number, path: string, claims?: LinkClaims): string {
    const now = () => Date.now() + secondsFromNow * 1000;
    return `/links${createUrlSigner(LINK_SECRET, { now }).sign(path, claims)}`;
  }

  /** `max-age` of an answer; nothing else may be in its Cache-Control but `private`. */
  function maxAgeOf({ headers }: Reply): number {
    const [, seconds] = /^private, max-age=(\d+)$/.exec(headers['cache-control'] ?? '') ?? [];
    return Number(seconds);
  }

  describe('a link', () => {
    it.each(legalNames)('makes nginx send a file with $what in its name', async ({ name }) => {
      const reply = await site().ask(linkTo(`names/${name}`));
      expect(reply.status).toBe(200);
      expectBody(reply, contentOf(name));
      expectOffloaded(reply, 'nginx');
    });

    it('adds headers: no Referer, and no caching beyond its expiry', async () => {
      const reply = await site().ask(linkTo('ten.txt', { expiresIn: 50 }));
      expectBody(reply, TEN);
      expectOffloaded(reply, 'nginx');
      expect(reply.headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      expect(maxAgeOf(reply)).toBeGreaterThan(30);
      expect(maxAgeOf(reply)).toBeLessThanOrEqual(50);
    });

    it('adds the same headers to 206 and 304', async () => {
      const target = linkTo('ten.txt', { expiresIn: 50 });
      const { headers } = await site().ask(target);
      for (const [condition, status] of [
        [{ Range: 'bytes=2-4' }, 206],
        [{ 'If-None-Match': headers.etag ?? '' }, 304],
      ] as const) {
        const reply = await site().ask(target, { headers: condition });
        expect(reply.status).toBe(status);
        expect(reply.headers['referrer-policy']).toBe('no-referrer');
        expect(maxAgeOf(reply)).toBeLessThanOrEqual(50);
        expectOffloaded(reply, 'nginx');
      }
    });

    it('is valid for HEAD, and not for POST', async () => {
      const target = linkTo('large.bin');
      const head = await site().ask(target, { method: 'HEAD' });
      expect([head.status, head.headers['content-length']]).toEqual([200, String(LARGE.length)]);
      expectOffloaded(head, 'nginx');
      const post = await site().ask(target, { method: 'POST', headers: { 'Content-Length': '0' } });
      expectRefused(post, 405, 'ERR_XSENDFILE_METHOD_NOT_ALLOWED');
    });

    it('carries the file name for the client, and its id for the outcome', async () => {
      const reply = await site().ask(linkTo('ten.txt', { filename: 'Größe.txt', id: 'order 42' }));
      expectOffloaded(reply, 'nginx');
      expect(reply.headers['content-disposition']).toBe(
        `attachment; filename=Gr__e.txt; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt`,
      );
      expect(reply.account?.outcomes).toMatchObject([{ path: 'ten.txt', tokenId: 'order 42' }]);
    });

    it('gets the same response from the application directly', async () => {
      const target = linkTo('ten.txt', { expiresIn: 50 });
      const reply = await site().askDirectly(target);
      expectBody(reply, TEN);
      expectSentHere(reply, TEN.length);
      expect(reply.headers['referrer-policy']).toBe('no-referrer');
      expect(maxAgeOf(reply)).toBeLessThanOrEqual(50);
    });
  });

  describe('an invalid link', () => {
    const good = () => linkTo('ten.txt');

    it.each<{ what: string; target: () => string; code: Parameters<typeof expectRefused>[2] }>([
      {
        what: 'with another signature',
        target: () => good().replace(/(?<=\/links\/)./, (digit) => (digit === 'A' ? 'B' : 'A')),
        code: 'ERR_XSENDFILE_TOKEN_FORGED',
      },
      {
        what: 'for another file',
        target: () => good().replace('ten.txt', 'large.bin'),
        code: 'ERR_XSENDFILE_TOKEN_FORGED',
      },
      {
        what: 'for the file of that name in another directory',
        target: () => good().replace('ten.txt', 'directory/ten.txt'),
        code: 'ERR_XSENDFILE_TOKEN_FORGED',
      },
      {
        what: 'whose expiry was put off',
        target: () => good().replace(/\.[0-9a-f]{8}\//, '.ffffffff/'),
        code: 'ERR_XSENDFILE_TOKEN_FORGED',
      },
      {
        what: 'that begins later',
        target: () => linkTo('ten.txt', { notBefore: new Date(Date.now() + 60_000) }),
        code: 'ERR_XSENDFILE_TOKEN_NOT_YET_VALID',
      },
      {
        what: 'that is none',
        target: () => '/links/ten.txt',
        code: 'ERR_XSENDFILE_TOKEN_MALFORMED',
      },
      {
        what: 'to a file that is not there',
        target: () => linkTo('no.txt'),
        code: 'ERR_XSENDFILE_NOT_FOUND',
      },
      {
        what: 'to a file outside',
        target: () => linkTo('link-outside.txt'),
        code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
      },
    ])('is answered with 404 if it is one $what', async ({ target, code }) => {
      const reply = await site().ask(target());
      expectRefused(reply, 404, code);
      expectBody(reply, Buffer.from('Not Found\n'));
    });

    it('is answered with 410 if it is genuine and expired', async () => {
      const reply = await site().ask(linkMade(-200, 'ten.txt'));
      expectRefused(reply, 410, 'ERR_XSENDFILE_TOKEN_EXPIRED');
      expectBody(reply, Buffer.from('Gone\n'));
    });

    it.each(['../', '%2e%2e/', '..%2f'])('gives no access by way of %s', async (up) => {
      const target = linkTo('album', { prefix: true });
      const reply = await site().ask(`${target}${up}ten.txt`);
      expect([403, 404]).toContain(reply.status);
      expect(reply.body.includes(TEN)).toBe(false);
    });

    it('gives no access to an internal location of nginx', async () => {
      for (const target of ['/-internal-/ten.txt', '/links/../-internal-/ten.txt']) {
        const reply = await site().ask(target);
        expect(reply.status).toBe(404);
        expect(reply.account).toBeUndefined();
      }
    });
  });

  describe('a link to a directory', () => {
    const page = () => `${linkTo('album', { prefix: true })}page.html`;

    /** As a browser does it. */
    function follow(from: string, reference: string): string {
      const { pathname, search } = new URL(reference, `http://localhost${from}`);
      return `${pathname}${search}`;
    }

    it('gives access to a page and to what it links to below the directory', async () => {
      const reply = await site().ask(page());
      expectBody(reply, Buffer.from(ALBUM_PAGE));
      expectOffloaded(reply, 'nginx');
      expect(reply.headers['content-security-policy']).toBe('sandbox');
      const references = [...String(reply.body).matchAll(/(?:src|href)="(.*?)"/g)];
      const answers: Record<string, number> = {};
      for (const [, reference = ''] of references) {
        const linked = await site().ask(follow(page(), reference));
        answers[reference] = linked.status;
        if (linked.status === 200) expectOffloaded(linked, 'nginx');
      }
      expect(answers).toEqual({
        '../style.css': 404,
        'pictures/Gr%C3%BC%C3%9Fe%20(1).png': 200,
        './notes.txt?print#top': 200,
      });
    });

    it('gives access neither to the directory itself nor to its siblings', async () => {
      const target = linkTo('album', { prefix: true });
      for (const other of [target, target.slice(0, -1), follow(target, '../ten.txt')]) {
        const reply = await site().ask(other);
        expect(reply.status).toBe(404);
        expect(reply.body.includes(SECRET)).toBe(false);
      }
      const renamed = target.replace('/album/', '/directory/');
      expectRefused(await site().ask(`${renamed}inside.txt`), 404, 'ERR_XSENDFILE_TOKEN_FORGED');
    });
  });

  describe('an interrupted download', () => {
    const HALF = 2_000_000;

    it('resumes with a fresh link', async () => {
      const first = await site().ask(linkTo('large.bin'), {
        headers: { Range: `bytes=0-${HALF - 1}` },
      });
      expect(first.status).toBe(206);
      const { etag = '' } = first.headers;
      expect(etag).toMatch(/^"/);

      const headers = { Range: `bytes=${HALF}-`, 'If-Range': etag };
      const late = await site().ask(linkMade(-200, 'large.bin'), { headers });
      expectRefused(late, 410, 'ERR_XSENDFILE_TOKEN_EXPIRED');

      const rest = await site().ask(linkTo('large.bin', { expiresIn: 30 }), { headers });
      expect(rest.status).toBe(206);
      expect(rest.headers['content-range']).toBe(
        `bytes ${HALF}-${LARGE.length - 1}/${LARGE.length}`,
      );
      expect(Buffer.concat([first.body, rest.body]).equals(LARGE)).toBe(true);
      expectOffloaded(rest, 'nginx');
    });

    it('resumes at the application what nginx began, and the other way round', async () => {
      const first = await site().askDirectly(linkTo('large.bin'), {
        headers: { Range: `bytes=0-${HALF - 1}` },
      });
      expectSentHere(first, HALF, 206);
      const rest = await site().ask(linkTo('large.bin'), {
        headers: { Range: `bytes=${HALF}-`, 'If-Range': first.headers.etag ?? '' },
      });
      expect(rest.status).toBe(206);
      expect(Buffer.concat([first.body, rest.body]).equals(LARGE)).toBe(true);
      expectOffloaded(rest, 'nginx');
    });

    it('starts again when the file has changed', async () => {
      const headers = { Range: `bytes=${HALF}-`, 'If-Range': '"65e1c5a0-500000"' };
      const reply = await site().ask(linkTo('large.bin'), { headers });
      expect(reply.status).toBe(200);
      expectBody(reply, LARGE);
    });
  });
});
