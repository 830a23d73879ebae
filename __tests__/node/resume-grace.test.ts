import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import express from 'express';
import {
  type AuthTokenOptions,
  authToken,
  BadOptionError,
  type LinkClaims,
  type Outcome,
} from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import {
  createRevocations,
  limitUses,
  memoryUses,
  type RevocationStore,
} from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import type { RawResponse } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { startStore } from '../remote/raw-store.js';
import {
  BYTES,
  chromium,
  clock,
  etagOf,
  firefox,
  type Headers,
  type Request,
  SECRET,
  useClock,
} from './resuming.js';

const root = createTree({ 'a.bin': BYTES, 'dir/b.bin': BYTES, 'changing.bin': BYTES });

const { now } = clock;
useClock();

/** Files with links of a minute, which can be resumed for a minute. */
async function startSite(options: AuthTokenOptions = {}, path = 'a.bin') {
  const outcomes: Outcome[] = [];
  const handler = authToken(SECRET, root, {
    resumeGrace: 60,
    now,
    onFinish: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const fixture = await listenWith(express().use('/dl', handler), outcomes);
  const ask = (target: string, headers: Headers = {}, method = 'GET'): Promise<RawResponse> =>
    fixture.request({ method, target, headers });
  const sign = (claims: LinkClaims = {}, name = path): string =>
    `/dl${handler.signer.sign(name, { expiresIn: 60, ...claims })}`;
  return { ...fixture, handler, ask, sign };
}

describe('authToken(secret, root, { resumeGrace })', () => {
  it.each<[string, Request]>([
    ['Chromium', chromium],
    ['Firefox', firefox],
    ['curl with a header', (etag) => ({ Range: 'bytes=90-99', 'If-Range': etag })],
    ['a client that wants the end', (etag) => ({ Range: 'bytes=-10', 'If-Match': etag })],
  ])('lets %s resume after the end of the link, for so long', async (_client, request) => {
    const { ask, sign, outcomes } = await startSite();
    const link = sign({ id: 'x' });
    const etag = await etagOf(ask(link));
    expect(etag).toMatch(/^"/);
    for (const seconds of [59, 2, 59]) {
      clock.time += seconds;
      const { status, headers, body } = await ask(link, request(etag));
      expect([status, headers['content-range'], String(body)]).toEqual([
        206,
        'bytes 90-99/100',
        BYTES.slice(90),
      ]);
      if (seconds === 59) continue;
      expect(headers['cache-control']).toBe('private, max-age=0, no-transform');
    }
    clock.time += 1;
    expect((await ask(link, request(etag))).status).toBe(410);
    expect(outcomes.at(-1)).toMatchObject({
      kind: 'refused',
      code: 'ERR_XSENDFILE_TOKEN_EXPIRED',
      path: 'a.bin',
      tokenId: 'x',
    });
  });

  it.each<[string, Request, string?]>([
    ['the whole file', () => ({})],
    ['a range without a condition', () => ({ Range: 'bytes=90-' })],
    ['a range from the beginning', (etag) => ({ Range: 'bytes=0-', 'If-Range': etag })],
    ['the whole as a suffix', (etag) => ({ Range: 'bytes=-100', 'If-Range': etag })],
    ['several ranges', (etag) => ({ Range: 'bytes=10-19,30-39', 'If-Range': etag })],
    ['no range, but a condition', (etag) => ({ 'If-Match': etag })],
    ['a range that cannot be', (etag) => ({ Range: 'bytes=100-', 'If-Range': etag })],
    ['an unknown unit', (etag) => ({ Range: 'lines=9-', 'If-Range': etag })],
    ['another version', () => ({ Range: 'bytes=90-', 'If-Range': '"other"' })],
    ['another version, as Firefox', () => ({ Range: 'bytes=90-', 'If-Match': '"other"' })],
    ['any version', () => ({ Range: 'bytes=90-', 'If-Match': '*' })],
    ['one of many versions', (etag) => ({ Range: 'bytes=90-', 'If-Match': `"x", ${etag}` })],
    ['a weak tag', (etag) => ({ Range: 'bytes=90-', 'If-Range': `W/${etag}` })],
    ['a date', () => ({ Range: 'bytes=90-', 'If-Range': new Date().toUTCString() })],
    [
      'one condition of two',
      (etag) => ({ Range: 'bytes=90-', 'If-Range': etag, 'If-Match': '"other"' }),
    ],
    [
      'a file that the client has',
      (etag) => ({ Range: 'bytes=90-', 'If-Range': etag, 'If-None-Match': etag }),
    ],
    ['HEAD', chromium, 'HEAD'],
  ])('answers 410 as before to a request for %s', async (_what, request, method = 'GET') => {
    const { ask, sign, outcomes } = await startSite();
    const link = sign();
    const etag = await etagOf(ask(link));
    clock.time += 61;
    const { status, headers } = await ask(link, request(etag), method);
    expect(status).toBe(410);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(headers).not.toHaveProperty('etag');
    expect(outcomes.at(-1)?.code).toBe('ERR_XSENDFILE_TOKEN_EXPIRED');
  });

  it('is off by default', async () => {
    const { ask, sign } = await startSite({ resumeGrace: undefined });
    const link = sign();
    const etag = await etagOf(ask(link));
    clock.time += 61;
    expect((await ask(link, chromium(etag))).status).toBe(410);
  });

  it('is over when the file is another', async () => {
    const { ask, sign } = await startSite({}, 'changing.bin');
    const link = sign();
    const etag = await etagOf(ask(link));
    appendFileSync(join(root, 'changing.bin'), 'more');
    clock.time += 61;
    expect((await ask(link, chromium(etag))).status).toBe(410);
    expect((await ask(link, firefox(etag))).status).toBe(410);
  });

  it.each<[string, string, AuthTokenOptions]>([
    ['a missing file', 'missing.bin', {}],
    ['a directory that the application does not name', 'a.bin', { within: () => undefined }],
    ['a file that the application refuses', 'a.bin', { allow: () => false }],
  ])('does not tell of %s', async (_what, path, options) => {
    const etag = await etagOf((async (site) => site.ask(site.sign()))(await startSite()));
    const { ask, sign } = await startSite(options);
    const link = sign({}, path);
    expect((await ask(link, chromium(etag))).status).toBe(404);
    clock.time += 61;
    expect((await ask(link, chromium(etag))).status).toBe(410);
  });

  it('holds for prefix links, other schemes and bound links', async () => {
    const prefix = await startSite();
    const link = `${prefix.sign({ prefix: true }, 'dir')}b.bin`;
    const etag = await etagOf(prefix.ask(link));
    const old = await startSite({ scheme: 'secdownload', timeout: 60 });
    const oldLink = `/dl${old.handler.signer.sign('dir/b.bin')}`;
    const bound = prefix.sign({ ip: '192.0.2.7' }, 'dir/b.bin');
    clock.time += 61;
    expect((await prefix.ask(link, chromium(etag))).status).toBe(206);
    expect((await old.ask(oldLink, firefox(etag))).status).toBe(206);
    expect((await prefix.ask(bound, chromium(etag))).status).toBe(404);
    expect((await prefix.ask(link.replace('b.bin', 'c.bin'), chromium(etag))).status).toBe(410);
  });

  it('is not for cookies, which browsers delete', async () => {
    const { ask, handler } = await startSite({ cookie: 'files' });
    const [Cookie = ''] = handler.signer.cookie('', { mountPath: '/dl', expiresIn: 60 }).split(';');
    const etag = await etagOf(ask('/dl/a.bin', { Cookie }));
    clock.time += 61;
    expect((await ask('/dl/a.bin', { Cookie, ...chromium(etag) })).status).toBe(410);
  });

  it('makes Node send, because a front end would send another version as a whole', async () => {
    const { ask, sign, outcomes } = await startSite({ sender: 'nginx', handshake: false });
    const link = sign();
    expect((await ask(link)).headers).toHaveProperty('x-accel-redirect');
    const etag = await etagOf((await startSite()).ask(link));
    clock.time += 61;
    const { status, headers, body } = await ask(link, chromium(etag));
    expect([status, String(body)]).toEqual([206, BYTES.slice(90)]);
    expect(headers).not.toHaveProperty('x-accel-redirect');
    expect(outcomes.at(-1)).toMatchObject({ sender: 'serve', status: 206 });
  });

  it('holds for remote objects, by the ETag of the store', async () => {
    const store = await startStore((req, res) => {
      const isFresh = (req.headers['if-range'] ?? req.headers['if-match'] ?? '"1"') === '"1"';
      const head = { ETag: '"1"', 'Accept-Ranges': 'bytes' };
      if (req.headers.range === undefined || !isFresh) res.writeHead(200, head).end(BYTES);
      else {
        res.writeHead(206, { ...head, 'Content-Range': 'bytes 90-99/100' });
        res.end(BYTES.slice(90));
      }
    });
    const locate = (path: string) => ({ url: `${store.origin}/${path}`, name: path });
    const remote = remoteRoot({ origins: [store.origin], locate });
    const handler = authToken(SECRET, remote, { resumeGrace: 60, now });
    const { request } = await listenWith((req, res) => handler(req, res));
    const target = handler.signer.sign('a.bin', { expiresIn: 60 });
    clock.time += 61;
    const statusOf = async (headers: Headers) => (await request({ target, headers })).status;
    expect(await statusOf(chromium('"1"'))).toBe(206);
    expect(await statusOf(firefox('"1"'))).toBe(206);
    expect(await statusOf(chromium('"2"'))).toBe(410);
    expect(await statusOf({})).toBe(410);
  });

  it('works with curl', async () => {
    const { ask, sign, port } = await startSite();
    const link = sign();
    const etag = await etagOf(ask(link));
    clock.time += 61;
    const curl = async (...args: string[]): Promise<string> => {
      const all = ['-s', '-C', '90', '-w', ' %{http_code}', ...args];
      const url = `http://127.0.0.1:${port}${link}`;
      // It fails if it cannot resume.
      const ended = promisify(execFile)('curl', [...all, url]);
      return (await ended.catch((error: { stdout: string }) => error)).stdout;
    };
    expect(await curl('-H', `If-Range: ${etag}`)).toBe(`${BYTES.slice(90)} 206`);
    expect(await curl()).toBe(' 410');
  });

  it.each([-1, 0.5, 86_401, Number.POSITIVE_INFINITY, Number.NaN, '60', null, true])(
    'refuses %p',
    (resumeGrace) => {
      const act = () => authToken(SECRET, root, { resumeGrace: resumeGrace as number });
      expect(act).toThrow(BadOptionError);
      expect(act).toThrow(
        /^authToken: resumeGrace must be a whole number of seconds, at most 86400, got /,
      );
    },
  );
});

describe('resumeGrace and what is remembered about links', () => {
  const client = ({ headers }: { headers: NodeJS.Dict<string | string[]> }) =>
    String(headers['x-client']);
  const as = (name: string, headers: Headers = {}): Headers => ({ ...headers, 'X-Client': name });

  it('lets the client go on that took the use, and no other', async () => {
    const { ask, sign, outcomes } = await startSite({ allow: limitUses({ client, now }) });
    const link = sign({ uses: 2 });
    const etag = await etagOf(ask(link, as('first')));
    clock.time += 61;
    // One use is left, but not any more.
    expect((await ask(link, as('second', chromium(etag)))).status).toBe(410);
    expect(outcomes.at(-1)?.code).toBe('ERR_XSENDFILE_TOKEN_EXPIRED');
    for (let request = 0; request < 3; request++) {
      expect((await ask(link, as('first', chromium(etag)))).status).toBe(206);
    }
    clock.time += 58;
    expect((await ask(link, as('first', firefox(etag)))).status).toBe(206);
    clock.time += 3;
    expect((await ask(link, as('first', firefox(etag)))).status).toBe(410);
  });

  it('forgets a download whose window has ended before the link', async () => {
    const { ask, sign } = await startSite({ allow: limitUses({ client, now, window: 30 }) });
    const link = sign({ uses: 1 });
    const etag = await etagOf(ask(link, as('first')));
    clock.time += 61;
    expect((await ask(link, as('first', chromium(etag)))).status).toBe(410);
  });

  it('refuses links that were revoked before or after their end', async () => {
    const store = memoryUses({ now });
    const revocations = createRevocations({ store });
    const { ask, sign, outcomes } = await startSite({ allow: revocations.allow });
    const [early, late, kept] = [sign({ id: 'early' }), sign({ id: 'late' }), sign({ id: 'kept' })];
    const expires = (clock.time + 60) * 1000;
    const etag = await etagOf(ask(kept));
    await revocations.revoke('early', expires);
    clock.time += 61;
    expect((await ask(early, chromium(etag))).status).toBe(410);
    expect(outcomes.at(-1)?.code).toBe('ERR_XSENDFILE_TOKEN_REVOKED');
    expect((await ask(late, chromium(etag))).status).toBe(206);
    await revocations.revoke('late', expires);
    clock.time += 58;
    for (const link of [early, late]) expect((await ask(link, chromium(etag))).status).toBe(410);
    expect((await ask(kept, chromium(etag))).status).toBe(206);
  });

  it('adds the longest grace to revocations', async () => {
    const revoke = jest.fn();
    const store: RevocationStore = { revoke, isRevoked: () => false };
    const revocations = createRevocations({ store });
    for (const resumeGrace of [60, 600, 0]) {
      authToken(SECRET, root, { resumeGrace, allow: revocations.allow });
    }
    await revocations.revoke('x', 1_800_000_000_000);
    expect(revoke.mock.calls).toEqual([['x', 1_800_000_601_000]]);
  });

  it('refuses if the list of revocations may have forgotten the link', async () => {
    const revocations = createRevocations({ store: memoryUses({ now }) });
    const seen: [number, boolean][] = [];
    const { ask, sign } = await startSite({
      allow: (file, context) => {
        seen.push([context.resumeGrace, context.isExpired]);
        return revocations.allow(file, context);
      },
    });
    const link = sign({ id: 'x' });
    const etag = await etagOf(ask(link));
    clock.time += 61;
    expect((await ask(link, chromium(etag))).status).toBe(410);
    expect(seen).toEqual([
      [60, false],
      [60, true],
    ]);
  });
});
