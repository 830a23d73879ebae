import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import {
  authToken,
  BadOptionError,
  offload,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { createFixture, listenWith } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const root = createTree({
  'a/own.txt': 'of tenant a',
  'a/deep/own.txt': 'deep in a',
  'a/to-b.txt': { link: '../b/own.txt' },
  'a/to-b.txt.br': 'a sibling in a',
  'a/dir-to-b': { link: '../b' },
  'a/to-own.txt': { link: 'deep/own.txt' },
  'ab/own.txt': 'of tenant ab',
  'b/own.txt': 'of tenant b',
  'b/to-a.txt': { link: '../a/own.txt' },
  alias: { link: 'a' },
  'top.txt': 'of all',
});
const NOT_FOUND = { status: 404, body: 'Not Found\n' };

/** Requests of tenant a, and what becomes of them; null for 404. */
const CASES: readonly (readonly [target: string, body: string | null])[] = [
  ['/a/own.txt', 'of tenant a'],
  ['/a/deep/own.txt', 'deep in a'],
  ['/a/to-own.txt', 'deep in a'],
  // The real path counts: this link leads into the directory.
  ['/b/to-a.txt', 'of tenant a'],
  ['/alias/own.txt', 'of tenant a'],
  ['/a/to-b.txt', null],
  ['/a/dir-to-b/own.txt', null],
  ['/b/own.txt', null],
  ['/ab/own.txt', null],
  ['/top.txt', null],
];

const WAYS: readonly { title: string; options: XSendfileOptions }[] = [
  { title: 'serve', options: {} },
  { title: 'cache: false', options: { cache: false } },
  { title: 'nginx', options: { sender: 'nginx', handshake: false } },
  { title: 'apache', options: { sender: 'apache', handshake: false } },
];

describe.each(WAYS)('xsendfile(root, { within }) with $title', ({ options }) => {
  it.each(CASES)('answers %s with %j', async (target, body) => {
    const { check, outcomes } = await createFixture(root, { ...options, within: () => 'a' });
    const isOffloaded = options.sender !== undefined;
    for (const method of ['GET', 'HEAD']) {
      const response = await check({ method, target }, { status: body === null ? 404 : 200 });
      if (body !== null && !isOffloaded && method === 'GET') {
        expect(String(response.body)).toBe(body);
      }
    }
    const code = body === null ? 'ERR_XSENDFILE_OUTSIDE_ROOT' : undefined;
    expect(outcomes.map((outcome) => outcome.code)).toEqual([code, code]);
  });

  it('sends no precompressed file that is elsewhere', async () => {
    const { check } = await createFixture(root, {
      ...options,
      within: () => 'a',
      precompressed: ['br'],
    });
    const headers = { 'Accept-Encoding': 'br' };
    await check({ target: '/a/to-b.txt', headers }, NOT_FOUND);
  });

  it('notices a directory that has moved to another tenant since the last request', async () => {
    const site = createTree({ 'a/d/f.txt': 'moving', 'b/f.txt': 'of b' });
    const { check } = await createFixture(site, { ...options, within: () => 'a' });
    await check({ target: '/a/d/f.txt' }, { status: 200 });
    renameSync(join(site, 'a/d'), join(site, 'b/d'));
    symlinkSync('../b/d', join(site, 'a/d'));
    await check({ target: '/a/d/f.txt' }, NOT_FOUND);
    rmSync(join(site, 'a/d'));
    renameSync(join(site, 'b/d'), join(site, 'a/d'));
    await check({ target: '/a/d/f.txt' }, { status: 200 });
  });

  it.each([
    ['undefined', undefined, 404],
    ['an empty string', '', 403],
    ['an empty list', [], 403],
    ['the parent directory', '..', 403],
    ['a path that climbs', 'a/../b', 403],
    ['a list that climbs', ['a', '..', 'b'], 403],
    ['a name with a slash', ['a/../b'], 403],
    ['a directory that does not exist', 'none', 404],
    ['a directory reached through a link', 'alias', 404],
    ['a file', 'a/own.txt', 404],
  ] as const)('refuses every file for %s', async (_title, directory, status) => {
    const { request } = await createFixture(root, {
      ...options,
      within: () => directory as string,
    });
    for (const target of ['/a/own.txt', '/b/own.txt', '/top.txt']) {
      const response = await request({ target });
      expect([400, 403, 404]).toContain(response.status);
      if (status === 404) expect(response.status).toBe(404);
      expect(String(response.raw)).not.toContain(root);
    }
  });
});

describe('xsendfile(root, { within })', () => {
  it('makes one handler a root per tenant, together with path', async () => {
    const app = express().set('env', 'test');
    const files = xsendfile(root, {
      path: (req) => [String(req.headers['x-tenant']), ...[req.params.path].flat()],
      within: (req) => String(req.headers['x-tenant']),
    });
    app.get('/files/*path', files);
    const { check } = await listenWith(app);
    const as = (tenant: string) => ({ target: '/files/own.txt', headers: { 'X-Tenant': tenant } });
    await check(as('a'), { status: 200, body: 'of tenant a' });
    await check(as('b'), { status: 200, body: 'of tenant b' });
    await check({ ...as('a'), target: '/files/to-b.txt' }, NOT_FOUND);
    await check(as('..'), { status: 403 });
  });

  it('confines links, send() and offload()', async () => {
    const within = (): string => 'a';
    const links = authToken(SECRET, root, { within });
    const handler = xsendfile(root, { within });
    const app = express().set('env', 'test');
    app.use('/links', links);
    app.get('/send/:name', async (req, res) => {
      const sent = handler.send(req, res, ['a', req.params.name]);
      await sent.catch(({ status }: { status: number }) => res.status(status).end('Not Found\n'));
    });
    app.use(offload(handler));
    app.get('/file/:name', (req, res) => res.sendFile(`a/${req.params.name}`, { root }));
    const { check } = await listenWith(app);
    for (const [name, status] of [
      ['own.txt', 200],
      ['to-b.txt', 404],
    ] as const) {
      await check({ target: `/links${links.signer.sign(`a/${name}`)}` }, { status });
      await check({ target: `/send/${name}` }, { status });
      await check({ target: `/file/${name}` }, { status });
    }
  });

  it('confines precompressed files, and the files that they belong to', async () => {
    const site = createTree({
      'a/own.js': 'own',
      'a/own.js.br': { link: '../b/other.js.br' },
      'a/other.js': { link: '../b/other.js' },
      'a/other.js.br': 'compressed, in a',
      'b/other.js': 'other',
      'b/other.js.br': 'compressed, in b',
    });
    const { check } = await createFixture(site, { within: () => 'a', precompressed: ['br'] });
    const headers = { 'Accept-Encoding': 'br' };
    await check({ target: '/a/own.js', headers }, { status: 200, body: 'own' });
    await check({ target: '/a/other.js', headers }, NOT_FOUND);
  });

  it('sends what is below it with symlinks: deny, without any link', async () => {
    const { check } = await createFixture(root, { within: () => 'a', symlinks: 'deny' });
    await check({ target: '/a/own.txt' }, { status: 200, body: 'of tenant a' });
    await check({ target: '/a/to-own.txt' }, NOT_FOUND);
    await check({ target: '/b/own.txt' }, NOT_FOUND);
  });

  it.each([
    ['a promise', async () => 'a'],
    ['null', () => null],
    ['a number', () => 5],
  ])('answers 500 if it returns %s', async (_title, within) => {
    const { check, outcomes } = await createFixture(root, {
      within: within as unknown as () => string,
    });
    await check({ target: '/a/own.txt' }, { status: 500 });
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_BAD_OPTION' }]);
  });

  it('throws in the factory for what cannot be', () => {
    expect(() => xsendfile(root, { within: 'a' as never })).toThrow(BadOptionError);
    expect(() => xsendfile(root, { within: () => 'a', symlinks: 'follow' })).toThrow(
      /^xsendfile: within and symlinks: 'follow' are mutually exclusive/,
    );
  });
});
