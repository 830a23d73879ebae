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
import { type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { generated } from './generated.js';
import { LINK_SECRET } from './links.js';
import { HANDSHAKE } from './site.js';

const BYTES = '0123456789'.repeat(10_000);
const HALF = 50_000;

/** The sender of the first response, and the status of requests that resume it after the end of the link. */
const SERVERS: { readonly [server in FrontEndName]: readonly [sender: string, status: number] } = {
  nginx: ['nginx', 206],
  apache: ['apache', 206],
  lighttpd: ['lighttpd', 206],
  // Node does not know its ETag.
  caddy: ['caddy', 410],
  // It drops the Cache-Control of links, so Node sends their files.
  h2o: ['serve', 206],
};

describe.each(Object.entries(SERVERS))('resumeGrace behind a front end:', (server, expected) => {
  const name = server as FrontEndName;
  const [sender, status] = expected;
  describeWithPrograms(name, [name], () => {
    const outcomes: Outcome[] = [];
    let offsetMs = 0;
    let handler: ReturnType<typeof authToken>;
    let running: RunningFrontEnd;

    beforeAll(async () => {
      const root = createTree({ 'a.bin': BYTES });
      // The server reads as another user.
      chmodSync(root, 0o755);
      const now = (): number => Date.now() + offsetMs;
      handler = authToken(LINK_SECRET, root, {
        ...{ sender: name, handshake: HANDSHAKE, resumeGrace: 60, now },
        allow: limitUses({ now }),
        onFinish: (outcome) => outcomes.push(outcome),
      });
      const app = express().set('trust proxy', 'loopback').use('/links', handler);
      const backendPort = await listen(app);
      running = await startFrontEnd(generated(name), { root, backendPort, handshake: HANDSHAKE });
    }, 180_000);
    afterAll(() => running?.stop());
    beforeEach(() => {
      letFilesSettle();
      offsetMs = 0;
      outcomes.length = 0;
    });
    afterEach(() => jest.restoreAllMocks());

    const ask = (target: string, headers: Record<string, string> = {}): Promise<RawResponse> =>
      rawRequest(running.port, { target, headers });

    it.each([undefined, 1])('resumes what the front end began, with uses: %s', async (uses) => {
      const target = `/links${handler.signer.sign('a.bin', { expiresIn: 60, uses })}`;
      const first = await ask(target, { Range: `bytes=0-${HALF - 1}` });
      expect(first.status).toBe(206);
      const { etag = '', 'last-modified': date = '' } = first.headers;
      expect(etag).toMatch(/^"/);
      offsetMs = 90_000;
      const Range = `bytes=${HALF}-`;
      const chromium = { Range, 'If-Range': etag };
      const firefox = { Range, 'If-Match': etag, 'If-Unmodified-Since': date };
      for (const headers of [chromium, firefox]) {
        const rest = await ask(target, headers);
        expect(rest.status).toBe(status);
        if (status !== 206) continue;
        expect(rest.headers['content-range']).toBe(`bytes ${HALF}-99999/100000`);
        expect(String(first.body) + String(rest.body) === BYTES).toBe(true);
      }
      for (const headers of [{}, { Range }, { Range, 'If-Range': '"other"' }]) {
        expect((await ask(target, headers as Record<string, string>)).status).toBe(410);
      }
      offsetMs = 121_000;
      expect((await ask(target, chromium)).status).toBe(410);
      await eventually(() => outcomes.length === 7);
      expect(outcomes[0]?.sender).toBe(sender);
    });
  });
});
