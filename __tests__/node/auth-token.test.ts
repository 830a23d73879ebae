import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import express from 'express';
import express4 from 'express4';
import {
  type AuthTokenOptions,
  authToken,
  BadOptionError,
  BadRootError,
  createUrlSigner,
  nginxSender,
  type Outcome,
  type RefusedError,
} from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { FRAMEWORKS } from '../helpers/servers.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({
  'a.txt': 'text',
  'dir/b.txt': 'below',
  'dir/c d.txt': 'blank',
  'dirty/x.txt': 'not in dir',
  'page.html': '<p>',
  'mañana 是.txt': 'unicode',
});
const SERVE: AuthTokenOptions = { sender: 'serve' };
const EXPRESS = [
  { name: 'Express 5', create: express, wildcard: '/dl/*path' },
  { name: 'Express 4', create: express4, wildcard: '/dl/*' },
];

afterEach(() => jest.restoreAllMocks());

describe('authToken(secret, root, options)', () => {
  it.each<[string, () => unknown, typeof BadOptionError | typeof BadRootError, RegExp]>([
    ['a short secret', () => authToken('short', root), BadOptionError, /^authToken: secret must/],
    ['a bad root', () => authToken(SECRET, 'files'), BadRootError, /^authToken: root must/],
    [
      'fallthrough',
      () => authToken(SECRET, root, { fallthrough: true } as AuthTokenOptions),
      BadOptionError,
      /fallthrough is not supported/,
    ],
    [
      'an unknown option',
      () => authToken(SECRET, root, { ttl: 1 } as AuthTokenOptions),
      BadOptionError,
      /unknown option "ttl". Known options: scheme.*sender/,
    ],
    [
      'a wrong option of files',
      () => authToken(SECRET, root, { dotfiles: 'x' as 'allow' }),
      BadOptionError,
      /^authToken: dotfiles must be/,
    ],
    [
      'a wrong option of links',
      () => authToken(SECRET, root, { timeout: -1 }),
      BadOptionError,
      /^authToken: timeout must be/,
    ],
    [
      'a wrong clientAddress',
      () => authToken(SECRET, root, { clientAddress: '127.0.0.1' as never }),
      BadOptionError,
      /clientAddress must be a function/,
    ],
  ])('rejects %s', (_what, act, type, message) => {
    expect(act).toThrow(type);
    expect(act).toThrow(message);
  });
});

describe.each(FRAMEWORKS)('authToken(secret, root) in $name', ({ create }) => {
  it('sends the file of a valid link', async () => {
    const handler = authToken(SECRET, root, SERVE);
    const { check } = await listenWith(create('/dl', handler));
    for (const [path, body] of [
      ['a.txt', 'text'],
      ['dir/c d.txt', 'blank'],
      ['mañana 是.txt', 'unicode'],
    ] as const) {
      await check({ target: `/dl${handler.signer.sign(path)}` }, { status: 200, body });
    }
  });

  it('sends nothing without a valid link', async () => {
    const handler = authToken(SECRET, root, SERVE);
    const { check } = await listenWith(create('/dl', handler));
    const link = handler.signer.sign('dir/b.txt');
    for (const target of [
      '/dl/dir/b.txt',
      '/dl/a.txt',
      `/dl${link.replace('b.txt', 'c%20d.txt')}`,
    ]) {
      await check({ target }, { status: 404, body: 'Not Found\n' });
    }
    await check({ target: `/dl${link}/../../a.txt` }, { status: 403 });
    await check({ method: 'POST', target: `/dl${link}` }, { status: 405 });
  });

  it('sends the same files without a link through handler.files', async () => {
    const handler = authToken(SECRET, root, SERVE);
    const { check } = await listenWith(create('/open', handler.files));
    await check(
      { target: '/open/a.txt' },
      {
        status: 200,
        headers: { 'Cache-Control': 'private, no-cache', 'Referrer-Policy': null },
        body: 'text',
      },
    );
  });
});

describe.each(EXPRESS)('authToken(secret, root) on a route of $name', ({ create, wildcard }) => {
  it('reads the link from a wildcard', async () => {
    const path: AuthTokenOptions['path'] = (req) => req.params.path ?? req.params[0];
    const handler = authToken(SECRET, root, { ...SERVE, path });
    const app = create();
    app.get(wildcard, handler);
    const { check } = await listenWith(app);
    const link = handler.signer.sign('mañana 是.txt');
    await check({ target: `/dl${link}` }, { status: 200, body: 'unicode' });
    await check({ target: '/dl/x/a.txt' }, { status: 404 });
  });

  it('reads the query of secure-link on a route', async () => {
    const options: AuthTokenOptions = { ...SERVE, scheme: 'secure-link', mountPath: '/dl' };
    const handler = authToken(SECRET, root, { ...options, path: (req) => req.params.name });
    const app = create();
    app.get('/dl/:name', handler);
    const { check } = await listenWith(app);
    await check({ target: `/dl${handler.signer.sign('a.txt')}` }, { status: 200, body: 'text' });
    await check({ target: '/dl/a.txt' }, { status: 404 });
  });

  it('binds a link to req.ip', async () => {
    const outcomes: Outcome[] = [];
    const handler = authToken(SECRET, root, { ...SERVE, onFinish: (each) => outcomes.push(each) });
    const link = handler.signer.sign('a.txt', { ip: '203.0.113.9' });
    const forwarded = {
      target: `/${link.slice(1)}`,
      headers: { 'X-Forwarded-For': '203.0.113.9' },
    };

    const trusting = await listenWith(create().set('trust proxy', true).use(handler));
    await trusting.check(forwarded, { status: 200 });
    await trusting.check({ target: link }, { status: 404 });
    const wary = await listenWith(create().use(handler));
    await wary.check(forwarded, { status: 404, body: 'Not Found\n' });
    expect(outcomes.map(({ code }) => code)).toEqual([
      undefined,
      'ERR_XSENDFILE_TOKEN_ADDRESS',
      'ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED',
    ]);
  });
});

/** On bare node:http, with the outcomes and the error that onRefused would see. */
async function start(options: AuthTokenOptions = {}) {
  const outcomes: Outcome[] = [];
  const handler = authToken(SECRET, root, {
    ...SERVE,
    onFinish: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const fixture = await listenWith((req, res) => handler(req, res));
  return { ...fixture, outcomes, signer: handler.signer };
}

const NOW = Date.UTC(2026, 10, 22, 12);
const at = (seconds: number) => (): number => NOW + seconds * 1000;

describe('responses to a link', () => {
  it('are cached until the link expires at most, and send no Referer', async () => {
    const { check, signer } = await start({ now: at(0) });
    const headers = { 'Cache-Control': 'private, max-age=90', 'Referrer-Policy': 'no-referrer' };
    const target = signer.sign('a.txt', { expiresIn: 90 });
    await check({ target }, { status: 200, headers });
    await check({ target, headers: { 'If-None-Match': '*' } }, { status: 304, headers });
    await check(
      { target, headers: { Range: 'bytes=0-1' } },
      { status: 206, headers: { 'Cache-Control': 'private, max-age=90, no-transform' } },
    );
  });

  it.each<[AuthTokenOptions, string | null]>([
    [{ maxAge: '1d' }, 'private, max-age=90'],
    [{ maxAge: 60_000 }, 'private, max-age=60'],
    [{ maxAge: '1d', immutable: true }, 'private, max-age=90, immutable'],
    [{ cacheControl: 'public, max-age=31536000' }, 'private, max-age=90'],
    [{ cacheControl: 's-maxage=600, max-age=5' }, 'private, max-age=5'],
    [{ cacheControl: 'no-store' }, 'no-store'],
    [
      { cacheControl: () => 'max-age=600, stale-if-error=600' },
      'private, max-age=90, stale-if-error=90',
    ],
    [{ cacheControl: false }, null],
  ])('with %j have Cache-Control %j', async (options, value) => {
    const { check, signer } = await start({ now: at(0), ...options });
    const target = signer.sign('a.txt', { expiresIn: 90 });
    await check({ target }, { status: 200, headers: { 'Cache-Control': value } });
  });

  it('have the signed file name and disposition, whatever res.locals says', async () => {
    const handler = authToken(SECRET, root, SERVE);
    const { check } = await listenWith((req, res) => {
      Object.assign(res, { locals: { contentDisposition: 'inline' } });
      handler(req, res);
    });
    const sign = handler.signer.sign;
    const disposition = (value: string | null) => ({
      status: 200,
      headers: { 'Content-Disposition': value },
    });
    await check({ target: sign('a.txt') }, disposition('inline; filename=a.txt'));
    await check(
      { target: sign('a.txt', { filename: 'Q3.txt' }) },
      disposition('attachment; filename=Q3.txt'),
    );
    await check(
      { target: sign('a.txt', { filename: 'Rechnung 1/2.pdf' }) },
      disposition('attachment; filename="Rechnung 1_2.pdf"'),
    );
    await check(
      { target: sign('a.txt', { filename: 'Q3.txt', disposition: 'inline' }) },
      disposition('inline; filename=Q3.txt'),
    );
    await check(
      { target: sign('a.txt', { disposition: 'attachment' }) },
      disposition('attachment; filename=a.txt'),
    );
  });

  it('have the ETag of the file, so that a fresh link resumes a download', async () => {
    const { request, check, signer } = await start();
    letFilesSettle();
    const first = await request({ target: signer.sign('a.txt', { id: 'one' }) });
    await check(
      {
        target: signer.sign('a.txt', { id: 'two', expiresIn: 500 }),
        headers: { Range: 'bytes=2-', 'If-Range': String(first.headers.etag) },
      },
      { status: 206, body: 'xt' },
    );
  });

  it('put the id of the link into the outcome, and never the link', async () => {
    const { check, outcomes, signer } = await start();
    const link = signer.sign('dir', { prefix: true, id: 'user-7' });
    await check({ target: `${link}b.txt` }, { status: 200, body: 'below' });
    await check({ target: `${link}../dirty/x.txt` }, { status: 403 });
    await check({ target: link.replace('/dir/', '/dirty/x.txt') }, { status: 404 });
    expect(outcomes).toMatchObject([
      { kind: 'sent', path: 'dir/b.txt', tokenId: 'user-7' },
      { kind: 'refused', path: undefined },
      { kind: 'refused', path: undefined },
    ]);
    expect(JSON.stringify(outcomes)).not.toContain(link.slice(1, 20));
  });

  it('to a directory link make relative links work', async () => {
    const { check, signer } = await start();
    const page = new URL(`http://localhost${signer.sign('dir', { prefix: true })}index.html`);
    await check({ target: new URL('b.txt', page).pathname }, { status: 200, body: 'below' });
    await check({ target: new URL('c d.txt', page).pathname }, { status: 200, body: 'blank' });
  });
});

/** A link as encoders of URLs and mail programs write it. */
const respell = (link: string): string =>
  link.replace(/[-._~]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

describe.each(EXPRESS)('a link in another spelling in $name', ({ create, wildcard }) => {
  const paths: readonly (readonly [string, AuthTokenOptions])[] = [
    ['below a mount path', {}],
    ['on a route', { path: (req) => req.params.path ?? req.params[0] }],
  ];

  it.each(paths)('is equally valid %s', async (_where, options) => {
    const handler = authToken(SECRET, root, { ...SERVE, ...options });
    const app = create();
    if (options.path === undefined) app.use('/dl', handler);
    else app.get(wildcard, handler);
    const { check } = await listenWith(app);
    for (const [path, body] of [
      ['dir/b.txt', 'below'],
      ['mañana 是.txt', 'unicode'],
    ] as const) {
      const target = `/dl${respell(handler.signer.sign(path))}`;
      await check({ target }, { status: 200, body });
      await check({ target: `${target}?utm=%7E` }, { status: 200, body });
    }
    await check({ target: `/dl${respell(handler.signer.sign('.env'))}` }, { status: 404 });
  });

  it('is not accepted below another spelling of the mount path', async () => {
    const path: AuthTokenOptions['path'] = (req) => [req.params.token, req.params.name];
    const handler = authToken(SECRET, root, { ...SERVE, path });
    const app = create();
    app.get('/dl/:tenant/:token/:name', handler);
    const { check } = await listenWith(app);
    const link = respell(handler.signer.sign('a.txt'));
    await check({ target: `/dl/acme${link}` }, { status: 200, body: 'text' });
    await check({ target: `/dl/%61cme${link}` }, { status: 404 });
    await check({ target: `/dl//acme${link}` }, { status: 404 });
  });

  it('is not accepted by handler.files', async () => {
    const { files } = authToken(SECRET, root, SERVE);
    const { check } = await listenWith(create().use('/open', files));
    await check({ target: '/open/a.txt' }, { status: 200 });
    await check({ target: '/open/a%2Etxt' }, { status: 404 });
  });
});

describe('responses to an invalid link', () => {
  it('are the same byte for byte', async () => {
    const outcomes: Outcome[] = [];
    const options = { ...SERVE, now: at(0), onFinish: (each: Outcome) => outcomes.push(each) };
    const handler = authToken(SECRET, root, { ...options, maxLifetime: 3600 });
    const { request } = await listenWith((req, res) => handler(req, res));
    const other = authToken('another secret of many bytes', root, SERVE).signer;
    const patient = authToken(SECRET, root, { now: at(0) }).signer;
    const { sign } = handler.signer;
    const link = sign('a.txt');
    const bad: readonly (readonly [string, string])[] = [
      ['TOKEN_MALFORMED', '/a.txt'],
      ['TOKEN_MALFORMED', `${link.slice(0, 40)}/a.txt`],
      ['TOKEN_MALFORMED', link.replace('.', '-')],
      ['TOKEN_MALFORMED', link.replace(/\/a\.txt$/, '')],
      ['TOKEN_FORGED', link.replace('a.txt', 'page.html')],
      ['TOKEN_FORGED', other.sign('a.txt')],
      ['TOKEN_FORGED', link.replace(/^\/./, '/_')],
      ['TOKEN_NOT_YET_VALID', sign('a.txt', { notBefore: new Date(NOW + 60_000) })],
      ['TOKEN_ADDRESS', sign('a.txt', { ip: '203.0.113.9' })],
      ['TOKEN_LIFETIME', patient.sign('a.txt', { expiresIn: 7200 })],
      ['NOT_FOUND', sign('no.txt')],
      ['NOT_A_FILE', sign('dir')],
      ['DOTFILE_IGNORED', sign('.env')],
    ];
    const answers = new Set<string>();
    for (const [, target] of bad) {
      const { raw, status } = await request({ target });
      expect(status).toBe(404);
      answers.add(raw.toString('latin1').replace(/Date: .*/, ''));
    }
    expect([...answers]).toHaveLength(1);
    expect(outcomes.map(({ code }) => code)).toEqual(bad.map(([code]) => `ERR_XSENDFILE_${code}`));
  });

  it('are 410 only for a genuine expired link', async () => {
    const early = authToken(SECRET, root, { now: at(-600) }).signer;
    const { check, outcomes } = await start({ now: at(0) });
    const link = early.sign('a.txt');
    await check(
      { target: link },
      { status: 410, headers: { 'Cache-Control': 'no-store' }, body: 'Gone\n' },
    );
    await check({ target: link.replace('a.txt', 'page.html') }, { status: 404 });
    await check({ target: early.sign('no.txt') }, { status: 410 });
    expect(outcomes).toMatchObject([
      { kind: 'refused', status: 410, code: 'ERR_XSENDFILE_TOKEN_EXPIRED' },
      { status: 404 },
      { status: 410 },
    ]);
  });

  it('put the id and the path of a genuine link into the outcome', async () => {
    const messages: { outcome: Outcome }[] = [];
    const subscriber = (message: unknown): void =>
      void messages.push(message as (typeof messages)[number]);
    subscribe('xsendfile:outcome', subscriber);
    const early = authToken(SECRET, root, { now: at(-600) }).signer;
    const { check, outcomes, signer } = await start({ now: at(0), maxLifetime: 3600 });
    const id = 'user-7';
    const long = authToken(SECRET, root, { now: at(0) }).signer;
    const genuine: readonly (readonly [string, string])[] = [
      ['EXPIRED', early.sign('dir/b.txt', { id })],
      ['EXPIRED', `${early.sign('dir', { id, prefix: true })}b.txt`],
      ['NOT_YET_VALID', signer.sign('dir/b.txt', { id, notBefore: new Date(NOW + 60_000) })],
      ['LIFETIME', long.sign('dir/b.txt', { id, expiresIn: 7200 })],
      ['ADDRESS', signer.sign('dir/b.txt', { id, ip: '203.0.113.9' })],
    ];
    for (const [code, target] of genuine) {
      await check({ target }, { status: code === 'EXPIRED' ? 410 : 404 });
    }
    const forged = early.sign('dir/b.txt', { id }).replace('b.txt', 'c%20d.txt');
    await check({ target: forged }, { status: 404 });
    unsubscribe('xsendfile:outcome', subscriber);
    const known = { kind: 'refused', path: 'dir/b.txt', tokenId: id };
    expect(outcomes).toMatchObject([
      ...genuine.map(([code]) => ({ ...known, code: `ERR_XSENDFILE_TOKEN_${code}` })),
      { kind: 'refused', path: undefined },
    ]);
    expect(outcomes.at(-1)).not.toHaveProperty('tokenId');
    expect(messages.map(({ outcome }) => outcome)).toEqual(outcomes);
  });

  it('can be written by the application', async () => {
    const seen: RefusedError[] = [];
    const { check } = await start({
      onRefused: (error, { res }) => {
        seen.push(error);
        res.writeHead(error.status).end('own');
      },
    });
    await check({ target: '/a.txt' }, { status: 404, body: 'own' });
    expect(seen).toMatchObject([{ code: 'ERR_XSENDFILE_TOKEN_MALFORMED', message: 'Not Found' }]);
  });
});

describe('links bound to an address', () => {
  const LOCAL = '127.0.0.1';
  beforeAll(() => {
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });

  it('are compared with the connection on bare node:http', async () => {
    const { check, signer } = await start();
    await check({ target: signer.sign('a.txt', { ip: LOCAL }) }, { status: 200 });
    await check({ target: signer.sign('a.txt', { ip: '203.0.113.9' }) }, { status: 404 });
  });

  it('are rejected behind a proxy that is not trusted', async () => {
    const { check, outcomes, signer } = await start();
    const headers = { 'X-Forwarded-For': LOCAL };
    await check({ target: signer.sign('a.txt', { ip: LOCAL }), headers }, { status: 404 });
    await check({ target: signer.sign('a.txt'), headers }, { status: 200 });
    expect(outcomes[0]?.code).toBe('ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED');
  });

  it('are compared with the result of clientAddress', async () => {
    const clientAddress = (req: { headers: Record<string, unknown> }): string =>
      String(req.headers['x-real-ip']);
    const { check, signer } = await start({ clientAddress });
    const headers = { 'X-Real-IP': '203.0.113.9', 'X-Forwarded-For': 'x' };
    await check({ target: signer.sign('a.txt', { ip: '203.0.113.9' }), headers }, { status: 200 });
    await check({ target: signer.sign('a.txt', { ip: '203.0.113.8' }), headers }, { status: 404 });
  });

  it.each(['mod-auth-token', 'secure-link'] as const)(
    'cannot be replaced by unbound links, whatever the client claims: %s',
    async (scheme) => {
      const { check } = await start({ scheme, limitByIp: true });
      const target = createUrlSigner(SECRET, { scheme }).sign('a.txt');
      await check({ target }, { status: 404 });
      await check({ target, headers: { 'X-Forwarded-For': '1' } }, { status: 404 });
      const strange = await start({ scheme, limitByIp: true, clientAddress: () => '' });
      await strange.check({ target }, { status: 404 });
    },
  );

  it.each(['mod-auth-token', 'secure-link', 'hmac'] as const)(
    'match an IPv4 client of a dual-stack listener: %s',
    async (scheme) => {
      const clientAddress = (): string => '::ffff:203.0.113.9';
      const limit = scheme === 'hmac' ? {} : { limitByIp: true };
      const { check, signer } = await start({ scheme, ...limit, clientAddress });
      await check({ target: signer.sign('a.txt', { ip: '203.0.113.9' }) }, { status: 200 });
    },
  );

  it.each(['mod-auth-token', 'secure-link'] as const)(
    'without the address in them are compared with the connection: %s',
    async (scheme) => {
      const { check, outcomes, signer } = await start({ scheme, limitByIp: true });
      const target = signer.sign('a.txt', { ip: LOCAL });
      await check({ target }, { status: 200 });
      await check({ target: signer.sign('a.txt', { ip: '203.0.113.9' }) }, { status: 404 });
      await check({ target, headers: { 'X-Forwarded-For': LOCAL } }, { status: 404 });
      expect(outcomes.map(({ code }) => code)).toEqual([
        undefined,
        'ERR_XSENDFILE_TOKEN_FORGED',
        'ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED',
      ]);
    },
  );
});

describe('authToken(secret, root, { sender })', () => {
  it('leaves the file to the front end by its path, not by the link', async () => {
    const handshake = 'a-handshake-of-many-characters';
    const sender = nginxSender({ location: '/-internal-/' });
    const { check, outcomes, signer } = await start({ sender, handshake });
    const target = signer.sign('dir/c d.txt');
    await check({ target }, { status: 200, headers: { 'X-Accel-Redirect': null }, body: 'blank' });
    await check(
      { target, headers: { 'X-Sendfile-Handshake': handshake } },
      {
        status: 200,
        headers: {
          'X-Accel-Redirect': '/-internal-/dir/c%20d.txt',
          'Referrer-Policy': 'no-referrer',
        },
      },
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'offloaded']);
  });

  it('sends the signed path, segment by segment', async () => {
    const setHeaders: AuthTokenOptions['setHeaders'] = (res, _path, file) => {
      res.setHeader('X-Segments', createHash('md5').update(file.segments.join('\n')).digest('hex'));
    };
    const { check, signer } = await start({ setHeaders });
    const digest = createHash('md5').update('dir\nb.txt').digest('hex');
    await check(
      { target: signer.sign(['dir', 'b.txt']) },
      { status: 200, headers: { 'X-Segments': digest }, body: 'below' },
    );
  });
});
