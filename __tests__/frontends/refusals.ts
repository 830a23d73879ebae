import type { FrontEndName } from '../helpers/front-end-server.js';
import { itAsRoot } from '../helpers/needs.js';
import { refusalCases, targetCases, unreadableStatus } from './cases.js';
import { expectBody, expectOffloaded, expectRefused, expectSentHere } from './expectations.js';
import { SECRET, TEN } from './files.js';
import type { Site } from './site.js';

const METHODS = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

export function describeRefusals(name: FrontEndName, site: () => Site): void {
  describe('refusals', () => {
    it.each(refusalCases)('answers 404 for $what', async ({ target, code }) => {
      const reply = await site().ask(target);
      expectRefused(reply, 404, code);
      expectBody(reply, Buffer.from('Not Found\n'));
    });

    it('answers HEAD for a missing file without a body', async () => {
      const reply = await site().ask('/files/no.txt', { method: 'HEAD' });
      expectRefused(reply, 404, 'ERR_XSENDFILE_NOT_FOUND');
      expect(reply.body.length).toBe(0);
    });

    it('answers 404 for a missing file, whatever range is requested', async () => {
      const reply = await site().ask('/files/no.txt', { headers: { Range: 'bytes=0-1' } });
      expectRefused(reply, 404, 'ERR_XSENDFILE_NOT_FOUND');
    });

    it.each(METHODS)('answers 405 for %s', async (method) => {
      const headers = { 'Content-Length': '0' };
      const reply = await site().ask('/files/ten.txt', { method, headers });
      expectRefused(reply, 405, 'ERR_XSENDFILE_METHOD_NOT_ALLOWED');
      expect(reply.headers.allow).toBe('GET, HEAD');
    });

    itAsRoot('shows nothing of a file that only the application can read', async () => {
      const reply = await site().ask('/files/private.txt');
      expect(reply.status).toBe(unreadableStatus[name]);
      expect(reply.body.includes(SECRET)).toBe(false);
      expectOffloaded(reply, name);
      const direct = await site().askDirectly('/files/private.txt');
      expect(direct.status).toBe(200);
      expectBody(direct, SECRET);
      expectSentHere(direct, SECRET.length);
    });
  });

  describe('request targets', () => {
    it.each(targetCases)('answers $target', async ({ target, verdict }) => {
      const [status, by] = verdict[name];
      const reply = await site().ask(target);
      expect(reply.status).toBe(status);
      expect(reply.body.includes(SECRET)).toBe(false);
      if (status === 200) {
        expectBody(reply, TEN);
        expectOffloaded(reply, name);
      } else if (by === 'the handler') {
        expectRefused(reply, status);
      } else if (by === 'the router') {
        expect(reply.account?.outcomes).toEqual([]);
      } else {
        expect(reply.account).toBeUndefined();
      }
    });
  });
}
