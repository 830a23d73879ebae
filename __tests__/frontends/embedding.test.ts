import { chmodSync } from 'node:fs';
import express from 'express';
import { createFrontEndConfig } from '../../lib/frontends/index.js';
import { type Embedding, h2oSender, type Outcome, xsendfile } from '../../lib/index.js';
import { expectResponse } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { type FrontEnd, type FrontEndName, startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { generated } from './generated.js';
import { HANDSHAKE } from './site.js';

const SERVERS: readonly FrontEndName[] = ['nginx', 'apache', 'lighttpd', 'caddy', 'h2o'];
const POLICIES = { 'same-origin': 'same-origin', 'same-site': 'same-site', any: 'cross-origin' };
const VARY = ['Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest'];
const OTHER = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };
const root = createTree({ 'ten.txt': '0123456789' });
// The servers read as another user.
chmodSync(root, 0o755);

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

/** A server that is configured for one policy, in front of a handler with another. */
async function start(name: FrontEndName, configured: Embedding, embedding: Embedding) {
  const outcomes: Outcome[] = [];
  const handler = xsendfile(root, {
    sender: name === 'h2o' ? h2oSender({ embedding: configured }) : name,
    ...{ handshake: HANDSHAKE, embedding },
    onFinish: (outcome) => outcomes.push(outcome),
  });
  const backendPort = await listen(express().use('/files', handler));
  const frontEnd: FrontEnd = {
    ...generated(name),
    configure: ({ scratch, port, handshake, user }) =>
      createFrontEndConfig(name, {
        ...{ root, scratch, user, handshake, embedding: configured },
        listen: `127.0.0.1:${port}`,
        upstream: `http://127.0.0.1:${backendPort}`,
      }),
  };
  const server = await startFrontEnd(frontEnd, { root, backendPort, handshake: HANDSHAKE });
  return { ...server, outcomes };
}

describe.each(SERVERS)('embedding behind a front end:', (name) => {
  describeWithPrograms(name, [name], () => {
    it.each(Object.entries(POLICIES) as [Embedding, string][])(
      'sends the header of %s with files and refusals',
      async (embedding, value) => {
        const { port, stop, outcomes } = await start(name, embedding, embedding);
        try {
          const headers = { 'Cross-Origin-Resource-Policy': value };
          const vary = embedding === 'any' ? [] : VARY;
          for (const [status, sent] of [
            [200, {}],
            [206, { Range: 'bytes=2-4' }],
            [304, { 'If-None-Match': '*' }],
          ] as const) {
            if (name === 'h2o' && status === 304) continue;
            const response = await rawRequest(port, { target: '/files/ten.txt', headers: sent });
            expectResponse(response, { status, headers });
            if (status === 304) continue;
            const fields = response.headers.vary?.split(/, ?/) ?? [];
            expect(fields).toEqual(vary);
          }
          const missing = await rawRequest(port, { target: '/files/missing' });
          expectResponse(missing, { status: 404, headers });
          const other = await rawRequest(port, { target: '/files/ten.txt', headers: OTHER });
          expectResponse(other, { status: embedding === 'any' ? 200 : 403, headers });
          await eventually(() => outcomes.length >= 4);
          expect(outcomes[0]).toMatchObject({ kind: 'offloaded', sender: name });
        } finally {
          await stop();
        }
      },
    );
  });
});

describeWithPrograms('h2o with the header of another policy', ['h2o'], () => {
  it('sends no file itself', async () => {
    const { port, stop, outcomes } = await start('h2o', 'same-site', 'any');
    try {
      expectResponse(await rawRequest(port, { target: '/files/ten.txt' }), {
        status: 200,
        headers: { 'Cross-Origin-Resource-Policy': 'cross-origin' },
        body: '0123456789',
      });
      await eventually(() => outcomes.length === 1);
      expect(outcomes[0]).toMatchObject({ kind: 'sent', sender: 'serve' });
    } finally {
      await stop();
    }
  });
});
