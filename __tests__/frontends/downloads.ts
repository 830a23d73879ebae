import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrontEndName } from '../helpers/front-end-server.js';
import {
  conditionCases,
  headRangeStatus,
  passesHeaders,
  passesValidators,
  type RangeAnswer,
  rangeCases,
  reusesConnections,
  type Validators,
} from './cases.js';
import { expectBody, expectOffloaded, expectRefused, expectSentHere } from './expectations.js';
import { LARGE, PAGE, TEN } from './files.js';
import type { Reply, Site } from './site.js';

const KEPT_TIMEOUT_MS = 180_000;

const CONTENTS: Readonly<Record<string, Buffer>> = {
  'ten.txt': TEN,
  'large.bin': LARGE,
  'empty.txt': Buffer.alloc(0),
  'page.html': PAGE,
  'directory/inside.txt': TEN,
  'link-inside.txt': TEN,
};

export function describeDownloads(name: FrontEndName, site: () => Site): void {
  describe('whole files', () => {
    it.each(Object.keys(CONTENTS))('sends %s byte for byte', async (file) => {
      const reply = await site().ask(`/files/${file}`);
      expect(reply.status).toBe(200);
      expectBody(reply, CONTENTS[file] as Buffer);
      // With a policy, which h2o would forget.
      if (file === 'page.html' && !passesHeaders[name]) expectSentHere(reply, PAGE.length);
      else expectOffloaded(reply, name);
    });

    it('sends the headers of a file', async () => {
      const { headers } = await site().ask('/files/ten.txt');
      expect(headers).toMatchObject({
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache',
        'content-type': 'text/plain; charset=utf-8',
        etag: expect.stringMatching(name === 'caddy' ? /^"[0-9a-z]+"$/ : /^"[0-9a-f]+-a"$/),
        'x-content-type-options': 'nosniff',
      });
      expect(Date.parse(headers['last-modified'] ?? '')).toBeLessThanOrEqual(Date.now());
      expect(headers).not.toHaveProperty('transfer-encoding');
    });

    it('sends the same validators as the application', async () => {
      const { headers } = await site().ask('/files/ten.txt');
      const { etag, 'last-modified': lastModified } = headers;
      const direct = await site().askDirectly('/files/ten.txt');
      expect(direct.headers['last-modified']).toBe(lastModified);
      // Caddy has a form of its own.
      if (name !== 'caddy') expect(direct.headers.etag).toBe(etag);
    });

    it.each(['ten.txt', 'large.bin'])('answers HEAD for %s with its size', async (file) => {
      const reply = await site().ask(`/files/${file}`, { method: 'HEAD' });
      expect(reply.status).toBe(200);
      expect(reply.headers['content-length']).toBe(String(CONTENTS[file]?.length));
      expect(reply.body.length).toBe(0);
      expectOffloaded(reply, name);
    });

    it('sends files of a handler at another mount path', async () => {
      const reply = await site().ask('/docs/directory/inside.txt');
      expect(reply.status).toBe(200);
      expectBody(reply, TEN);
      expectOffloaded(reply, name);
    });
  });

  describe('ranges', () => {
    it.each(rangeCases)('answers $range of $file ($what)', async (each) => {
      const { range, file, expected, isSentHere } = each;
      const reply = await site().ask(`/files/${file}`, { headers: { Range: range } });
      expectRange(reply, CONTENTS[file] as Buffer, expected[name]);
      if (isSentHere !== true) return expectOffloaded(reply, name);
      const { nginx: sent } = expected;
      if (sent.status === 416) return expectRefused(reply, 416);
      const { length = 0 } = 'body' in sent ? sent.body : (CONTENTS[file] ?? []);
      expectSentHere(reply, length, sent.status);
    });

    it.each([
      ['bytes=99-', 'ten.txt', 10],
      ['bytes=5-9', 'empty.txt', 0],
    ])('answers HEAD with %s of %s, which does not apply to it', async (Range, file, size) => {
      const reply = await site().ask(`/files/${file}`, { method: 'HEAD', headers: { Range } });
      // Apache removes a length of 0.
      const { 'content-length': length = '0' } = reply.headers;
      expect([reply.status, length]).toEqual([200, String(size)]);
      expectSentHere(reply, 0);
    });

    it('answers HEAD with a range', async () => {
      const headers = { Range: 'bytes=2-4' };
      const reply = await site().ask('/files/ten.txt', { method: 'HEAD', headers });
      expect(reply.status).toBe(headRangeStatus[name]);
      expect(reply.headers['content-length']).toBe(reply.status === 206 ? '3' : '10');
      expect(reply.body.length).toBe(0);
      expectOffloaded(reply, name);
    });
  });

  describe('conditions', () => {
    it.each(conditionCases)('answers a request with $what', async ({ headers, status }) => {
      const current = await validatorsOf(site(), '/files/ten.txt');
      const reply = await site().ask('/files/ten.txt', { headers: headers(current) });
      expect(reply.status).toBe(status[name]);
      expectOffloaded(reply, name);
      if (reply.status === 200) expectBody(reply, TEN);
      if (reply.status === 206) expectBody(reply, TEN.subarray(0, 5));
      if (reply.status === 304) {
        expect(reply.body.length).toBe(0);
        expect(reply.headers).toMatchObject({
          etag: current.etag,
          'cache-control': 'private, no-cache',
        });
      }
    });

    it('does not mix versions that have the same time and size, if the time says nothing', async () => {
      const file = join(site().root, 'image.bin');
      const write = (content: Buffer) => {
        writeFileSync(file, content);
        utimesSync(file, 1, 1);
      };
      write(TEN);
      const { etag, lastModified } = await validatorsOf(site(), '/files/image.bin');
      const changed = Buffer.from('abcdefghij');
      write(changed);
      for (const headers of [
        { 'If-Range': etag, Range: 'bytes=5-' },
        { 'If-Range': lastModified, Range: 'bytes=5-' },
        { 'If-Modified-Since': lastModified },
      ]) {
        const reply = await site().ask('/files/image.bin', { headers });
        expect([headers, reply.status]).toEqual([headers, 200]);
        expectBody(reply, changed);
        expectSentHere(reply, changed.length);
        expect(reply.headers.etag).not.toBe(etag);
      }
      const tag = passesValidators[name] ? etag : '"another"';
      const reply = await site().ask('/files/image.bin', { headers: { 'If-None-Match': tag } });
      expect(reply.status).toBe(200);
      expectOffloaded(reply, name);
    });

    it('sends the new version to a client that has the old one', async () => {
      const target = '/files/changing.txt';
      const old = await validatorsOf(site(), target);
      const file = join(site().root, 'changing.txt');
      const changed = Buffer.from('9876543210 and more');
      const later = Date.parse(old.lastModified) / 1000 + 60;
      writeFileSync(file, changed);
      utimesSync(file, later, later);

      for (const headers of [
        { 'If-None-Match': old.etag },
        { 'If-Modified-Since': old.lastModified },
        { 'If-Range': old.etag, Range: 'bytes=5-' },
        { 'If-Range': old.lastModified, Range: 'bytes=5-' },
      ]) {
        const reply = await site().ask(target, { headers });
        expect([headers, reply.status]).toEqual([headers, 200]);
        expectBody(reply, changed);
        expect(reply.headers.etag).not.toBe(old.etag);
        expectOffloaded(reply, name);
      }
    });
  });

  describe('connections', () => {
    const files = Object.keys(CONTENTS);
    const paths = Array.from(
      { length: 200 },
      (_, index) => `/files/${files[index % files.length]}`,
    );

    it(
      'sends 200 files on one connection',
      async () => {
        const before = site().countConnections();
        const answers = await site().askInTurn(paths);
        const good = answers.filter(
          ({ status, body }, index) =>
            status === 200 && body.equals(CONTENTS[files[index % files.length] ?? ''] as Buffer),
        );
        expect(good).toHaveLength(200);
        if (reusesConnections[name] === true) {
          expect(site().countConnections() - before).toBeLessThanOrEqual(1);
        }
      },
      KEPT_TIMEOUT_MS,
    );

    const { [name]: reuse } = reusesConnections;
    if (typeof reuse === 'object') {
      it.skip(`uses one connection to the application (impossible: ${reuse.impossible})`, () => {});
    }
  });
}

async function validatorsOf(site: Site, target: string): Promise<Validators> {
  const { headers } = await site.ask(target);
  const { etag = '', 'last-modified': lastModified = '' } = headers;
  expect(etag).toMatch(/^"[0-9a-z]+(?:-[0-9a-f]+)*"$/);
  expect(Date.parse(lastModified)).not.toBeNaN();
  return { etag, lastModified };
}

function expectRange(reply: Reply, file: Buffer, expected: RangeAnswer): void {
  expect(reply.status).toBe(expected.status);
  if ('parts' in expected) {
    const parts = partsOf(reply);
    expect(parts.map(({ contentRange }) => contentRange)).toEqual(
      expected.parts.map(([first, last]) => `bytes ${first}-${last}/${file.length}`),
    );
    for (const [index, [first, last]] of expected.parts.entries()) {
      expect(parts[index]?.content.equals(file.subarray(first, last + 1))).toBe(true);
    }
    return;
  }
  expect(reply.headers['content-range']).toBe(
    'contentRange' in expected ? expected.contentRange : undefined,
  );
  if (expected.status === 200) expectBody(reply, file);
  if (expected.status === 206) expectBody(reply, expected.body);
}

interface Part {
  readonly contentRange: string | undefined;
  readonly content: Buffer;
}

/** RFC 9110 §14.6. */
function partsOf({ headers, body }: Reply): Part[] {
  const type = /^multipart\/byteranges; *boundary="?([^"]+)"?$/.exec(headers['content-type'] ?? '');
  expect(type).not.toBeNull();
  expect(headers['content-length']).toBe(String(body.length));
  return body
    .toString('latin1')
    .split(`--${type?.[1]}`)
    .slice(1, -1)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n');
      return {
        contentRange: /^content-range: *(.*)$/im.exec(part.slice(0, end))?.[1],
        content: Buffer.from(part.slice(end + 4, -2), 'latin1'),
      };
    });
}
