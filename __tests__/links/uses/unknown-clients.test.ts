import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import express4 from 'express4';
import Fastify from 'fastify';
import Koa from 'koa';
import { authToken as fastifyAuthToken } from '../../../lib/adapters/fastify.js';
import { authToken as koaAuthToken } from '../../../lib/adapters/koa.js';
import { authToken, type UrlSigner } from '../../../lib/index.js';
import { limitUses } from '../../../lib/uses/index.js';
import { rawRequest } from '../../helpers/raw-request.js';
import { listen } from '../../helpers/servers.js';
import { createTree } from '../../helpers/tree.js';
import { warningOptions } from '../../helpers/warning-options.js';

/** Who is a client, behind the proxies that there are. The tests are the proxies. */

const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({ 'b.pdf': 'b' });

/** Which proxies the framework trusts; the one of the tests is on 127.0.0.1. */
type Trust = 'nothing' | 'other proxies' | 'everything';
type Headers = Readonly<Record<string, string>>;

/** An application, and its answers. */
interface Site {
  readonly signer: UrlSigner;
  /** The address that the framework gives for a request with these headers. */
  addressOf(headers: Headers): Promise<string>;
  statusOf(target: string, headers: Headers): Promise<number>;
}

const TRUST = { nothing: false, 'other proxies': '10.0.0.0/8', everything: true } as const;

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

async function siteOf(signer: UrlSigner, listener: Listener): Promise<Site> {
  const port = await listen(listener);
  const ask = (target: string, headers: Headers) => rawRequest(port, { target, headers });
  return {
    signer,
    addressOf: async (headers) => String((await ask('/who', headers)).body),
    statusOf: async (target, headers) => (await ask(target, headers)).status,
  };
}

function expressSite(create: typeof express, trust: Trust): Promise<Site> {
  const app = create().set('env', 'test');
  app.set('trust proxy', TRUST[trust]);
  const links = authToken(SECRET, root, { allow: limitUses() });
  app.get('/who', (req, res) => void res.send(req.ip));
  app.use(links);
  return siteOf(links.signer, app);
}

const SITES: Readonly<Record<string, (trust: Trust) => Promise<Site>>> = {
  'Express 5': (trust) => expressSite(express, trust),
  'Express 4': (trust) => expressSite(express4 as typeof express, trust),
  async Koa(trust) {
    const app = new Koa({ proxy: trust !== 'nothing' });
    app.on('error', () => {});
    const links = koaAuthToken(SECRET, root, { allow: limitUses() });
    app.use(async (ctx, next) => {
      if (ctx.path === '/who') ctx.body = ctx.ip;
      else await next();
    });
    app.use(links);
    return siteOf(links.signer, app.callback());
  },
  async Fastify(trust) {
    const app = Fastify({ trustProxy: TRUST[trust] });
    const links = fastifyAuthToken(SECRET, root, { allow: limitUses() });
    app.get('/who', async (request) => request.ip);
    app.register(links);
    await app.ready();
    return siteOf(links.signer, app.routing);
  },
};

/** What a proxy sends for a client with this address. */
type ProxyHeaders = (client: string) => Headers;

const FORWARDED: ProxyHeaders = (client) => ({ 'X-Forwarded-For': client });

const UNNAMED: readonly (readonly [string, ProxyHeaders])[] = [
  ['Forwarded', (client) => ({ Forwarded: `for=${client}` })],
  ['X-Real-IP', (client) => ({ 'X-Real-IP': client })],
  ['CF-Connecting-IP', (client) => ({ 'CF-Connecting-IP': client })],
  ['True-Client-IP', (client) => ({ 'True-Client-IP': client })],
  ['X-Envoy-External-Address', (client) => ({ 'X-Envoy-External-Address': client })],
  ['Via', () => ({ Via: '1.1 proxy' })],
  ['CDN-Loop', () => ({ 'CDN-Loop': 'cdn' })],
  ['X-Forwarded-Proto', () => ({ 'X-Forwarded-Proto': 'https' })],
  ['X-Original-Forwarded-For', (client) => ({ 'X-Original-Forwarded-For': client })],
  ['the handshake', () => ({ 'X-Sendfile-Handshake': 'any' })],
  ['an X-Forwarded-For that names nobody', () => ({ 'X-Forwarded-For': 'unknown' })],
];

const CLIENTS = ['203.0.113.7', '203.0.113.8', '203.0.113.9'];

beforeEach(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => {}));
afterEach(() => jest.restoreAllMocks());

/** The warnings so far. */
function warnings(): unknown[] {
  return jest.mocked(process.emitWarning).mock.calls.map(([, options]) => options);
}

/** The statuses of three clients, the first of which asks twice, for a link that is for one download. */
async function oneDownload({ signer, statusOf }: Site, headersOf: ProxyHeaders): Promise<number[]> {
  const link = signer.sign('b.pdf', { uses: 1 });
  const statuses: number[] = [];
  for (const client of [CLIENTS[0] ?? '', ...CLIENTS]) {
    statuses.push(await statusOf(link, headersOf(client)));
  }
  return statuses;
}

/** The status of a link that is bound to the address that the framework gives for this client. */
async function boundLink(site: Site, headers: Headers): Promise<number> {
  const ip = await site.addressOf(headers);
  const address = /^[\da-f.:[\]]+$/.test(ip) ? ip : '127.0.0.1';
  return site.statusOf(site.signer.sign('b.pdf', { ip: address }), headers);
}

const UNKNOWN = [200, 410, 410, 410];
const KNOWN = [200, 200, 410, 410];

describe('an unknown client', () => {
  const headers = { Via: '1.1 proxy' };

  it.each(['uses', 'ip'])('leads to one warning, for links with %s', async (claim) => {
    await jest.isolateModulesAsync(async () => {
      const main: typeof import('../../../lib/index.js') = await import('../../../lib/index.js');
      const uses: typeof import('../../../lib/uses/index.js') = await import(
        '../../../lib/uses/index.js'
      );
      const links = main.authToken(SECRET, root, { allow: uses.limitUses() });
      const port = await listen((req, res) => links(req, res));
      const claims = claim === 'ip' ? { ip: '192.0.2.1' } : { uses: 2 };
      const target = links.signer.sign('b.pdf', claims);
      for (let times = 0; times < 3; times += 1) await rawRequest(port, { target, headers });
      expect(warnings()).toEqual([warningOptions('XSENDFILE_CLIENT_UNKNOWN')]);
    });
  });

  it('is no client whose address an option names', async () => {
    const client = () => '192.0.2.1:80';
    const links = authToken(SECRET, root, { clientAddress: client, allow: limitUses({ client }) });
    const { signer, statusOf } = await siteOf(links.signer, (req, res) => links(req, res));
    const target = signer.sign('b.pdf', { ip: '192.0.2.1', uses: 1 });
    expect([await statusOf(target, headers), await statusOf(target, headers)]).toEqual([200, 200]);
    expect(warnings()).toEqual([]);
  });

  it('cannot replace a bound cookie by naming an address', async () => {
    const links = authToken(SECRET, root, { cookie: 'session' });
    const { statusOf } = await siteOf(links.signer, (req, res) => links(req, res));
    const options = { ip: '127.0.0.1', expiresIn: 60, mountPath: '/', secure: false };
    const Cookie = String(links.signer.cookie('', options)).split(';')[0] ?? '';
    expect(await statusOf('/b.pdf', { Cookie })).toBe(200);
    expect(await statusOf('/b.pdf', { Cookie, 'X-Real-IP': '127.0.0.1' })).toBe(404);
  });
});

describe.each(Object.entries(SITES))('a client of %s', (name, start) => {
  it.each(UNNAMED)('is unknown behind a proxy that sends only %s', async (_name, headersOf) => {
    for (const trust of ['nothing', 'everything'] as const) {
      const site = await start(trust);
      expect([trust, await oneDownload(site, headersOf)]).toEqual([trust, UNKNOWN]);
      expect([trust, await boundLink(site, headersOf(CLIENTS[0] ?? ''))]).toEqual([trust, 404]);
    }
  });

  it('is unknown if the framework does not evaluate X-Forwarded-For', async () => {
    const site = await start('nothing');
    expect(await oneDownload(site, FORWARDED)).toEqual(UNKNOWN);
    expect(await boundLink(site, FORWARDED('127.0.0.1'))).toBe(404);
  });

  it.each<[string, Headers]>([
    ['alone', {}],
    ['beside X-Real-IP of nginx', { 'X-Real-IP': '203.0.113.99' }],
    ['beside Via of CloudFront', { Via: '1.1 x.cloudfront.net (CloudFront)' }],
    ['beside the handshake', { 'X-Sendfile-Handshake': 'any' }],
    ['beside X-Forwarded-Proto', { 'X-Forwarded-Proto': 'https' }],
  ])('is known by an X-Forwarded-For that the framework evaluates, %s', async (_name, beside) => {
    const site = await start('everything');
    const headersOf: ProxyHeaders = (client) => ({ ...FORWARDED(client), ...beside });
    expect(await oneDownload(site, headersOf)).toEqual(KNOWN);
    expect(await boundLink(site, headersOf(CLIENTS[0] ?? ''))).toBe(200);
  });

  it('is known on the machine of the proxy, too', async () => {
    const site = await start('everything');
    const headers = FORWARDED('127.0.0.1');
    expect(await oneDownload(site, () => headers)).toEqual([200, 200, 200, 200]);
    expect(await boundLink(site, headers)).toBe(200);
  });

  it('is known without a sign of a proxy', async () => {
    for (const trust of ['nothing', 'everything'] as const) {
      const site = await start(trust);
      expect(await oneDownload(site, () => ({}))).toEqual([200, 200, 200, 200]);
      expect(await boundLink(site, {})).toBe(200);
    }
  });

  it('is the same whatever port the proxy writes after the address', async () => {
    let port = 50_000;
    for (const write of [
      (client: string) => `${client}:${port++}`,
      (client: string) => `[2001:db8::${client.split('.')[3]}]:${port++}`,
      (client: string) => `[2001:db8::${client.split('.')[3]}]`,
    ]) {
      const site = await start('everything');
      const headersOf: ProxyHeaders = (client) => FORWARDED(write(client));
      expect(await oneDownload(site, headersOf)).toEqual(KNOWN);
      const first = headersOf(CLIENTS[0] ?? '');
      const link = site.signer.sign('b.pdf', { ip: await site.addressOf(first) });
      expect(await site.statusOf(link, headersOf(CLIENTS[0] ?? ''))).toBe(200);
      expect(await site.statusOf(link, FORWARDED('198.51.100.1:50000'))).toBe(404);
    }
  });

  if (name !== 'Koa') {
    it('is unknown if the framework trusts other proxies than the one in front', async () => {
      const site = await start('other proxies');
      expect(await oneDownload(site, FORWARDED)).toEqual(UNKNOWN);
      expect(await boundLink(site, FORWARDED(CLIENTS[0] ?? ''))).toBe(404);
    });
  }
});
