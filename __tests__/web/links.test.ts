import { setTimeout as delay } from 'node:timers/promises';
import { createUrlSigner as createMainSigner } from '../../lib/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { type AuthTokenWebOptions, authToken, type Outcome } from '../../lib/web/index.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';
import { expectAllClosed } from '../pipeline/transfer/descriptors.js';
import { openFixture, type WebFixture } from './site.js';
import { WAYS, type Way } from './ways.js';

const SECRET = 'a secret of more than sixteen bytes';
const LARGE = Buffer.alloc(3_000_000, 'x');
const root = createTree({
  'report.txt': 'the report',
  'large.bin': LARGE,
  'videos/42/index.m3u8': 'playlist',
  'videos/43/x.ts': 'another',
});
const NOW = Date.UTC(2026, 10, 22, 12);
const at = (seconds: number) => (): number => NOW + seconds * 1000;

async function createLinkFixture(way: Way, options: AuthTokenWebOptions = {}) {
  const outcomes: Outcome[] = [];
  const links = authToken(SECRET, root, {
    prefix: '/dl',
    now: at(0),
    onFinish: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const site: WebFixture = await openFixture(way, links, outcomes);
  return { ...site, links, sign: links.signer.sign };
}

afterEach(() => jest.restoreAllMocks());

const countUses = () => limitUses<Request>({ now: at(0) });

describe.each(WAYS)('authToken() with $name', (way) => {
  it('sends a file to a good link, of the main entry too', async () => {
    const { check, sign, outcomes } = await createLinkFixture(way);
    const target = `/dl${sign('report.txt', { filename: 'Ünï.txt', id: 'order-7' })}`;
    const headers = { 'Content-Disposition': /filename\*=UTF-8''%C3%9Cn%C3%AF\.txt$/ };
    await check({ target }, { status: 200, headers, body: 'the report' });
    const main = createMainSigner(SECRET, { now: at(0) }).sign('report.txt');
    await check({ target: `/dl${main}` }, { status: 200, body: 'the report' });
    await check({ target: `/dl${main}`, method: 'HEAD' }, { status: 200, body: '' });
    expect(outcomes[0]).toMatchObject({ kind: 'sent', path: 'report.txt', tokenId: 'order-7' });
  });

  it('refuses expired and forged links, and none', async () => {
    const { check, sign, outcomes } = await createLinkFixture(way);
    const expired = createMainSigner(SECRET, { now: at(-86_400) }).sign('report.txt');
    const forged = createMainSigner('another secret of that length').sign('report.txt');
    await check({ target: `/dl${expired}` }, { status: 410 });
    await check({ target: `/dl${forged}` }, { status: 404 });
    await check({ target: '/dl/report.txt' }, { status: 404 });
    await check({ target: `/dl${sign('report.txt').replace('report', 'large')}` }, { status: 404 });
    await check({ target: sign('report.txt') }, { status: 404 });
    expect(outcomes.map(({ code }) => code)).toEqual([
      'ERR_XSENDFILE_TOKEN_EXPIRED',
      'ERR_XSENDFILE_TOKEN_FORGED',
      'ERR_XSENDFILE_TOKEN_MALFORMED',
      'ERR_XSENDFILE_TOKEN_FORGED',
      'ERR_XSENDFILE_NOT_FOUND',
    ]);
  });

  it('binds links to the address that clientAddress returns', async () => {
    const { check, sign } = await createLinkFixture(way, {
      clientAddress: (request) => request.headers.get('x-address') ?? undefined,
    });
    const target = `/dl${sign('report.txt', { ip: '192.0.2.7' })}`;
    const from = (address: string) => ({ target, headers: { 'X-Address': address } });
    await check(from('192.0.2.7'), { status: 200, body: 'the report' });
    await check(from('192.0.2.7:4711'), { status: 200 });
    await check(from('192.0.2.8'), { status: 404 });
    await check({ target }, { status: 404 });
  });

  it.each<[string, unknown, string]>([
    ['a promise', Promise.resolve('192.0.2.7'), 'be synchronous: it returned a promise.'],
    ['a number', 7, 'return a string or undefined, got a number.'],
  ])('rejects if clientAddress returns %s', async (_title, address, rule) => {
    const { ask, sign, errors } = await createLinkFixture(way, {
      clientAddress: () => address as string,
    });
    for (const claims of [{ ip: '192.0.2.7' }, {}]) {
      const response = await ask({ target: `/dl${sign('report.txt', claims)}` });
      expect(response.status).toBe(500);
      expect(errors.pop()).toMatchObject({
        code: 'ERR_XSENDFILE_BAD_OPTION',
        message: `authToken: options.clientAddress must ${rule}`,
      });
    }
  });

  it('refuses bound links without the option', async () => {
    const { check, sign, outcomes } = await createLinkFixture(way);
    const target = `/dl${sign('report.txt', { ip: '192.0.2.7' })}`;
    await check({ target }, { status: 404 });
    expect(outcomes).toMatchObject([{ code: 'ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED' }]);
  });

  it.each(['uses', 'ip'])('warns once of unknown clients, for links with %s', async (claim) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await jest.isolateModulesAsync(async () => {
      const entry: typeof import('../../lib/web/index.js') = await import('../../lib/web/index.js');
      const uses: typeof import('../../lib/uses/index.js') = await import(
        '../../lib/uses/index.js'
      );
      const links = entry.authToken(SECRET, root, { prefix: '/dl', allow: uses.limitUses() });
      const { ask } = await openFixture(way, links);
      const claims = claim === 'ip' ? { ip: '192.0.2.7' } : { uses: 2 };
      const target = `/dl${links.signer.sign('report.txt', claims)}`;
      for (let times = 0; times < 3; times += 1) await ask({ target });
    });
    expect(warn.mock.calls).toEqual([
      [
        'xsendfile: the address of a client is unknown, so links bound to an address are refused, and each of its requests takes a use of a link. A Request has no address: return it from the option clientAddress of authToken(), or client of limitUses().',
        warningOptions('XSENDFILE_CLIENT_UNKNOWN'),
      ],
    ]);
  });

  it('takes signed cookies, and says that all responses vary by them', async () => {
    const { check, links } = await createLinkFixture(way, { cookie: 'files' });
    const cookie = links.signer.cookie('videos/42/', { mountPath: '/dl' }).split(';')[0] ?? '';
    const headers = { Cookie: cookie };
    const vary = { Vary: 'Cookie' };
    const target = '/dl/videos/42/index.m3u8';
    await check(
      { target, headers },
      {
        status: 200,
        headers: { Vary: 'Cookie, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
        body: 'playlist',
      },
    );
    await check({ target }, { status: 404, headers: vary });
    await check({ target: '/dl/videos/43/x.ts', headers }, { status: 404, headers: vary });
    await check({ target: '/dl/videos/42/%69ndex.m3u8', headers }, { status: 404 });
  });

  it('counts uses', async () => {
    const { check, sign, outcomes } = await createLinkFixture(way, { allow: countUses() });
    const target = `/dl${sign('report.txt', { uses: 1, id: 'once' })}`;
    await check({ target, method: 'HEAD' }, { status: 200 });
    await check({ target }, { status: 200, body: 'the report' });
    await check({ target }, { status: 410 });
    expect(outcomes.at(-1)).toMatchObject({ code: 'ERR_XSENDFILE_TOKEN_USED_UP' });
  });

  it('counts no use for prefetches', async () => {
    const { check, sign } = await createLinkFixture(way, { allow: countUses() });
    const target = `/dl${sign('report.txt', { uses: 1, id: 'early' })}`;
    const headers = { 'Sec-Purpose': 'prefetch' };
    await check({ target, headers }, { status: 503, headers: { 'Cache-Control': 'no-store' } });
    await check({ target }, { status: 200, body: 'the report' });
  });

  it('takes the ranges of one client for one download', async () => {
    const { check, sign } = await createLinkFixture(way, {
      allow: countUses(),
      clientAddress: (request) => request.headers.get('x-address') ?? undefined,
    });
    const target = `/dl${sign('large.bin', { uses: 1, id: 'ranges' })}`;
    for (const range of ['bytes=0-99', 'bytes=100-', 'bytes=-5']) {
      const headers = { Range: range, 'X-Address': '192.0.2.7' };
      await check({ target, headers }, { status: 206 });
    }
    await check({ target, headers: { 'X-Address': '192.0.2.8' } }, { status: 410 });
  });

  it('counts all requests with a confirmed URL as one download', async () => {
    const { check, sign } = await createLinkFixture(way, { allow: countUses(), confirm: true });
    const target = `/dl${sign('large.bin', { uses: 1, id: 'confirmed' })}`;
    const page = { 'Cache-Control': 'no-store', 'Content-Type': 'text/html; charset=utf-8' };
    for (const headers of [{}, { Range: 'bytes=0-9' }]) {
      await check({ target, headers }, { status: 403, headers: page });
    }
    const form = { target, method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' }, body: 'a' };
    const answered = { status: 303, headers: { Location: /^\?confirmation=/ } };
    const locations = [await check(form, answered), await check(form, answered)];
    const [confirmed, other] = locations.map(({ headers }) => `${target}${headers.location}`);
    for (const Range of ['bytes=0-99', 'bytes=100-', 'bytes=-5']) {
      await check({ target: String(confirmed), headers: { Range } }, { status: 206 });
    }
    await check({ target: String(other) }, { status: 410 });
    await check({ target }, { status: 410 });
  });

  it('resumes after the end of a link, as Chromium and Firefox do', async () => {
    letFilesSettle();
    let seconds = 0;
    const now = (): number => NOW + seconds * 1000;
    const { check, sign } = await createLinkFixture(way, { now, resumeGrace: 60 });
    const target = `/dl${sign('large.bin', { expiresIn: 60 })}`;
    const { headers } = await check({ target }, { status: 200 });
    seconds = 90;
    const Range = 'bytes=2999990-';
    const etag = headers.etag ?? '';
    for (const condition of [{ 'If-Range': etag }, { 'If-Match': etag }]) {
      const resuming = { target, headers: { Range, ...condition } };
      await check(resuming, { status: 206, body: 'x'.repeat(10) });
    }
    await check({ target, headers: { Range } }, { status: 410 });
    await check({ target, headers: { Range, 'If-Range': '"other"' } }, { status: 410 });
    seconds = 121;
    await check({ target, headers: { Range, 'If-Range': etag } }, { status: 410 });
  });

  it('sends the same files without a link', async () => {
    const { links } = await createLinkFixture(way);
    const { check } = await openFixture(way, (request) => links.files.send(request, 'report.txt'));
    await check({ target: '/any' }, { status: 200, body: 'the report' });
    const mounted = await openFixture(way, links.files);
    await mounted.check({ target: '/dl/report.txt' }, { status: 200, body: 'the report' });
  });
});

describe('a use', () => {
  const opened = () => createLinkFixture(WAYS[0] as Way, { allow: countUses(), idleTimeout: 0.2 });
  const request = (target: string, init: RequestInit = {}) =>
    new Request(`http://localhost${target}`, init);

  it.each<[string, (response: Response, abort: AbortController) => unknown]>([
    ['is cancelled', (response) => response.body?.cancel()],
    ['is dropped', () => delay(400)],
    ['is aborted', (_response, abort) => abort.abort()],
  ])('is given back if the body %s and nothing was read', async (_title, end) => {
    const { links, sign } = await opened();
    const target = `/dl${sign('large.bin', { uses: 1, id: 'once' })}`;
    const abort = new AbortController();
    await end(await links(request(target, { signal: abort.signal })), abort);
    await expectAllClosed(root);
    const second = await links(request(target));
    expect(second.status).toBe(200);
    expect(Buffer.from(await second.arrayBuffer()).equals(LARGE)).toBe(true);
    expect((await links(request(target))).status).toBe(410);
  });

  it('is taken if something was read', async () => {
    const { links, sign } = await opened();
    const target = `/dl${sign('large.bin', { uses: 1, id: 'once' })}`;
    const reader = (await links(request(target))).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect((await links(request(target))).status).toBe(410);
  });
});
