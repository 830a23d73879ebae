import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import express from 'express';
import express4 from 'express4';
import {
  type AllowFunction,
  type AuthTokenOptions,
  authToken,
  BadOptionError,
  type CookieOptions,
  createUrlSigner,
  nginxSender,
  type Outcome,
  type TokenOptions,
} from '../../lib/index.js';
import { limitUses, memoryUses } from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import { FRAMEWORKS } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({
  'videos/42/index.m3u8': 'playlist',
  'videos/42/a~b.ts': 'tilde',
  'videos/42/deep/x.ts': 'deep',
  'videos/421/x.ts': 'neighbour',
  'videos/43/x.ts': 'another',
  'videos/42.ts': 'beside',
  'app.5e8f3a2b/x.js': 'hashed',
});
const NOW = Date.UTC(2026, 10, 22, 12);
const at = (seconds: number) => (): number => NOW + seconds * 1000;
const OPTIONS: AuthTokenOptions = { sender: 'serve', cookie: 'files', now: at(0) };
const FILE = '/videos/42/index.m3u8';
const countUses = (): AllowFunction => limitUses({ store: memoryUses({ now: at(0) }) });

/** The Cookie header for a cookie that a signer made, at a moment in seconds from now. */
function cookieFor(
  path: string,
  claims: Partial<CookieOptions> = {},
  options: TokenOptions = {},
  secret: string | readonly string[] = SECRET,
): string {
  const signer = createUrlSigner(secret, { now: at(0), ...options });
  const cookie = signer.cookie(path, { name: 'files', mountPath: '/media', ...claims });
  return cookie.split(';')[0] ?? '';
}

/** A link without the directory that it opens. */
function tokenOf(path: string, claims: { readonly prefix?: boolean } = {}): string {
  return (
    createUrlSigner(SECRET, { now: at(0) })
      .sign(path, claims)
      .split('/')[1] ?? ''
  );
}

/** On bare node:http. */
async function start(options: AuthTokenOptions = {}, secret: string | string[] = SECRET) {
  const outcomes: Outcome[] = [];
  const handler = authToken(secret, root, {
    ...OPTIONS,
    onFinish: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const fixture = await listenWith((req, res) => handler(req, res));
  return { ...fixture, outcomes, signer: handler.signer };
}

describe('authToken(secret, root, { cookie })', () => {
  it.each<[AuthTokenOptions, RegExp]>([
    [{ cookie: 'a b' }, /^authToken: cookie must be the name of a cookie.*got "a b"/],
    [{ cookie: '' }, /^authToken: cookie must be/],
    [{ cookie: true as never }, /^authToken: cookie must be.*got true/],
    [
      { cookie: 'x', scheme: 'secdownload' },
      /^authToken: scheme 'secdownload' has no cookie; it is for hmac\.$/,
    ],
  ])('refuses %j', (options, message) => {
    const act = (): unknown => authToken(SECRET, root, options);
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
  });
});

describe.each(FRAMEWORKS)('a signed cookie in $name', ({ create }) => {
  it('opens the files below its directory, below a mount path', async () => {
    const handler = authToken(SECRET, root, OPTIONS);
    const { check } = await listenWith(create('/media', handler));
    const headers = {
      Cookie: handler.signer.cookie('videos/42', { mountPath: '/media' }).split(';')[0] ?? '',
    };
    await check(
      { target: `/media${FILE}`, headers },
      {
        status: 200,
        headers: {
          Vary: 'Cookie, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
          'Cache-Control': 'private, max-age=120',
        },
        body: 'playlist',
      },
    );
    await check({ method: 'HEAD', target: `/media${FILE}`, headers }, { status: 200, body: '' });
    await check({ target: '/media/videos/421/x.ts', headers }, { status: 404 });
    await check({ target: `/media${FILE}` }, { status: 404, headers: { Vary: 'Cookie' } });
    await check({ method: 'POST', target: `/media${FILE}`, headers }, { status: 405 });
    const link = handler.signer.sign('videos/43/x.ts');
    await check({ target: `/media${link}`, headers }, { status: 200, headers: { Vary: null } });
  });
});

describe.each([
  { name: 'Express 5', create: express, route: '/media/*path' },
  { name: 'Express 4', create: express4, route: '/media/*' },
])('a signed cookie on a route of $name', ({ create, route }) => {
  it('opens the path that the option names, in one spelling', async () => {
    const path: AuthTokenOptions['path'] = (req) => req.params.path ?? req.params[0];
    const app = create();
    app.get(route, authToken(SECRET, root, { ...OPTIONS, path }));
    const { check } = await listenWith(app);
    const headers = { Cookie: cookieFor('videos/42') };
    await check({ target: `/media${FILE}`, headers }, { status: 200, body: 'playlist' });
    await check({ target: '/media/videos/42/a~b.ts', headers }, { status: 200, body: 'tilde' });
    await check({ target: '/media/videos/42/a%7Eb.ts', headers }, { status: 404 });
    await check({ target: '/media/videos/43/x.ts', headers }, { status: 404 });
  });

  it('does not pass a guard in front that knows one spelling only', async () => {
    const app = create();
    app.use('/media/videos/42/deep', (_req: unknown, res: ServerResponse) => {
      res.writeHead(401).end();
    });
    app.use('/media', authToken(SECRET, root, OPTIONS));
    const { check } = await listenWith(app);
    const headers = { Cookie: cookieFor('videos/42') };
    await check({ target: '/media/videos/42/deep/x.ts', headers }, { status: 401 });
    await check({ target: '/media/videos/42/%64eep/x.ts', headers }, { status: 404 });
  });
});

describe('a signed cookie over HTTP/2', () => {
  it('is found in a header that the client split', async () => {
    const handler = authToken(SECRET, root, OPTIONS);
    const server = createHttp2Server((req, res) => handler(req, res));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const cookie = ['a=1', 'files=forged', cookieFor('videos/42'), 'b=2'];
      const stream = client.request({ ':path': FILE, cookie });
      const [headers] = await once(stream, 'response');
      expect(headers).toMatchObject({
        ':status': 200,
        vary: 'Cookie, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      });
      expect(await stream.setEncoding('utf8').toArray()).toEqual(['playlist']);
    } finally {
      client.close();
      server.close();
    }
  });
});

describe('requests with a signed cookie', () => {
  const good = cookieFor('videos/42');
  const value = good.slice('files='.length);
  const rotated = ['a new secret of more than sixteen bytes', SECRET];

  it.each<[string, string | undefined, string]>([
    ['no cookie', undefined, '404 MALFORMED'],
    ['an empty header', '', '404 MALFORMED'],
    ['another cookie', good.replace('files', 'other'), '404 MALFORMED'],
    ['a name in other case', good.replace('files', 'Files'), '404 MALFORMED'],
    ['an empty value', 'files=', '404 MALFORMED'],
    ['the name only', 'files', '404 MALFORMED'],
    ['a valid one', good, '200'],
    ['one among others', `a=1; ${good}; b=2`, '200'],
    ['one without spaces', `a=1;${good};b=2`, '200'],
    ['one in quotes', `files="${value}"`, '404 MALFORMED'],
    ['a doubled one', `${good}; ${good}`, '200'],
    ['a forged one first', `files=${'A'.repeat(43)}${value.slice(43)}; ${good}`, '200'],
    ['a forged one last', `${good}; files=${'A'.repeat(43)}${value.slice(43)}`, '200'],
    ['one of another directory first', `${cookieFor('videos/43')}; ${good}`, '200'],
    [
      'one that expired first',
      `${cookieFor('videos/42', { expires: new Date(0) })}; ${good}`,
      '200',
    ],
    ['the whole root', cookieFor(''), '200'],
    ['the directory above', cookieFor('videos'), '200'],
    ['the seventh of many', `${'files=x; '.repeat(7)}${good}`, '200'],
    ['more than are tried', `${'files=x; '.repeat(8)}${good}`, '404 MALFORMED'],
    ['a directory below', cookieFor('videos/42/deep'), '404 MALFORMED'],
    ['another directory', cookieFor('videos/43'), '404 FORGED'],
    ['a directory with the same beginning', cookieFor('videos/4'), '404 FORGED'],
    ['the file itself as directory', cookieFor('videos/42/index.m3u8'), '404 MALFORMED'],
    ['another purpose', cookieFor('videos/42', {}, { purpose: 'x' }), '404 FORGED'],
    ['another algorithm', cookieFor('videos/42', {}, { algorithm: 'sha512' }), '404 FORGED'],
    ['another secret', cookieFor('videos/42', {}, {}, 'x'.repeat(32)), '404 FORGED'],
    ['a truncated one', good.slice(0, -1), '404 MALFORMED'],
    ['a truncated MAC', `files=${value.slice(1)}`, '404 MALFORMED'],
    ['no claims', `files=${value.slice(0, 52)}`, '404 FORGED'],
    ['a later expiry', good.replace(/\.[0-9a-f]{8}/, '.ffffffff'), '404 FORGED'],
    ['a link', `files=${tokenOf('videos/42', { prefix: true })}`, '404 FORGED'],
    ['a link to the file', `files=${tokenOf('videos/42/index.m3u8')}`, '404 FORGED'],
    [
      'a link with its path',
      `files=${tokenOf('videos/42', { prefix: true })}/videos/42/`,
      '404 MALFORMED',
    ],
    ['a percent-encoded one', `files=${value.replaceAll('.', '%2E')}`, '404 MALFORMED'],
    ['separators in it', `files=${value.replace('.', '/')}`, '404 MALFORMED'],
    ['..', 'files=..', '404 MALFORMED'],
    ['a huge one', `files=${'A'.repeat(12_000)}.6b49e010`, '404 FORGED'],
    ['huge claims', `${good}${'A'.repeat(12_000)}`, '404 MALFORMED'],
    ['rubbish before it', `;;=;\t=x; "; ${good}`, '200'],
    ['an id with separators', cookieFor('videos/42', { id: 'a;b=c, d/../e\u0001是' }), '200'],
    ['a file name with separators', cookieFor('videos/42', { filename: 'a;"b".ts' }), '200'],
    ['uses and rate', cookieFor('videos/42', { uses: 3, rate: 1000 }), '200'],
    ['this client’s network', cookieFor('videos/42', { ip: '127.0.0.0/8' }), '200'],
    ['another address', cookieFor('videos/42', { ip: '203.0.113.9' }), '404 ADDRESS'],
    ['the last second', cookieFor('videos/42', { expiresIn: 60 }, { now: at(-60) }), '200'],
    ['after it', cookieFor('videos/42', { expiresIn: 60 }, { now: at(-61) }), '410 EXPIRED'],
    ['a moment before it begins', cookieFor('videos/42', { notBefore: new Date(NOW + 1) }), '200'],
    [
      'a second before',
      cookieFor('videos/42', { notBefore: new Date(NOW + 1000) }),
      '404 NOT_YET_VALID',
    ],
    ['too long a lifetime', cookieFor('videos/42', { expiresIn: 7200 }), '404 LIFETIME'],
    [
      'an expired one of another directory',
      cookieFor('videos/43', { expires: new Date(0) }),
      '404 FORGED',
    ],
    [
      'a forged one and one that expired',
      `files=${'A'.repeat(43)}.6b49e010; ${cookieFor('videos/42', { expires: new Date(0) })}`,
      '410 EXPIRED',
    ],
  ])('%s', async (_what, cookie, expected) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { request, outcomes } = await start({ maxLifetime: 3600, allow: countUses() });
    const headers = cookie === undefined ? {} : { Cookie: encode(cookie) };
    const { status, headers: received } = await request({ target: FILE, headers });
    const [{ code = '' } = {}] = outcomes;
    expect(`${status} ${code.replace('ERR_XSENDFILE_TOKEN_', '')}`.trim()).toBe(expected);
    expect(received.vary).toMatch(/^Cookie\b/);
    emitWarning.mockRestore();
  });

  it.each<[string, string, string]>([
    ['the directory itself', '/videos/42', '404 TOKEN_MALFORMED'],
    ['the directory with a slash', '/videos/42/', '404 NOT_CANONICAL'],
    ['a neighbour with the same beginning', '/videos/421/x.ts', '404 TOKEN_FORGED'],
    ['a file beside it', '/videos/42.ts', '404 TOKEN_MALFORMED'],
    ['a file deeper', '/videos/42/deep/x.ts', '200'],
    ['a missing file', '/videos/42/no.ts', '404 NOT_FOUND'],
    ['a directory in it', '/videos/42/deep', '404 NOT_A_FILE'],
    ['..', '/videos/42/../43/x.ts', '403 FORBIDDEN_PATH'],
    ['encoded ..', '/videos/42/%2e%2e/43/x.ts', '403 FORBIDDEN_PATH'],
    ['an encoded slash', '/videos/42%2findex.m3u8', '404 NOT_CANONICAL'],
    ['two slashes', '/videos/42//index.m3u8', '404 NOT_CANONICAL'],
    ['another spelling', '/videos/42/index%2Em3u8', '404 NOT_CANONICAL'],
    ['another spelling of the directory', '/videos/%34%32/index.m3u8', '404 NOT_CANONICAL'],
    ['a query', '/videos/42/index.m3u8?a=%7E/../', '200'],
    ['a bad encoding', '/videos/42/%zz', '400 BAD_PATH'],
    ['the root', '/', '403 FORBIDDEN_PATH'],
    ['a forged link', `/${'A'.repeat(43)}.6b49e010${FILE}`, '404 TOKEN_FORGED'],
    ['a link to another file', `/${tokenOf('videos/43/x.ts')}${FILE}`, '404 TOKEN_FORGED'],
    ['a cookie as link', `/${value}${FILE}`, '404 TOKEN_FORGED'],
    [
      'a link that expired',
      createUrlSigner(SECRET, { now: at(-600) }).sign('videos/42/index.m3u8'),
      '410 TOKEN_EXPIRED',
    ],
    [
      'a valid link to another file',
      createUrlSigner(SECRET, { now: at(0) }).sign('videos/43/x.ts'),
      '200',
    ],
  ])('to %s', async (_what, target, expected) => {
    const { request, outcomes } = await start();
    const { status } = await request({ target, headers: { Cookie: good } });
    const [{ code = '' } = {}] = outcomes;
    expect(`${status} ${code.replace('ERR_XSENDFILE_', '')}`.trim()).toBe(expected);
  });

  it('opens a directory whose name resembles a token', async () => {
    const { check } = await start();
    const headers = { Cookie: cookieFor('app.5e8f3a2b') };
    await check({ target: '/app.5e8f3a2b/x.js', headers }, { status: 200, body: 'hashed' });
  });

  it('is worth nothing without the option', async () => {
    const { cookie: _cookie, ...options } = OPTIONS;
    const handler = authToken(SECRET, root, options);
    const { check } = await listenWith((req, res) => handler(req, res));
    await check(
      { target: FILE, headers: { Cookie: good } },
      { status: 404, headers: { Vary: null } },
    );
  });

  it('cannot be replayed after it expired', async () => {
    let seconds = 0;
    const { check, signer } = await start({ now: () => NOW + seconds * 1000 });
    const cookie = signer.cookie('videos/42', { mountPath: '/', expiresIn: 60 });
    const headers = { Cookie: cookie.split(';')[0] ?? '' };
    for (const [moment, status] of [
      [0, 200],
      [60, 200],
      [61, 410],
      [60, 200],
    ] as const) {
      seconds = moment;
      await check({ target: FILE, headers }, { status });
    }
  });

  it('works until its secret is removed', async () => {
    const both = await start({}, rotated);
    const last = await start({}, rotated[0]);
    const headers = { Cookie: good };
    await both.check({ target: FILE, headers }, { status: 200 });
    await last.check({ target: FILE, headers }, { status: 404 });
    const fresh = { Cookie: cookieFor('videos/42', {}, {}, rotated) };
    await last.check({ target: FILE, headers: fresh }, { status: 200 });
  });

  it('limits max-age to its remaining lifetime, and adds to Vary', async () => {
    const handler = authToken(SECRET, root, { ...OPTIONS, maxAge: '1d' });
    const { check } = await listenWith((req, res) => {
      res.setHeader('Vary', 'Origin');
      handler(req, res);
    });
    const headers = { Cookie: cookieFor('videos/42', { expiresIn: 90 }) };
    const expected = {
      Vary: 'Origin, Cookie, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      'Cache-Control': 'private, max-age=90',
    };
    await check({ target: FILE, headers }, { status: 200, headers: expected });
    await check(
      { target: FILE, headers: { ...headers, 'If-None-Match': '*' } },
      { status: 304, headers: expected },
    );
    await check(
      { target: FILE, headers: { ...headers, Range: 'bytes=0-3' } },
      {
        status: 206,
        headers: { Vary: 'Origin, Cookie, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest' },
        body: 'play',
      },
    );
    await check(
      { target: FILE },
      {
        status: 404,
        headers: { Vary: 'Origin, Cookie' },
      },
    );
  });

  it('shows its claims to allow and in the outcome, and never the cookie', async () => {
    const claims: unknown[] = [];
    const allow: AllowFunction = (_file, context) => {
      claims.push(context.claims);
      return true;
    };
    const { check, outcomes } = await start({ allow: [allow, countUses()] });
    const header = cookieFor('videos/42', { id: 'user-7', uses: 3, rate: 1000, filename: 'x.ts' });
    await check(
      { target: FILE, headers: { Cookie: header } },
      { status: 200, headers: { 'Content-Disposition': 'attachment; filename=x.ts' } },
    );
    expect(claims).toMatchObject([
      { path: 'videos/42/index.m3u8', prefix: true, id: 'user-7', uses: 3, rate: 1000 },
    ]);
    expect(outcomes).toMatchObject([{ kind: 'sent', tokenId: 'user-7' }]);
    expect(JSON.stringify(outcomes)).not.toContain(header.slice(6, 30));
  });

  it('is identified in the outcome of its refusal, if it is genuine', async () => {
    const { check, outcomes } = await start();
    const header = cookieFor('videos/42', { id: 'user-7', expires: new Date(0) });
    await check({ target: FILE, headers: { Cookie: header } }, { status: 410 });
    expect(outcomes).toMatchObject([{ path: 'videos/42/index.m3u8', tokenId: 'user-7' }]);
  });

  it('bound to an address is refused behind a proxy that the application does not know', async () => {
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { check, outcomes } = await start();
    const headers = { Cookie: cookieFor('videos/42', { ip: '127.0.0.1' }), 'X-Forwarded-For': 'x' };
    await check({ target: FILE, headers }, { status: 404 });
    expect(outcomes).toMatchObject([{ code: 'ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED' }]);
    jest.restoreAllMocks();
  });

  it('lets a front end send the file', async () => {
    const handshake = 'a-handshake-of-many-characters';
    const sender = nginxSender({ location: '/-internal-/' });
    const { check } = await start({ sender, handshake });
    await check(
      { target: FILE, headers: { Cookie: good, 'X-Sendfile-Handshake': handshake } },
      {
        status: 200,
        headers: {
          'X-Accel-Redirect': '/-internal-/videos/42/index.m3u8',
          Vary: 'Cookie, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
        },
      },
    );
  });

  it('gets byte for byte the same refusals as a link', async () => {
    const { request, signer } = await start({ maxLifetime: 3600 });
    const future = { notBefore: new Date(NOW + 60_000) };
    const requests: readonly (readonly [string, string | undefined])[] = [
      [FILE, undefined],
      [FILE, 'files=x'],
      [FILE, cookieFor('videos/43')],
      [FILE, cookieFor('videos/42', future)],
      [FILE, cookieFor('videos/42', { expiresIn: 7200 })],
      ['/videos/42/no.ts', good],
      [signer.sign('videos/42/no.ts'), undefined],
      [signer.sign('videos/42/index.m3u8', future), undefined],
      [signer.sign('videos/42/index.m3u8').replace('42', '43'), good],
    ];
    const answers = new Set<string>();
    for (const [target, cookie] of requests) {
      const headers = cookie === undefined ? {} : { Cookie: cookie };
      const { raw, status } = await request({ target, headers });
      expect(status).toBe(404);
      answers.add(raw.toString('latin1').replace(/Date: .*/, ''));
    }
    expect([...answers]).toHaveLength(1);
  });

  it('leaves a refusal to the application if setting Vary fails', async () => {
    const handler = authToken(SECRET, root, OPTIONS);
    const errors: unknown[] = [];
    const { check } = await listenWith((req, res) => {
      res.setHeader = () => {
        throw new Error('no more headers');
      };
      handler(req, res, (error) => {
        errors.push(error);
        res.writeHead(500).end();
      });
    });
    await check({ target: FILE }, { status: 500 });
    await check({ target: FILE, headers: { Cookie: good } }, { status: 500 });
    expect(errors).toMatchObject([{ message: 'no more headers' }, { message: 'no more headers' }]);
  });
});

/** Header values are bytes, which Node reads as latin1. */
function encode(text: string): string {
  return Buffer.from(text).toString('latin1');
}
