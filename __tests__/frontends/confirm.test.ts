import { chmodSync } from 'node:fs';
import express from 'express';
import { authToken, type Outcome } from '../../lib/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { eventually } from '../helpers/eventually.js';
import {
  type FrontEndName,
  type RunningFrontEnd,
  startFrontEnd,
} from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection, type RawRequest, type RawResponse } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { generated } from './generated.js';
import { LINK_SECRET } from './links.js';
import { HANDSHAKE } from './site.js';

const BYTES = '0123456789'.repeat(10_000);
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
/** h2o drops the Cache-Control of links, so Node sends their files. */
const OFFLOADS: { readonly [server in FrontEndName]: boolean } = {
  ...{ nginx: true, apache: true, lighttpd: true, caddy: true },
  h2o: false,
};

describe.each(Object.entries(OFFLOADS))('confirm behind a front end:', (server, offloads) => {
  const name = server as FrontEndName;
  describeWithPrograms(name, [name], () => {
    const outcomes: Outcome[] = [];
    let handler: ReturnType<typeof authToken>;
    let running: RunningFrontEnd;

    beforeAll(async () => {
      const root = createTree({ 'a.bin': BYTES });
      // The server reads as another user.
      chmodSync(root, 0o755);
      handler = authToken(LINK_SECRET, root, {
        sender: name,
        handshake: HANDSHAKE,
        confirm: true,
        allow: limitUses(),
        onFinish: (outcome) => outcomes.push(outcome),
      });
      const known = express().set('trust proxy', 'loopback').use(handler);
      // The addresses of its clients are unknown.
      const unknown = express().use(handler);
      const backendPort = await listen(express().use('/known', known).use('/unknown', unknown));
      running = await startFrontEnd(generated(name), { root, backendPort, handshake: HANDSHAKE });
    }, 180_000);
    afterAll(() => running?.stop());
    beforeEach(letFilesSettle);
    afterEach(() => jest.restoreAllMocks());

    const sign = (mount: string): string => `${mount}${handler.signer.sign('a.bin', { uses: 1 })}`;

    /** The response to a client with this address. */
    async function ask(
      localAddress: string,
      target: string,
      request: Omit<RawRequest, 'target'> = {},
    ): Promise<RawResponse> {
      const where = { port: running.port, host: '127.0.0.1', localAddress };
      const connection = await Connection.open(where);
      try {
        return await connection.request({ ...request, target });
      } finally {
        connection.destroy();
      }
    }

    /** Submits the form, and returns the confirmed URL. */
    async function submit(link: string, body = ''): Promise<string> {
      const { status, headers } = await ask('127.0.0.1', link, {
        ...{ method: 'POST', headers: FORM, body },
      });
      expect([status, headers['cache-control']]).toEqual([303, 'no-store']);
      return String(new URL(headers.location ?? '', `http://localhost${link}`)).slice(
        'http://localhost'.length,
      );
    }

    it.each<[string, Omit<RawRequest, 'target'>]>([
      ['GET', {}],
      ['GET with a range', { headers: { Range: 'bytes=0-99' } }],
      ['GET of the end', { headers: { Range: 'bytes=-10' } }],
      ['GET of many ranges', { headers: { Range: 'bytes=0-1,10-11' } }],
      ['GET with If-None-Match', { headers: { 'If-None-Match': '*' } }],
      ['HEAD', { method: 'HEAD' }],
    ])('shows the whole page for %s, and takes nothing', async (_what, request) => {
      const link = sign('/known');
      for (const address of ['127.0.0.2', '127.0.0.3']) {
        const { status, headers, body } = await ask(address, link, request);
        expect(status).toBe(403);
        expect(headers).toMatchObject({
          'cache-control': 'no-store',
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': expect.stringContaining("form-action 'self'"),
          'referrer-policy': 'no-referrer',
          'x-robots-tag': 'noindex',
        });
        expect(headers).not.toHaveProperty('content-range');
        if (request.method !== 'HEAD') expect(String(body)).toMatch(/^<!doctype.*<\/html>\n$/s);
      }
      expect((await ask('127.0.0.1', await submit(link))).status).toBe(200);
    });

    it('sends the file of a confirmed URL, and its ranges, to the client that was first', async () => {
      const confirmed = await submit(sign('/known'), 'a'.repeat(100_000));
      outcomes.length = 0;
      const file = await ask('127.0.0.1', confirmed);
      expect([file.status, String(file.body) === BYTES]).toEqual([200, true]);
      const range = { headers: { Range: 'bytes=90-99' } };
      const part = await ask('127.0.0.1', confirmed, range);
      expect([part.status, String(part.body)]).toEqual([206, '0123456789']);
      expect((await ask('127.0.0.2', confirmed)).status).toBe(410);
      expect((await ask('127.0.0.2', confirmed, range)).status).toBe(410);
      await eventually(() => outcomes.length === 4);
      const expected = offloads ? ['offloaded', name] : ['sent', 'serve'];
      expect(outcomes.slice(0, 2).map(({ kind, sender }) => [kind, sender])).toEqual([
        expected,
        expected,
      ]);
    });

    it('counts all ranges of a confirmed URL as one use if the address is unknown', async () => {
      jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const link = sign('/unknown');
      const [confirmed, other] = [await submit(link), await submit(link)];
      for (const start of [0, 10, 20]) {
        const headers = { Range: `bytes=${start}-${start + 9}` };
        const { status, body } = await ask('127.0.0.1', confirmed, { headers });
        expect([status, String(body)]).toEqual([206, '0123456789']);
      }
      // Confirmed in the same second.
      expect((await ask('127.0.0.1', other)).status).toBe(410);
      expect((await ask('127.0.0.1', link)).status).toBe(410);
      expect(process.emitWarning).not.toHaveBeenCalled();
    });
  });
});
