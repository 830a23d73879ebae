import express from 'express';
import {
  type AuthTokenOptions,
  authToken,
  type LinkClaims,
  type Outcome,
} from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { createRevocations, limitUses } from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import type { RawRequest, RawResponse } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { startStore } from '../remote/raw-store.js';

const SECRET = 'a secret of more than sixteen bytes';
const BYTES = '0123456789'.repeat(10);
const root = createTree({ 'a.bin': BYTES, 'dir/a.txt': 'a', 'dir/b.txt': 'b', '<&.html': 'x' });
const OPTIONS = { confirm: true, allow: limitUses({ client: () => 'one' }) };
const HANDSHAKE = '0123456789abcdef';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

let time = 0;
beforeEach(() => {
  time = Date.now();
});
const clientOf = ({ headers }: { headers: NodeJS.Dict<string | string[]> }): string =>
  String(headers['x-client']);

async function startSite(options: AuthTokenOptions = {}) {
  const outcomes: Outcome[] = [];
  const now = (): number => time;
  const handler = authToken(SECRET, root, {
    confirm: true,
    allow: limitUses({ client: clientOf, now }),
    now,
    onFinish: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const fixture = await listenWith(express().use('/dl', handler), outcomes);
  const ask = (
    client: string,
    target: string,
    { headers, ...request }: Omit<RawRequest, 'target'> = {},
  ): Promise<RawResponse> =>
    fixture.request({ ...request, target, headers: { 'X-Client': client, ...headers } });
  const sign = (path: string, claims: LinkClaims = {}): string =>
    `/dl${handler.signer.sign(path, { expiresIn: 3600, uses: 1, ...claims })}`;
  /** Submits the form of a page. */
  const submit = async (client: string, link: string): Promise<string> => {
    const page = await ask(client, link);
    const action = /action="([^"]*)"/.exec(String(page.body))?.[1] ?? '';
    const target = link.replace(/\?.*/, '') + action.replaceAll('&amp;', '&');
    const answer = await ask(client, target, { method: 'POST', headers: FORM, body: '' });
    expect(answer.status).toBe(303);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
    return link.replace(/\?.*/, '') + answer.headers.location;
  };
  return { ...fixture, outcomes, handler, ask, sign, submit };
}

describe('a link with uses', () => {
  it('shows a page, which takes nothing', async () => {
    const { ask, sign, outcomes } = await startSite();
    const link = sign('a.bin', { filename: '"<b>&.bin' });
    for (const [client, method] of [
      ['scanner', 'HEAD'],
      ['scanner', 'GET'],
      ['other', 'GET'],
    ] as const) {
      const page = await ask(client, link, { method });
      expect(page.status).toBe(403);
      expect(page.headers).toMatchObject({
        'cache-control': 'no-store',
        'content-type': 'text/html; charset=utf-8',
        'referrer-policy': 'no-referrer',
        'x-robots-tag': 'noindex',
        'content-security-policy': expect.stringContaining("form-action 'self'"),
      });
      expect(page.headers['content-security-policy']).not.toContain('sandbox');
      expect(page.headers).not.toHaveProperty('etag');
      expect(String(page.body)).toContain(method === 'GET' ? '&quot;&lt;b&gt;&amp;.bin' : '');
      expect(String(page.body)).not.toMatch(/confirmation=|<script|src=|href=/);
      expect(outcomes.at(-1)).toMatchObject({
        ...{ kind: 'refused', status: 403, code: 'ERR_XSENDFILE_UNCONFIRMED', path: 'a.bin' },
        bytes: 0,
      });
    }
  });

  it('shows the name that the file will be saved as', async () => {
    const { ask, sign } = await startSite();
    const { body } = await ask('one', sign('a.bin', { filename: 'photo\u202egpj.exe' }));
    expect(String(body)).toContain('<h1>photogpj.exe</h1>');
  });

  it('takes nothing for a scanner that requests everything in the page', async () => {
    const { ask, sign, submit } = await startSite();
    const link = sign('a.bin', { filename: 'https://other.example/?b&c.bin' });
    const page = String((await ask('scanner', link)).body);
    const references = [...page.matchAll(/(?:action|href|src|content)="([^"]*)"/g)];
    const urls = page.match(/https?:[^\s"<]*/g) ?? [];
    expect(references.length).toBeGreaterThan(0);
    for (const reference of [...references.map(([, each = '']) => each), ...urls]) {
      const { pathname, search } = new URL(reference, `http://localhost${link}`);
      expect([403, 404]).toContain((await ask('scanner', pathname + search)).status);
    }
    expect((await ask('reader', await submit('reader', link))).status).toBe(200);
  });

  it('has another outcome for a form that was submitted', async () => {
    const { sign, submit, outcomes } = await startSite();
    await submit('reader', sign('a.bin', { id: 'order-7' }));
    expect(outcomes.at(-1)).toMatchObject({
      ...{ kind: 'refused', status: 303, code: 'ERR_XSENDFILE_UNCONFIRMED', method: 'POST' },
      ...{ path: 'a.bin', tokenId: 'order-7' },
    });
  });

  it('opens once after the form was submitted, for ranges of the same client, too', async () => {
    const { ask, sign, submit } = await startSite();
    const link = sign('a.bin');
    const confirmed = await submit('reader', link);
    expect((await ask('scanner', link)).status).toBe(403);
    const file = await ask('reader', confirmed);
    expect([file.status, String(file.body)]).toEqual([200, BYTES]);
    const range = { headers: { Range: 'bytes=90-' } };
    expect((await ask('reader', confirmed, range)).status).toBe(206);
    time += 400_000;
    expect((await ask('reader', confirmed, range)).status).toBe(206);
    for (const target of [link, confirmed]) {
      expect((await ask('another', target)).status).toBe(410);
      expect((await ask('another', target, { method: 'HEAD' })).status).toBe(410);
      expect((await ask('another', target, { method: 'POST' })).status).toBe(410);
    }
    time += 400_000;
    expect((await ask('reader', confirmed, range)).status).toBe(410);
  });

  it('takes nothing for a form that is submitted, and shows the page again after five minutes', async () => {
    const { ask, sign, submit } = await startSite();
    const link = sign('a.bin');
    const late = await submit('reader', link);
    expect((await ask('reader', late, { method: 'HEAD' })).status).toBe(200);
    time += 301_000;
    for (const method of ['GET', 'HEAD']) {
      expect((await ask('reader', late, { method })).status).toBe(403);
    }
    const confirmed = await submit('reader', `${late}`);
    expect((await ask('reader', confirmed)).status).toBe(200);
  });

  it('shows the page for a confirmation that is forged, or for another link', async () => {
    const { ask, sign, submit } = await startSite();
    const link = sign('a.bin', { id: 'one' });
    const other = sign('a.bin', { id: 'other' });
    const [, query] = (await submit('reader', other)).split('?');
    const forged = String(query).replace(/=(.)/, (_all, first) => (first === 'A' ? '=B' : '=A'));
    for (const wrong of [query, forged, 'confirmation=', 'confirmation', 'x=1&confirmation=a.b']) {
      expect((await ask('reader', `${link}?${wrong}`)).status).toBe(403);
    }
    const confirmed = await submit('reader', `${link}?x=1&${query}&${forged}&y=%22`);
    expect(confirmed).toMatch(/\?x=1&y=%22&confirmation=[\w-]{43}\.[0-9a-f]{8}\.[\w-]{8}$/);
    expect((await ask('reader', confirmed)).status).toBe(200);
  });

  it('confirms all files below a directory', async () => {
    const { ask, sign, submit } = await startSite();
    const link = sign('dir', { prefix: true, uses: 2 });
    const [, query] = (await submit('reader', `${link}a.txt`)).split('?');
    expect((await ask('reader', `${link}b.txt?${query}`)).status).toBe(200);
    expect((await ask('reader', `${link}a.txt?${query}`)).status).toBe(200);
  });

  it('has no page if it has expired or was revoked, or without a file', async () => {
    const { allow, revoke } = createRevocations();
    const { ask, sign } = await startSite({
      allow: [allow, limitUses({ client: clientOf })],
      resumeGrace: 60,
    });
    const revoked = sign('a.bin', { id: 'revoked' });
    await revoke('revoked', time + 1e7);
    const links = { 404: sign('missing'), 410: revoked };
    for (const method of ['GET', 'HEAD', 'POST']) {
      for (const [status, link] of Object.entries(links)) {
        expect((await ask('reader', link, { method })).status).toBe(Number(status));
      }
    }
    const link = sign('a.bin', { expiresIn: 10 });
    time += 20_000;
    const resuming = { Range: 'bytes=1-', 'If-Range': '"a"' };
    expect((await ask('reader', link, { headers: resuming })).status).toBe(410);
    expect((await ask('reader', link, { method: 'POST' })).status).toBe(410);
  });
});

it('leaves links without uses as they are, and refuses other methods', async () => {
  const { ask, sign, handler } = await startSite();
  const link = `/dl${handler.signer.sign('a.bin')}`;
  expect((await ask('reader', link)).status).toBe(200);
  const refused = await ask('reader', link, { method: 'POST' });
  expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD']);
  const put = await ask('reader', sign('a.bin'), { method: 'PUT' });
  expect([put.status, put.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
  const prefetch = { 'Sec-Purpose': 'prefetch' };
  expect((await ask('reader', sign('a.bin'), { headers: prefetch })).status).toBe(503);
});

it('asks no user for a cookie', async () => {
  const handler = authToken(SECRET, root, { ...OPTIONS, cookie: 'files' });
  const { request } = await listenWith((req, res) => handler(req, res));
  const [Cookie = ''] = handler.signer.cookie('', { mountPath: '/', uses: 1 }).split(';');
  const headers = { Cookie };
  expect((await request({ method: 'POST', target: '/a.bin', headers })).status).toBe(405);
  expect((await request({ target: '/a.bin', headers })).status).toBe(200);
});

it.each([false, true])('shows the page of a function, asynchronous: %s', async (isLater) => {
  const infos: unknown[] = [];
  const { ask, sign } = await startSite({
    confirm: (info, { req }) => {
      infos.push(info);
      const html = `<p>${req.headers['x-client']}`;
      return isLater ? Promise.resolve(html) : html;
    },
  });
  const page = await ask('reader', sign('a.bin'));
  expect([page.status, String(page.body)]).toEqual([403, '<p>reader\n']);
  const type = 'application/octet-stream';
  expect(infos).toEqual([
    { name: 'a.bin', size: 100, type, expires: expect.any(Date), action: '?' },
  ]);
});

it('fails with a page that is not a string', async () => {
  const { ask, sign } = await startSite({ confirm: () => 1 as unknown as string });
  expect((await ask('reader', sign('a.bin'))).status).toBe(500);
});

it('offloads only confirmed requests', async () => {
  const { ask, sign, submit } = await startSite({ sender: 'lighttpd', handshake: false });
  const link = sign('a.bin');
  expect((await ask('reader', link)).headers).not.toHaveProperty('x-sendfile');
  expect((await ask('reader', await submit('reader', link))).headers).toHaveProperty('x-sendfile');
});

it('throws without limitUses(), and for wrong values', () => {
  expect(() => authToken(SECRET, root, { confirm: true })).toThrow(
    'authToken: confirm is for links with uses, which nothing counts. Add limitUses() of xsendfile/uses to allow.',
  );
  expect(() => authToken(SECRET, root, { confirm: 1 as never, allow: limitUses() })).toThrow(
    'authToken: confirm must be true, or a function that returns a page, got 1.',
  );
});

describe('a confirmed URL of clients whose addresses are unknown', () => {
  /** A proxy that does not name them. */
  const headers = { Via: '1.1 proxy' };
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['without the option client', {}],
    ['with a client that returns undefined', { client: () => undefined }],
  ])('takes one use for all its requests, %s', async (_what, limits) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const now = (): number => time;
    const { ask, sign, submit } = await startSite({ allow: limitUses({ ...limits, now }) });
    const link = sign('a.bin');
    // Both within a second.
    const [confirmed, other] = [await submit('reader', link), await submit('other', link)];
    const ranges = ['bytes=0-9', 'bytes=10-', 'bytes=-1'];
    for (const Range of ranges) {
      const part = await ask('reader', confirmed, { headers: { ...headers, Range } });
      expect(part.status).toBe(206);
      time += 151_000;
    }
    for (const target of [other, link]) {
      expect((await ask('other', target, { headers })).status).toBe(410);
    }
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('confirm for remote objects', () => {
  it('requests no object for a form that is submitted', async () => {
    const store = await startStore((req, res) => {
      if (req.url === '/missing') res.writeHead(404).end();
      else res.setHeader('ETag', '"1"').end(BYTES);
    });
    const locate = (path: string) => ({ url: `${store.origin}/${path}`, name: path });
    const handler = authToken(SECRET, remoteRoot({ origins: [store.origin], locate }), {
      confirm: true,
      allow: limitUses(),
    });
    const { request } = await listenWith((req, res) => handler(req, res));
    const target = handler.signer.sign('a.bin', { uses: 1 });
    const { status, headers } = await request({ target, method: 'POST' });
    expect([status, store.requests.length]).toEqual([303, 0]);
    expect((await request({ target })).status).toBe(403);
    const file = await request({ target: `${target}${headers.location}` });
    expect([file.status, String(file.body)]).toEqual([200, BYTES]);
    const missing = handler.signer.sign('missing', { uses: 1 });
    expect((await request({ target: missing })).status).toBe(404);
  });

  it('has a page with the size of the object, also if nginx will send it', async () => {
    const store = await startStore((req, res) => {
      if (req.url === '/missing') res.writeHead(404).end();
      else res.setHeader('ETag', '"1"').end(BYTES);
    });
    const locate = (path: string) => ({ url: `${store.origin}/${path}`, name: path });
    const handler = authToken(SECRET, remoteRoot({ origins: [store.origin], locate }), {
      ...{ sender: 'nginx', handshake: HANDSHAKE, purpose: 'nginx' },
      confirm: ({ size }) => `${size} bytes`,
      allow: limitUses({ client: () => 'one' }),
    });
    const { request } = await listenWith((req, res) => handler(req, res));
    const headers = { 'X-Sendfile-Handshake': HANDSHAKE };
    const target = handler.signer.sign('a.bin', { uses: 1 });
    const page = await request({ target, headers });
    expect([page.status, String(page.body)]).toEqual([403, '100 bytes\n']);
    const missing = handler.signer.sign('missing', { uses: 1 });
    expect((await request({ target: missing, headers })).status).toBe(404);
    const { length } = store.requests;
    const form = await request({ target, headers, method: 'POST' });
    const file = await request({ target: `${target}${form.headers.location}`, headers });
    expect(file.headers).toHaveProperty('x-accel-redirect');
    expect(store.requests).toHaveLength(length);
  });
});
