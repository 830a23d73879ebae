import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import * as main from '../../../lib/index.js';
import {
  type AuthTokenHandler,
  type XSendfileHandler,
  type XSendfileOptions,
  xsendfile,
} from '../../../lib/index.js';
import type { Revocations } from '../../../lib/uses/index.js';
import * as uses from '../../../lib/uses/index.js';
import { listenWith } from '../../helpers/check.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { createTree, OLD } from '../../helpers/tree.js';
import { createRedisServer } from './redis-server.js';

/** The fragments in the documents about decisions are run as they stand, but for the root. */

const DOCUMENTS = ['allow', 'one-download', 'rate', 'redis', 'revoke-links', 'tenants'];

const document = DOCUMENTS.map((name) =>
  readFileSync(join(__dirname, `../../../docs/${name}.md`), 'utf8'),
).join('');
const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({ 'report.pdf': Buffer.alloc(600_000, 'a') });

const AsyncFunction = (async () => {}).constructor as new (
  ...parameters: string[]
) => (...values: unknown[]) => Promise<unknown>;

const tested = new Set<string>();

/** Runs an example with these names around it, and returns what it declares. */
async function runExample<Declared>(
  name: string,
  declared: string,
  around: Readonly<Record<string, unknown>> = {},
): Promise<Declared> {
  tested.add(name);
  const pattern = new RegExp(`<!-- fragment: ${name} -->\n\`\`\`js\n(.*?)\`\`\``, 's');
  const code = String(pattern.exec(document)?.[1])
    .replaceAll(/^import .*\n/gm, '')
    .replaceAll('/srv/files', root);
  const names = { ...main, ...uses, LINK_SECRET: SECRET, ...around };
  const run = new AsyncFunction(...Object.keys(names), `{ ${code}\nreturn { ${declared} }; }`);
  return (await run(...Object.values(names))) as Declared;
}

/** Asks a handler for targets in turn, and returns the statuses. */
async function ask(
  handler: XSendfileHandler | AuthTokenHandler,
  ...targets: string[]
): Promise<number[]> {
  const { request } = await listenWith((req, res) => handler(req, res));
  const statuses: number[] = [];
  for (const target of targets) statuses.push((await request({ target })).status);
  return statuses;
}

describe('the documents about decisions', () => {
  it('has a gate for files that were scanned', async () => {
    const { clean, files } = await runExample<{ clean: Set<string>; files: XSendfileHandler }>(
      'scan',
      'clean, files',
    );
    expect(await ask(files, '/report.pdf')).toEqual([404]);
    clean.add(`report.pdf ${OLD.getTime()}`);
    expect(await ask(files, '/report.pdf')).toEqual([200]);
    const replaced = new Date(OLD.getTime() + 1000);
    utimesSync(join(root, 'report.pdf'), replaced, replaced);
    expect(await ask(files, '/report.pdf')).toEqual([404]);
  });

  it('has a quota', async () => {
    const { files } = await runExample<{ files: XSendfileHandler }>('quota', 'files');
    const target = '/report.pdf';
    expect(await ask(files, target, target, target)).toEqual([200, 200, 429]);
  });

  it('has a rate', async () => {
    const { files } = await runExample<{ files: XSendfileHandler }>('rate', 'files');
    const { request } = await listenWith((req, res) => {
      const user = { plan: req.headers['x-plan'] };
      return files(Object.assign(req, { user }), res);
    });
    const time = async (headers: Record<string, string>): Promise<number> => {
      const began = performance.now();
      expect((await request({ target: '/report.pdf', headers })).body.length).toBe(600_000);
      return performance.now() - began;
    };
    const paid = await time({ 'X-Plan': 'paid' });
    expect(await time({})).toBeGreaterThan(Math.max(paid, 2500));
  });

  it('has a directory for each tenant', async () => {
    const site = createTree({
      'acme/own.txt': 'of acme',
      'acme/b.txt': { link: '../b/own.txt' },
      'b/own.txt': 'of b',
    });
    const app = express().set('env', 'test');
    await runExample('within', 'files', {
      app,
      requireLogin: (_req: unknown, _res: unknown, next: () => void) => next(),
      xsendfile: (_root: string, options: XSendfileOptions) => xsendfile(site, options),
    });
    const { check } = await listenWith(app);
    const headers = { Authorization: 'Bearer of-anna' };
    await check({ target: '/files/own.txt', headers }, { status: 200, body: 'of acme' });
    await check({ target: '/files/own.txt' }, { status: 404 });
    await check({ target: '/files/b.txt', headers }, { status: 404 });
  });

  it('has a list of revoked links', async () => {
    const { revoked, downloads } = await runExample<{
      revoked: Set<string>;
      downloads: AuthTokenHandler;
    }>('revoked', 'revoked, downloads');
    const links = ['stolen', 'good'].map((id) => downloads.signer.sign('report.pdf', { id }));
    expect(await ask(downloads, ...links)).toEqual([200, 200]);
    revoked.add('stolen');
    expect(await ask(downloads, ...links)).toEqual([404, 200]);
  });

  it('has a link for one download', async () => {
    const { downloads, path } = await runExample<{ downloads: AuthTokenHandler; path: string }>(
      'uses',
      'downloads, path',
    );
    const { request } = await listenWith((req, res) => downloads(req, res));
    const proxied = { 'X-Forwarded-For': '192.0.2.1' };
    expect((await request({ target: path })).status).toBe(200);
    expect((await request({ target: path })).status).toBe(200);
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    expect((await request({ target: path, headers: proxied })).status).toBe(410);
    jest.restoreAllMocks();
  });

  it('has a link that is revoked', async () => {
    const { downloads, path } = await runExample<{ downloads: AuthTokenHandler; path: string }>(
      'revocations',
      'downloads, path',
    );
    const other = downloads.signer.sign('report.pdf', { id: 'order-18' });
    expect(await ask(downloads, path, other)).toEqual([410, 200]);
  });

  describeWithPrograms('with Redis', ['redis'], () => {
    it('has a store for several processes', async () => {
      const server = createRedisServer();
      await server.start();
      const { createClient } = await import('redis');
      const { client, revocations, downloads } = await runExample<{
        client: { destroy(): void };
        revocations: Revocations;
        downloads: AuthTokenHandler;
      }>('redis', 'client, revocations, downloads', {
        process: { env: { LINK_SECRET: SECRET, REDIS_URL: 'redis://localhost' } },
        createClient: () => createClient({ socket: { path: server.socketPath, tls: false } }),
      });
      const id = 'order';
      const expires = new Date(Date.now() + 60_000);
      const link = downloads.signer.sign('report.pdf', { uses: 1, id, expires });
      expect(await ask(downloads, link)).toEqual([200]);
      await revocations.revoke(id, expires);
      expect(await ask(downloads, link)).toEqual([410]);
      client.destroy();
    });
  });

  it('has no example that is not run', () => {
    const names = [...document.matchAll(/<!-- fragment: (\w+) -->/g)].map(([, name]) => name);
    expect([...tested].sort()).toEqual(names.sort());
  });
});
