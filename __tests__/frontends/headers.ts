import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { passesContentEncoding, passesHeaders, passesValidators, withoutEtag } from './cases.js';
import { expectBody, expectOffloaded, expectRefused, expectSentHere } from './expectations.js';
import { LARGE, PACKED, PAGE, TEN } from './files.js';
import type { Reply, Site } from './site.js';

export function describeHeaders(name: FrontEndName, site: () => Site): void {
  describe("the application's headers", () => {
    it.each([
      { what: 'a file', details: {}, status: 200 },
      { what: 'HEAD', details: { method: 'HEAD' }, status: 200 },
      { what: 'a part of a file', details: { headers: { Range: 'bytes=2-4' } }, status: 206 },
    ])('reach the client with $what', async ({ details, status }) => {
      const reply = await site().ask('/dressed/ten.txt', details);
      expect(reply.status).toBe(status);
      expect(reply.headers).toMatchObject({
        // A part that this process sends says more.
        'cache-control': expect.stringMatching(/^private, max-age=60(, no-transform)?$/),
        'content-disposition': 'attachment; filename="report.txt"',
        'content-security-policy': "default-src 'none'",
        'content-type': 'text/plain; charset=utf-8',
        'set-cookie': 'a=1; Path=/, b=2; HttpOnly',
        // Apache writes lists without spaces.
        vary: expect.stringMatching(/^Cookie, ?Sec-Fetch-Site, ?Sec-Fetch-Mode, ?Sec-Fetch-Dest$/),
        'x-content-type-options': 'nosniff',
      });
      expectDressed(reply);
    });

    it('are not on a refusal', async () => {
      const reply = await site().ask('/dressed/no.txt');
      expectRefused(reply, 404, 'ERR_XSENDFILE_NOT_FOUND');
      expect(reply.headers['set-cookie']).toBe('a=1; Path=/, b=2; HttpOnly');
    });

    it('are sent together with the sandbox of a page', async () => {
      const reply = await site().ask('/files/page.html');
      expectBody(reply, PAGE);
      expect(reply.headers).toMatchObject({
        'content-security-policy': 'sandbox',
        'content-type': 'text/html; charset=utf-8',
      });
      expectDressed(reply);
    });

    it('may contain a policy of helmet, to which the sandbox of a page is added', async () => {
      const reply = await site().ask('/helmeted/page.html');
      expectBody(reply, PAGE);
      expect(reply.headers['content-security-policy']).toMatch(/^default-src 'self';.*, sandbox$/);
      expectDressed(reply);
    });

    it('cannot make the front end send another file', async () => {
      const reply = await site().ask('/confused/ten.txt');
      expect(reply.status).toBe(200);
      expectBody(reply, TEN);
      expectOffloaded(reply, name);
    });

    it('may limit the rate, where the front end can do that', async () => {
      const began = performance.now();
      const reply = await site().ask('/tuned/large.bin');
      expect(reply.status).toBe(200);
      expectBody(reply, LARGE);
      expectOffloaded(reply, name);
      // 5 MiB at 2 MB a second, the first second of which nginx does not count.
      const takesTime = name === 'nginx' || name === 'lighttpd';
      if (takesTime) expect(performance.now() - began).toBeGreaterThan(1000);
    });

    it('cannot make the front end send a file instead of a refusal', async () => {
      expectRefused(await site().ask('/confused/no.txt'), 404, 'ERR_XSENDFILE_NOT_FOUND');
    });
  });

  describe('Content-Encoding', () => {
    const packed = { 'content-type': 'application/gzip' };
    const unpacked = { 'content-type': 'text/plain; charset=utf-8', 'content-encoding': 'gzip' };

    it.each([
      {
        what: 'a compressed text file',
        target: '/files/notes.txt.gz',
        accept: 'gzip',
        expected: passesContentEncoding[name] ? unpacked : packed,
        vary: passesContentEncoding[name] ? 'Accept-Encoding, ' : '',
      },
      {
        what: 'a compressed text file to a client that accepts no gzip',
        target: '/files/notes.txt.gz',
        accept: 'gzip;q=0, identity',
        expected: packed,
        vary: passesContentEncoding[name] ? 'Accept-Encoding, ' : '',
      },
      {
        what: 'a compressed text file to a client without Accept-Encoding',
        target: '/files/notes.txt.gz',
        accept: undefined,
        expected: passesContentEncoding[name] ? unpacked : packed,
        vary: passesContentEncoding[name] ? 'Accept-Encoding, ' : '',
      },
      {
        what: 'a compressed text file as an attachment',
        target: '/dressed/notes.txt.gz',
        accept: 'gzip',
        expected: packed,
        vary: 'Cookie, ',
      },
      {
        what: 'an archive',
        target: '/files/backup.tar.gz',
        accept: 'gzip',
        expected: packed,
        vary: '',
      },
    ])('is right for $what', async ({ target, accept, expected, vary }) => {
      const headers = accept === undefined ? {} : { 'Accept-Encoding': accept };
      const reply = await site().ask(target, { headers });
      expect(reply.status).toBe(200);
      expectBody(reply, PACKED);
      expect(reply.headers).toMatchObject(expected);
      if (expected === packed) expect(reply.headers).not.toHaveProperty('content-encoding');
      expect(reply.headers.vary?.replace(/, ?/g, ', ')).toBe(
        `${vary}Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest`,
      );
      if (vary === '') expectOffloaded(reply, name);
      else expectDressed(reply);
    });
  });

  describe('validators', () => {
    it('are weak for a file that has just changed, where the application makes them', async () => {
      jest.restoreAllMocks();
      const file = join(site().root, 'fresh.txt');
      writeFileSync(file, TEN);
      utimesSync(file, 0x5000_0000, 0x5000_0000);
      const reply = await site().ask('/files/fresh.txt');
      const { etag = '' } = reply.headers;
      if (passesValidators[name]) expect(etag).toMatch(/^W\/"50000000-a-[0-9a-f]+"$/);
      else expect(etag).toMatch(/^"/);
      expectBody(reply, TEN);
      const again = await site().ask('/files/fresh.txt', { headers: { 'If-None-Match': etag } });
      expect(again.status).toBe(304);
    });

    it('are those of the front end, or none, if the application sends none', async () => {
      const reply = await site().ask('/without-etag/ten.txt');
      const { etag, cacheControl } = withoutEtag[name];
      expect(reply.headers.etag).toMatch(etag);
      expect(reply.headers['cache-control']).toBe(cacheControl);
      expectBody(reply, TEN);
      expectOffloaded(reply, name);
    });
  });

  describe('a status of the application', () => {
    it.each([
      { what: 'a file', headers: {} },
      { what: 'a range', headers: { Range: 'bytes=2-4' } },
      { what: 'a condition', headers: { 'If-None-Match': '*' } },
    ])('is kept, with the whole file, for $what', async ({ headers }) => {
      const reply = await site().ask('/gone/ten.txt', { headers });
      expect(reply.status).toBe(404);
      expectBody(reply, TEN);
      expectSentHere(reply, TEN.length, 404);
    });

    it('is kept for HEAD', async () => {
      const reply = await site().ask('/gone/ten.txt', { method: 'HEAD' });
      expect(reply.status).toBe(404);
      expect(reply.headers['content-length']).toBe('10');
      expect(reply.body.length).toBe(0);
      expectSentHere(reply, 0, 404);
    });
  });

  /** With headers that some front ends forget. */
  function expectDressed(reply: Reply): void {
    if (passesHeaders[name]) expectOffloaded(reply, name);
    else expect(reply.account?.outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
  }
}
