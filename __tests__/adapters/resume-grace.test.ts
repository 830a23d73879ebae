import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import Fastify from 'fastify';
import Koa from 'koa';
import * as fastify from '../../lib/adapters/fastify.js';
import * as koa from '../../lib/adapters/koa.js';
import { type AuthTokenOptions, authToken, type LinkClaims } from '../../lib/index.js';
import { createRevocations, limitUses, redisUses } from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';
import { CLIENTS } from '../links/uses/clients.js';
import { createRedisServer } from '../links/uses/redis-server.js';
import {
  BYTES,
  chromium,
  clock,
  etagOf,
  firefox,
  type Headers,
  SECRET,
  useClock,
} from '../node/resuming.js';

const root = createTree({ 'a.bin': BYTES });

const { now } = clock;
useClock();

/** Files with links that can be resumed for a minute. */
async function startSite(allow: AuthTokenOptions['allow']) {
  const handler = authToken(SECRET, root, { resumeGrace: 60, allow });
  const { request } = await listenWith(express().use('/dl', handler));
  const ask = (target: string, headers: Headers): Promise<RawResponse> =>
    request({ target, headers });
  const sign = (claims: LinkClaims): string => `/dl${handler.signer.sign('a.bin', claims)}`;
  return { ask, sign };
}

describe('resumeGrace, elsewhere', () => {
  /** The statuses of resuming in the grace, and of beginning. */
  async function statusesAt(port: number, link: string): Promise<number[]> {
    const etag = await etagOf(rawRequest(port, { target: link }));
    clock.time += 61;
    const statuses: number[] = [];
    for (const headers of [chromium(etag), firefox(etag), {}]) {
      statuses.push((await rawRequest(port, { target: link, headers })).status);
    }
    return statuses;
  }

  it('is the same on a route of Express', async () => {
    const handler = authToken(SECRET, root, {
      resumeGrace: 60,
      now,
      path: ({ url }) => url?.slice(3) ?? '',
    });
    const port = await listen(express().get('/r/*path', handler));
    const link = `/r${handler.signer.sign('a.bin', { expiresIn: 60 })}`;
    expect(await statusesAt(port, link)).toEqual([206, 206, 410]);
  });

  it('is the same for Koa', async () => {
    const links = koa.authToken(SECRET, root, { resumeGrace: 60, now, prefix: '/links' });
    const app = new Koa();
    app.use(links);
    const link = `/links${links.signer.sign('a.bin', { expiresIn: 60 })}`;
    expect(await statusesAt(await listen(app.callback()), link)).toEqual([206, 206, 410]);
  });

  it('is the same for Fastify', async () => {
    const links = fastify.authToken(SECRET, root, { resumeGrace: 60, now });
    const app = Fastify({ forceCloseConnections: true });
    await app.register(links, { prefix: '/links' });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as { port: number };
    const link = `/links${links.signer.sign('a.bin', { expiresIn: 60 })}`;
    expect(await statusesAt(port, link)).toEqual([206, 206, 410]);
    await app.close();
  });
});

describeWithPrograms('resumeGrace with two processes on one Redis', ['redis'], () => {
  const server = createRedisServer();
  // The file has a strong tag after two seconds.
  beforeAll(() => Promise.all([server.start(), delay(2100)]));

  it.each(Object.entries(CLIENTS))(
    'remembers uses and revocations, with %s',
    async (_name, open) => {
      jest.restoreAllMocks();
      const connected = await open(server.socketPath);
      const revocations = createRevocations({ store: redisUses(connected.client) });
      const allowOf = () => [
        limitUses({
          store: redisUses(connected.client),
          client: ({ headers }) => String(headers['x-client']),
        }),
        createRevocations({ store: redisUses(connected.client) }).allow,
      ];
      const one = await startSite([...allowOf(), revocations.allow]);
      const other = await startSite(allowOf());
      const link = one.sign({ uses: 1, expiresIn: 1 });
      const revoked = one.sign({ id: 'revoked', expiresIn: 1 });
      await revocations.revoke('revoked', Date.now() + 1000);
      const etag = await etagOf(one.ask(link, { 'X-Client': 'a' }));
      expect(etag).toMatch(/^"/);
      await delay(3100);
      const resume = async (site: typeof one, client: string, target: string) =>
        (await site.ask(target, { 'X-Client': client, ...chromium(etag) })).status;
      expect(await resume(one, 'a', link)).toBe(206);
      expect(await resume(other, 'a', link)).toBe(206);
      expect(await resume(other, 'b', link)).toBe(410);
      expect(await resume(one, 'a', revoked)).toBe(410);
      expect(await resume(other, 'a', revoked)).toBe(410);
      await connected.close();
    },
  );
});
