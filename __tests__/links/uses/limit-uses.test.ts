import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import {
  type AllowContext,
  type AuthTokenOptions,
  authToken,
  BadOptionError,
  createUrlSigner,
  type FileTarget,
  type Outcome,
  XSendfileError,
  xsendfile,
} from '../../../lib/index.js';
import { limitUses, memoryUses, type UseStore } from '../../../lib/uses/index.js';
import { listenWith } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { Connection } from '../../helpers/raw-request.js';
import { letFilesSettle } from '../../helpers/settled-files.js';
import { createTree } from '../../helpers/tree.js';
import { warningOptions } from '../../helpers/warning-options.js';
import { clientOf, SECRET, startLinkSite } from './site.js';

const MEGABYTE = 1024 * 1024;
const root = createTree({
  'a.pdf': Buffer.alloc(4 * MEGABYTE, 'a'),
  'b.pdf': 'b',
  'dir/a.txt': 'a',
  'dir/b.txt': 'b',
});

const SENDERS: readonly (readonly [string, AuthTokenOptions])[] = [
  ['serve', { sender: 'serve' }],
  ['a header sender', { sender: 'lighttpd', handshake: false }],
];

afterEach(() => jest.restoreAllMocks());

describe.each(SENDERS)('limitUses() with %s', (name, options) => {
  const isServe = name === 'serve';

  it('opens as many downloads as the link has uses, and answers 410 to others', async () => {
    const { sign, ask, respond, outcomes } = await startLinkSite(root, options);
    const link = sign('b.pdf', { uses: 2, id: 'order-7' });
    expect(await ask('first', link)).toBe(200);
    expect(await ask('second', link)).toBe(200);
    const refused = await respond('third', link);
    expect(refused.status).toBe(410);
    expect(String(refused.body)).toBe('Gone\n');
    expect(refused.headers).not.toHaveProperty('x-sendfile');
    expect(outcomes.at(-1)).toMatchObject({
      kind: 'refused',
      status: 410,
      code: 'ERR_XSENDFILE_TOKEN_USED_UP',
      path: 'b.pdf',
      tokenId: 'order-7',
    });
  });

  it('counts the requests of a document viewer as one download', async () => {
    const { sign, ask, port } = await startLinkSite(root, options);
    const link = sign('a.pdf');
    // It begins with the whole file, and disconnects as soon as it knows that ranges are supported.
    const first = await Connection.open(port);
    first.send({ target: link, headers: { 'X-Client': 'viewer' } });
    await first.receive(isServe ? 64 * 1024 : 1);
    first.destroy();
    expect(await ask('viewer', link, { headers: { Range: 'bytes=0-65535' } })).toBe(
      isServe ? 206 : 200,
    );
    const ranges = Array.from({ length: 30 }, (_, index) => {
      const start = (index + 1) * 65_536;
      return ask('viewer', link, { headers: { Range: `bytes=${start}-${start + 65_535}` } });
    });
    expect(new Set(await Promise.all(ranges))).toEqual(new Set([isServe ? 206 : 200]));
    expect(await ask('another', link)).toBe(410);
    expect(await ask('viewer', link)).toBe(200);
  });

  it.each([
    ['HEAD', 200, { method: 'HEAD' }],
    ['304', 304, { headers: { 'If-None-Match': '*' } }],
    ['412', 412, { headers: { 'If-Match': '"other"' } }],
    ['416', 416, { headers: { Range: 'bytes=99999999-' } }],
  ])(
    'takes no use for %s, and refuses it when the link is used up',
    async (_what, status, free) => {
      const { sign, ask } = await startLinkSite(root, options);
      const link = sign('b.pdf');
      for (const client of ['a', 'b', 'c']) expect(await ask(client, link, free)).toBe(status);
      expect(await ask('a', link)).toBe(200);
      expect(await ask('b', link, free)).toBe(410);
      expect(await ask('a', link, free)).toBe(status);
      expect(await ask('b', link)).toBe(410);
    },
  );

  it('never has a front end send a file that took no use', async () => {
    const { sign, respond } = await startLinkSite(root, options);
    const link = sign('b.pdf');
    for (const headers of [
      { 'If-Match': '"other"' },
      { 'If-None-Match': '*' },
      { Range: 'bytes=9-' },
    ]) {
      const response = await respond('a', link, { headers });
      expect(response.status).not.toBe(200);
      expect(response.headers).not.toHaveProperty('x-sendfile');
    }
  });

  it('begins another download when the window has ended, however long the first one was used', async () => {
    let time = Date.now();
    const { sign, ask } = await startLinkSite(root, options, { window: 60, now: () => time });
    const link = sign('b.pdf', { uses: 2 });
    const statuses: number[] = [];
    for (let second = 0; second <= 150; second += 30) {
      statuses.push(await ask('a', link));
      time += 30_000;
    }
    expect(statuses).toEqual([200, 200, 200, 200, 410, 410]);
  });

  it('gives back no use of the next download when a request of the one before fails late', async () => {
    let time = Date.now();
    let refuseLate = (): void => {};
    const isAllowed = jest.fn(async () => true);
    const limit = limitUses({ client: clientOf, window: 60, now: () => time });
    const { sign, ask } = await startLinkSite(root, { ...options, allow: [limit, isAllowed] });
    const link = sign('b.pdf', { uses: 2 });
    expect(await ask('a', link)).toBe(200);
    time += 50_000;
    isAllowed.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          refuseLate = () => resolve(false);
        }),
    );
    const late = ask('a', link);
    await eventually(() => isAllowed.mock.calls.length === 2);
    time += 20_000;
    expect(await ask('a', link)).toBe(200);
    refuseLate();
    expect(await late).toBe(404);
    time += 60_000;
    expect(await ask('a', link)).toBe(410);
  });

  it('counts another version of the file as another download', async () => {
    const { sign, ask } = await startLinkSite(root, options);
    writeFileSync(join(root, 'version.txt'), 'one');
    const link = sign('version.txt');
    expect(await ask('a', link)).toBe(200);
    expect(await ask('a', link)).toBe(200);
    writeFileSync(join(root, 'version.txt'), 'another');
    expect(await ask('a', link)).toBe(410);
  });

  it('counts one download while the ETag of a new file becomes strong', async () => {
    const { sign, respond } = await startLinkSite(root, options);
    writeFileSync(join(root, 'new.txt'), 'new');
    const link = sign('new.txt');
    const young = await respond('a', link);
    letFilesSettle();
    const settled = await respond('a', link);
    expect([young.status, settled.status]).toEqual([200, 200]);
    expect([young.headers.etag?.[0], settled.headers.etag?.[0]]).toEqual(['W', '"']);
  });

  it.each([
    ['a sibling', { precompressed: ['br'] }, 'sibling.js'],
    ['a packed text', {}, 'packed.txt.gz'],
  ] as const)(
    'counts one download while the ETag of %s becomes strong',
    async (_what, more, name) => {
      const { sign, respond } = await startLinkSite(root, { ...options, ...more });
      writeFileSync(join(root, name), 'new');
      writeFileSync(join(root, `${name}.br`), 'as if by brotli');
      const link = sign(name);
      const headers = { 'Accept-Encoding': 'br, gzip' };
      const young = await respond('a', link, { headers });
      letFilesSettle();
      const settled = await respond('a', link, { headers });
      expect([young.status, settled.status]).toEqual([200, 200]);
      expect(young.headers.etag).toMatch(/^W\/".*-(?:br|gzip)"$/);
      expect(settled.headers.etag).toMatch(/^".*-(?:br|gzip)"$/);
    },
  );

  it('counts each file below the directory of a link', async () => {
    const { sign, ask } = await startLinkSite(root, options);
    const base = sign('dir', { uses: 1, prefix: true });
    expect(await ask('a', `${base}a.txt`)).toBe(200);
    expect(await ask('a', `${base}b.txt`)).toBe(410);
    expect(await ask('a', `${base}a.txt`)).toBe(200);
  });

  it('counts links with one id together, and others apart', async () => {
    const { sign, ask } = await startLinkSite(root, options);
    const [one, other] = [
      sign('b.pdf', { uses: 1, id: 'x' }),
      sign('dir/a.txt', { uses: 1, id: 'x' }),
    ];
    expect([await ask('a', one), await ask('a', other)]).toEqual([200, 410]);
    expect([await ask('a', sign('b.pdf')), await ask('b', sign('b.pdf'))]).toEqual([200, 200]);
  });

  it('does not count links without uses', async () => {
    const take = jest.fn();
    const store = { take, peek: take, release: take };
    const { sign, ask } = await startLinkSite(root, options, { store });
    const link = sign('b.pdf', {});
    for (const client of ['a', 'b', 'c']) expect(await ask(client, link)).toBe(200);
    expect(take).not.toHaveBeenCalled();
  });

  it('gives the use back if an option function throws', async () => {
    const setHeaders = jest.fn(() => {});
    setHeaders.mockImplementationOnce(() => {
      throw new Error('failed');
    });
    const { sign, ask } = await startLinkSite(root, { ...options, setHeaders });
    const link = sign('b.pdf');
    expect([await ask('a', link), await ask('b', link), await ask('c', link)]).toEqual([
      500, 200, 410,
    ]);
  });

  it('gives the use back if a later function of allow refuses', async () => {
    const allow = [limitUses({ client: clientOf }), jest.fn(() => true).mockReturnValueOnce(false)];
    const { sign, ask } = await startLinkSite(root, { ...options, allow });
    const link = sign('b.pdf');
    expect([await ask('a', link), await ask('b', link), await ask('c', link)]).toEqual([
      404, 200, 410,
    ]);
  });

  it('gives the use back if the client disconnects before the request is decided', async () => {
    const { sign, ask, port, outcomes, later } = await startWithPending();
    const link = sign('b.pdf');
    const connection = await Connection.open(port);
    connection.send({ target: link, headers: { 'X-Client': 'a' } });
    await eventually(() => later.mock.calls.length === 1);
    connection.destroy();
    await eventually(() => outcomes.length === 1);
    expect([await ask('b', link), await ask('c', link)]).toEqual([200, 410]);
  });

  it('gives the use back if the client disconnects before it is taken', async () => {
    let decide: (isAllowed: boolean) => void = () => {};
    const pending = new Promise<boolean>((resolve) => {
      decide = resolve;
    });
    const earlier = jest.fn<boolean | Promise<boolean>, []>(() => true);
    earlier.mockReturnValueOnce(pending);
    const allow = [earlier, limitUses({ client: clientOf })];
    const { sign, ask, port, outcomes } = await startLinkSite(root, { ...options, allow });
    const link = sign('b.pdf');
    const connection = await Connection.open(port);
    connection.send({ target: link, headers: { 'X-Client': 'a' } });
    await eventually(() => earlier.mock.calls.length === 1);
    connection.destroy();
    await eventually(() => outcomes.length === 1);
    decide(true);
    await pending;
    expect([await ask('b', link), await ask('c', link)]).toEqual([200, 410]);
  });

  it('gives no use back to a client that got the file by another request', async () => {
    const { sign, ask, port, outcomes, later } = await startWithPending();
    const link = sign('b.pdf');
    const connection = await Connection.open(port);
    connection.send({ target: link, headers: { 'X-Client': 'a' } });
    await eventually(() => later.mock.calls.length === 1);
    expect(await ask('a', link)).toBe(200);
    connection.destroy();
    await eventually(() => outcomes.length === 2);
    expect(await ask('b', link)).toBe(410);
  });

  /** The first request that has taken its use is never decided. */
  async function startWithPending() {
    const later = jest.fn<boolean | Promise<boolean>, []>(() => true);
    later.mockReturnValueOnce(new Promise(() => {}));
    const allow = [limitUses({ client: clientOf }), later];
    return { later, ...(await startLinkSite(root, { ...options, allow })) };
  }
});

/** Whether the use of a request with that outcome is given back, after an answer of the store. */
async function isGivenBackAfter(outcome: Partial<Outcome>, taken: unknown): Promise<boolean> {
  const release = jest.fn();
  const store = { take: async () => taken, peek: () => true, release } as UseStore;
  const told: ((outcome: Outcome) => unknown)[] = [];
  const allow = limitUses({ store, client: () => 'a' });
  const answer = allow(fileTarget(), context({ onFinish: (callback) => told.push(callback) }));
  await Promise.resolve(answer).catch(() => {});
  for (const tell of told) await tell(outcome as Outcome);
  return release.mock.calls.length === 1;
}

function fileTarget(details: Partial<FileTarget> = {}): FileTarget {
  const time = new Date(0);
  return {
    ...{ root, path: join(root, 'b.pdf'), relativePath: 'b.pdf', segments: ['b.pdf'] },
    ...{ name: 'b.pdf', size: 1, mtime: time, ctime: time, type: 'application/pdf', etag: '"x"' },
    ...details,
  };
}

const CLAIMS = {
  ...{ path: 'b.pdf', segments: ['b.pdf'], keyIndex: 0, id: 'id', uses: 1 },
  expires: new Date(Date.now() + 60_000),
};

function requestFrom(remoteAddress: string | undefined): IncomingMessage {
  return { method: 'GET', headers: {}, socket: { remoteAddress } } as unknown as IncomingMessage;
}

function context(details: Partial<AllowContext> = {}): AllowContext {
  return {
    req: requestFrom('192.0.2.1'),
    claims: CLAIMS,
    clientAddress: '192.0.2.1',
    resumeGrace: 0,
    isExpired: false,
    status: 200,
    onFinish: () => {},
    onDelivered: () => {},
    ...details,
  };
}

describe('the use of a download', () => {
  it.each<[boolean, Partial<Outcome>]>([
    [true, { kind: 'failed', bytes: 0 }],
    [true, { kind: 'failed', bytes: 9, sender: 'serve' }],
    [true, { kind: 'refused', bytes: 0 }],
    [true, { kind: 'aborted', bytes: 0, sender: 'serve' }],
    [true, { kind: 'aborted', bytes: 0, sender: undefined }],
    [false, { kind: 'aborted', bytes: 1, sender: 'serve' }],
    [false, { kind: 'aborted', bytes: 0, sender: 'nginx' }],
    [false, { kind: 'sent', bytes: 0, sender: 'serve' }],
    [false, { kind: 'sent', bytes: 9, sender: 'serve' }],
    [false, { kind: 'offloaded', bytes: 0, sender: 'nginx' }],
  ])('is given back: %s, after %j', async (isGivenBack, outcome) => {
    expect(await isGivenBackAfter(outcome, 1)).toBe(isGivenBack);
  });

  it.each([false, undefined, true, 'yes'])(
    'is not given back if take() answered %j',
    async (answer) => {
      expect(await isGivenBackAfter({ kind: 'refused', bytes: 0 }, answer)).toBe(false);
    },
  );

  it('needs the id of the link', async () => {
    const { id: _id, ...claims } = CLAIMS;
    await expect((async () => limitUses()(fileTarget(), context({ claims })))()).rejects.toThrow(
      'limitUses: a link with uses must have an id, by which they are counted.',
    );
  });

  it('is allowed for requests without a link', async () => {
    expect(await limitUses()(fileTarget(), context({ claims: undefined }))).toBe(true);
  });

  it('is taken with the times that the store must remember', async () => {
    const takes: unknown[] = [];
    const take = (use: unknown): number => takes.push(use);
    const store = { take, peek: () => true, release: () => {} };
    const now = CLAIMS.expires.getTime() - 30_000;
    const claims = { ...CLAIMS, uses: 3 };
    await limitUses({ store, window: 10, now: () => now })(fileTarget(), context({ claims }));
    await limitUses({ store, now: () => now })(fileTarget(), context({ claims }));
    const expires = claims.expires.getTime() + 1000;
    expect(takes).toMatchObject([
      { id: 'id', max: 3, expires, downloadExpires: now + 10_000 },
      { id: 'id', max: 3, expires, downloadExpires: expires },
    ]);
  });

  it('belongs to a link, client, path and version', async () => {
    const downloads: string[] = [];
    const take = ({ download }: { download: string }): number => downloads.push(download);
    const store = { take, peek: () => true, release: () => {} };
    const ask = (client: string, file: Partial<FileTarget>) =>
      limitUses({ store, client: () => client })(fileTarget(file), context());
    await ask('a', {});
    await ask('a', { path: '/elsewhere', type: 'text/plain' });
    await ask('b', {});
    await ask('a', { segments: ['c.pdf'] });
    await ask('a', { etag: '"y"' });
    await ask('a', { etag: undefined });
    await ask('a', { etag: undefined, size: 2 });
    await ask('a', { etag: undefined, mtime: new Date(5000) });
    expect(downloads[1]).toBe(downloads[0]);
    expect(new Set(downloads).size).toBe(7);
    expect(downloads.every((download) => /^[\w-]{43}$/.test(download))).toBe(true);
  });
});

describe('the client', () => {
  const PROXY = { 'X-Forwarded-For': '192.0.2.1' };

  async function withExpress(trustProxy: boolean) {
    const app = express();
    app.set('trust proxy', trustProxy);
    const handler = authToken(SECRET, root, { allow: limitUses() });
    app.use(handler);
    const { request } = await listenWith(app);
    const link = (uses: number) => handler.signer.sign('b.pdf', { uses });
    const ask = async (target: string, headers: Record<string, string>, method = 'GET') =>
      (await request({ target, headers, method })).status;
    return { link, ask };
  }

  it('is its address', async () => {
    const { link, ask } = await withExpress(false);
    const target = link(1);
    expect([await ask(target, {}), await ask(target, {})]).toEqual([200, 200]);
  });

  it('is the address that a trusted proxy names', async () => {
    const { link, ask } = await withExpress(true);
    const target = link(1);
    expect([await ask(target, PROXY), await ask(target, PROXY)]).toEqual([200, 200]);
    expect(await ask(target, { 'X-Forwarded-For': '192.0.2.2' })).toBe(410);
  });

  it('is unknown behind a proxy that is not trusted: each GET takes a use, with one warning', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { link, ask } = await withExpress(false);
    const target = link(2);
    expect(await ask(target, PROXY, 'HEAD')).toBe(200);
    expect([await ask(target, PROXY), await ask(target, PROXY)]).toEqual([200, 200]);
    expect(await ask(target, PROXY)).toBe(410);
    expect(emitWarning.mock.calls).toEqual([
      [
        expect.stringMatching(/^xsendfile: the address of a client is unknown/),
        warningOptions('XSENDFILE_CLIENT_UNKNOWN'),
      ],
    ]);
  });

  it('is unknown behind a front end that does not name its clients', async () => {
    const { link, ask } = await withExpress(true);
    const handshake = { 'X-Sendfile-Handshake': 'any' };
    const target = link(1);
    expect([await ask(target, handshake), await ask(target, handshake)]).toEqual([200, 410]);
    const other = link(1);
    const named = { ...handshake, ...PROXY };
    expect([await ask(other, named), await ask(other, named)]).toEqual([200, 200]);
  });

  it.each([undefined, '', 7])('is unknown if the option client returns %j', async (client) => {
    const allow = limitUses({ client: () => client as string });
    const claims = { ...CLAIMS, uses: 2 };
    expect(await allow(fileTarget(), context({ claims }))).toBe(true);
    expect(await allow(fileTarget(), context({ claims }))).toBe(true);
    await expect((async () => allow(fileTarget(), context({ claims })))()).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_TOKEN_USED_UP',
    });
  });

  it('is unknown without an address', async () => {
    const allow = limitUses();
    const unknown = context({ clientAddress: undefined });
    expect(await allow(fileTarget(), unknown)).toBe(true);
    await expect((async () => allow(fileTarget(), unknown))()).rejects.toMatchObject({
      status: 410,
    });
  });
});

describe('a link with uses', () => {
  const signer = createUrlSigner(SECRET);
  const notCounted = expect.objectContaining({
    code: 'ERR_XSENDFILE_USES_NOT_COUNTED',
    message: expect.stringMatching(/^authToken: uses are not counted.*Add limitUses\(\)/),
  });

  it('opens nothing if its uses are not counted: the error goes to the error handlers', async () => {
    const handler = authToken(SECRET, root, { allow: (...args) => limitUses()(...args) });
    const errors: unknown[] = [];
    const { request } = await listenWith((req, res) =>
      handler(req, res, (error) => {
        errors.push(error);
        res.writeHead(500).end();
      }),
    );
    expect((await request({ target: signer.sign('b.pdf', { uses: 1 }) })).status).toBe(500);
    expect(errors).toEqual([notCounted]);
    expect((await request({ target: signer.sign('b.pdf') })).status).toBe(200);
    const expired = signer.sign('b.pdf', { uses: 1, expires: new Date(1000) });
    expect((await request({ target: expired })).status).toBe(410);
  });

  it('cannot be signed if its uses are not counted', () => {
    const handler = authToken(SECRET, root, { cookie: 'videos' });
    expect(() => handler.signer.sign('b.pdf', { uses: 1 })).toThrow(XSendfileError);
    expect(() => handler.signer.sign('b.pdf', { uses: 1 })).toThrow(notCounted);
    const cookie = { uses: 1, expiresIn: 60, mountPath: '/videos' };
    expect(() => handler.signer.cookie('dir', cookie)).toThrow(notCounted);
    expect(handler.signer.sign('b.pdf')).toMatch(/b\.pdf$/);
  });

  it('can be signed if one function of a list counts', () => {
    const handler = authToken(SECRET, root, { allow: [() => true, limitUses()] });
    expect(handler.signer.sign('b.pdf', { uses: 1 })).toMatch(/b\.pdf$/);
  });

  it('is not needed for handler.files', async () => {
    const { files } = authToken(SECRET, root, { allow: limitUses() });
    const { request } = await listenWith((req, res) => files(req, res));
    for (let times = 0; times < 3; times++) {
      expect((await request({ target: '/b.pdf' })).status).toBe(200);
    }
  });
});

describe('limitUses(options)', () => {
  it('is refused by xsendfile(), which has no links', () => {
    expect(() => xsendfile(root, { allow: limitUses() })).toThrow(BadOptionError);
    expect(() => xsendfile(root, { allow: [() => true, limitUses()] })).toThrow(
      'xsendfile: limitUses() counts uses of links; pass it to authToken().',
    );
  });

  it.each([
    ['options', 'memory', /^limitUses: options must be an object/],
    ['an unknown option', { max: 1 }, /^limitUses: unknown option "max". Known options: store/],
    ['window', { window: 0 }, /^limitUses: window must be a number of seconds above 0, got 0/],
    ['window', { window: '600' }, /window must be a number of seconds above 0, got "600"/],
    ['window', { window: Number.POSITIVE_INFINITY }, /window must be a number of seconds/],
    ['client', { client: '127.0.0.1' }, /^limitUses: client must be a function, got "127.0.0.1"/],
    ['now', { now: 1 }, /^limitUses: now must be a function, got 1/],
    ['timeout', { timeout: 0 }, /^limitUses: timeout must be a number of seconds above 0, got 0/],
    ['timeout', { timeout: 1e10 }, /^limitUses: timeout must be a number of seconds/],
    ['store', { store: null }, /^limitUses: store must be memoryUses\(\).*take, peek, release/],
    ['store', { store: memoryUses }, /store must be memoryUses\(\).*got function memoryUses/],
    ['store', { store: { take() {}, peek() {} } }, /store must be memoryUses\(\).*got an object/],
  ])('throws for a wrong value of %s', (_name, options, message) => {
    expect(() => limitUses(options as never)).toThrow(BadOptionError);
    expect(() => limitUses(options as never)).toThrow(message);
  });
});
