import { chmodSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createUrlSigner, type TokenSchemeName } from '../../lib/index.js';
import { type Expected, expectResponse } from '../helpers/check.js';
import { itNeeds } from '../helpers/needs.js';
import { type RawRequest, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { OLD_SECRET, runCli, SECRET, ServeRun } from './run-cli.js';

const see = (code: string): string =>
  `\nSee https://github.com/xsendfile/xsendfile/blob/main/docs/errors.md#err_xsendfile_${code}`;

const elsewhere = createTree({ 'outside.txt': 'outside' });
const root = createTree({
  'ten.txt': '0123456789',
  'dir/a b.txt': 'in dir',
  '.hidden': 'hidden',
  'inside.txt': { link: 'ten.txt' },
  'outside.txt': { link: join(elsewhere, 'outside.txt') },
  'odd\u202ename.txt': 'odd',
});
const HANDSHAKE = 'handshake-0123456789';
const secrets = createTree({
  secret: SECRET,
  old: OLD_SECRET,
  handshake: `${HANDSHAKE}\n`,
  nextHandshake: `next-${HANDSHAKE}`,
});
const file = (name: string): string => join(secrets, name);
const WITH_SECRET = ['--secret-file', file('secret')];

beforeAll(() => {
  for (const name of ['secret', 'old', 'handshake', 'nextHandshake']) chmodSync(file(name), 0o600);
});
beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => jest.restoreAllMocks());

/** A link made by `xsendfile sign`, now. */
async function sign(...argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runCli(['sign', ...argv], { now: Date.now });
  expect(stderr).toBe('');
  return stdout.trim();
}

async function check(
  server: ServeRun,
  request: string | RawRequest,
  expected: Expected,
): Promise<void> {
  const raw = typeof request === 'string' ? { target: request } : request;
  expectResponse(await rawRequest(server.port, raw), expected);
}

describe('xsendfile serve without links', () => {
  it('says where it listens, and prints a line for each outcome', async () => {
    const server = await ServeRun.start([root]);
    expect(server.io.output).toBe(
      `Listening on http://127.0.0.1:${server.port}/: files of ${JSON.stringify(root)}, without links, sender serve\n`,
    );
    const requests: readonly [RawRequest, Expected, string][] = [
      [
        { target: '/ten.txt' },
        { status: 200, body: '0123456789' },
        '200 sent GET "ten.txt" 10/10 bytes',
      ],
      [
        { target: '/dir/a%20b.txt', method: 'HEAD' },
        { status: 200, body: '' },
        '200 sent HEAD "dir/a b.txt" 0/6 bytes',
      ],
      [
        { target: '/ten.txt', headers: { Range: 'bytes=2-4' } },
        { status: 206, body: '234' },
        '206 sent GET "ten.txt" 3/10 bytes',
      ],
      [
        { target: '/odd%E2%80%AEname.txt' },
        { status: 200, body: 'odd' },
        '200 sent GET "odd\\u202ename.txt" 3/3 bytes',
      ],
      [
        { target: '/missing%20one.txt' },
        { status: 404 },
        '404 refused GET "missing one.txt" ERR_XSENDFILE_NOT_FOUND ENOENT',
      ],
      [{ target: '/..%2fx' }, { status: 403 }, '403 refused GET - ERR_XSENDFILE_FORBIDDEN_PATH'],
      [
        { target: '/a%0d%0a200%20sent' },
        { status: 400 },
        '400 refused GET - ERR_XSENDFILE_BAD_PATH',
      ],
      [
        { target: '/ten.txt', method: 'POST' },
        { status: 405 },
        '405 refused POST - ERR_XSENDFILE_METHOD_NOT_ALLOWED',
      ],
    ];
    for (const [index, [request, expected, line]] of requests.entries()) {
      await check(server, request, expected);
      const printed = (await server.log(index + 1))[index] ?? '';
      const [, text] =
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (.*) \d+\.\d ms$/.exec(printed) ?? [];
      expect(text).toBe(line);
    }
    expect(server.io.errors).toBe('');
  });

  it('prints JSON with --json', async () => {
    const server = await ServeRun.start([root, '--json', '--mount', '/files']);
    expect(JSON.parse(server.io.output)).toEqual({
      event: 'listening',
      url: `http://127.0.0.1:${server.port}/files/`,
      root,
      scheme: null,
      sender: 'serve',
    });
    await check(server, '/files/odd%E2%80%AEname.txt', { status: 200 });
    await check(server, '/elsewhere', { status: 404, body: 'Not Found\n' });
    const [sent = '', refused = ''] = await server.log(2);
    expect(sent).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(sent)).toEqual({
      event: 'outcome',
      kind: 'sent',
      status: 200,
      method: 'GET',
      path: 'odd\u202ename.txt',
      size: 3,
      bytes: 3,
      sender: 'serve',
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      durationMs: expect.any(Number),
    });
    expect(JSON.parse(refused)).toEqual({
      event: 'outcome',
      kind: 'refused',
      status: 404,
      code: 'ERR_XSENDFILE_NOT_FOUND',
      method: 'GET',
      bytes: 0,
      startedAt: expect.any(String),
      durationMs: expect.any(Number),
    });
  });

  it.each<[readonly string[], string, Expected]>([
    [[], '/.hidden', { status: 404 }],
    [['--dotfiles', 'deny'], '/.hidden', { status: 403 }],
    [['--dotfiles', 'allow'], '/.hidden', { status: 200, body: 'hidden' }],
    [[], '/inside.txt', { status: 200 }],
    [[], '/outside.txt', { status: 404 }],
    [['--symlinks', 'deny'], '/inside.txt', { status: 404 }],
    [['--symlinks', 'follow'], '/outside.txt', { status: 200 }],
    [[], '/ten.txt', { status: 200, headers: { 'Content-Disposition': null } }],
    [
      ['--attachment'],
      '/ten.txt',
      { status: 200, headers: { 'Content-Disposition': 'attachment; filename=ten.txt' } },
    ],
    [['--mount', '/d%20x/'], '/d%20x/ten.txt', { status: 200 }],
    [['--mount', '/d%20x'], '/d%20x/ten.txt?query', { status: 200 }],
    [['--mount', '/files'], '/ten.txt', { status: 404, headers: { 'Cache-Control': 'no-store' } }],
    [['--mount', '/files'], '/filesten.txt', { status: 404 }],
    [['--mount', '/files'], '/FILES/ten.txt', { status: 404 }],
    [['--mount', '/files'], '//files/ten.txt', { status: 404 }],
    [['--mount', '/files'], '/files//ten.txt', { status: 404 }],
    [['--mount', '/files'], '/x/../files/ten.txt', { status: 404 }],
    [['--mount', '/files'], '/files/../ten.txt', { status: 403 }],
  ])('with %j answers %s', async (options, target, expected) => {
    await check(await ServeRun.start([root, ...options]), target, expected);
  });

  it('takes a directory relative to where it was started', async () => {
    const server = await ServeRun.start(['lib/cli/', '--json']);
    expect(JSON.parse(server.io.output)).toMatchObject({ root: join(process.cwd(), 'lib/cli') });
  });

  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const hasIpv6 = addresses.some(({ address }) => address === '::1');
  const listens = async (host: string, shown: string): Promise<void> => {
    const server = await ServeRun.start([root, '--host', host]);
    expect(server.io.output).toContain(`Listening on http://${shown}:${server.port}/: `);
    const socket = createConnection(server.port, host);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
  };
  itNeeds('IPv6', hasIpv6)('listens on --host ::1', () => listens('::1', '[::1]'));
  it('listens on --host 0.0.0.0', () => listens('0.0.0.0', '0.0.0.0'));
});

describe('xsendfile serve for links', () => {
  it.each<[TokenSchemeName, readonly string[]]>([
    ['hmac', []],
    ['hmac', ['--algorithm', 'sha512', '--purpose', 'p']],
    ['wsgi-xsendfile', []],
    ['mod-auth-token', []],
    ['secure-link', []],
    ['secdownload', []],
  ])('takes links of xsendfile sign: %s %j', async (scheme, more) => {
    const options = [...WITH_SECRET, '--scheme', scheme, '--mount', '/d%20x', ...more];
    const server = await ServeRun.start([root, ...options]);
    expect(server.io.output).toBe(
      `Listening on http://127.0.0.1:${server.port}/d%20x/: files of ${JSON.stringify(root)}, for links of scheme ${scheme}, sender serve\n`,
    );
    const base = `http://127.0.0.1:${server.port}`;
    const url = await sign('dir/a b.txt', '--base', base, ...options);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, 'in dir']);
    expect((await server.log(1))[0]).toContain(' 200 sent GET "dir/a b.txt" 6/6 bytes ');
  });

  it('refuses malformed, forged and expired links, and never prints a token', async () => {
    const server = await ServeRun.start([root, ...WITH_SECRET]);
    const good = await sign('ten.txt', ...WITH_SECRET, '--id', 'order\n7');
    const hourAgo = (): number => Date.now() - 3_600_000;
    const expired = createUrlSigner(SECRET, { now: hourAgo }).sign('ten.txt', { id: 'old' });
    await check(server, good, { status: 200, body: '0123456789' });
    await check(server, '/ten.txt', { status: 404 });
    await check(server, good.replace('ten', 'new'), { status: 404 });
    await check(server, expired, { status: 410 });
    const texts = (await server.log(4)).map((line) => line.replace(/^\S+ (.*) \S+ ms$/, '$1'));
    expect(texts).toEqual([
      '200 sent GET "ten.txt" 10/10 bytes id "order\\n7"',
      '404 refused GET - ERR_XSENDFILE_TOKEN_MALFORMED',
      '404 refused GET - ERR_XSENDFILE_TOKEN_FORGED',
      '410 refused GET "ten.txt" ERR_XSENDFILE_TOKEN_EXPIRED id "old"',
    ]);
    for (const link of [good, expired]) {
      const [, token = '', mac = ''] = /^\/(([\w-]+)\.\S+?)\//.exec(link) ?? [];
      expect(token).not.toBe('');
      expect(server.io.output).not.toContain(token);
      expect(server.io.output).not.toContain(mac);
    }
    expect(server.io.output + server.io.errors).not.toContain(SECRET);
  });

  it('counts the uses of links', async () => {
    const server = await ServeRun.start([root, ...WITH_SECRET]);
    const proxied = { headers: { 'X-Forwarded-For': '192.0.2.1' } };
    const link = await sign('ten.txt', ...WITH_SECRET, '--uses', '1');
    await check(server, link, { status: 200, body: '0123456789' });
    await check(server, link, { status: 200, body: '0123456789' });
    // Another client, as far as this process knows.
    const response = await fetch(`http://127.0.0.1:${server.port}${link}`, proxied);
    expect(response.status).toBe(410);
    expect((await server.log(3))[2]).toContain('ERR_XSENDFILE_TOKEN_USED_UP');
  });

  it('goes on taking links of the previous secret, until that is gone', async () => {
    const oldLink = await sign('ten.txt', '--secret-file', file('old'));
    const newLink = await sign('ten.txt', ...WITH_SECRET, '--secret-file', file('old'));
    const both = await ServeRun.start([root, ...WITH_SECRET, '--secret-file', file('old')]);
    await check(both, oldLink, { status: 200 });
    await check(both, newLink, { status: 200 });
    const one = await ServeRun.start([root, ...WITH_SECRET]);
    await check(one, oldLink, { status: 404 });
    await check(one, newLink, { status: 200 });
  });

  it.each<[string, readonly string[], Record<string, string>, string | null]>([
    ['no secret', [], {}, null],
    ['XSENDFILE_SECRET', [], { XSENDFILE_SECRET: SECRET }, 'hmac'],
    ['--tokens and XSENDFILE_SECRET', ['--tokens'], { XSENDFILE_SECRET: SECRET }, 'hmac'],
    ['--no-tokens and XSENDFILE_SECRET', ['--no-tokens'], { XSENDFILE_SECRET: SECRET }, null],
    ['--secret-file', WITH_SECRET, {}, 'hmac'],
    ['--tokens and --secret-file', ['--tokens', ...WITH_SECRET], {}, 'hmac'],
  ])('with %s', async (_title, options, env, scheme) => {
    const server = await ServeRun.start([root, '--json', ...options], { env });
    expect(JSON.parse(server.io.output)).toMatchObject({ scheme });
    await check(server, '/ten.txt', { status: scheme === null ? 200 : 404 });
  });

  it('goes by the options about links', async () => {
    const server = await ServeRun.start([root, ...WITH_SECRET, '--max-lifetime', '1h']);
    await check(server, await sign('ten.txt', ...WITH_SECRET), { status: 200 });
    await check(server, await sign('ten.txt', ...WITH_SECRET, '--expires-in', '2h'), {
      status: 404,
    });
    expect((await server.log(2))[1]).toContain('ERR_XSENDFILE_TOKEN_LIFETIME');
  });

  it('takes a link for a directory', async () => {
    const server = await ServeRun.start([root, ...WITH_SECRET]);
    const link = await sign('dir', '--prefix', ...WITH_SECRET);
    await check(server, `${link}a%20b.txt`, { status: 200, body: 'in dir' });
  });

  it("knows the client's address from the connection", async () => {
    const server = await ServeRun.start([root, ...WITH_SECRET]);
    const own = await sign('ten.txt', '--ip', '127.0.0.1', ...WITH_SECRET);
    const other = await sign('ten.txt', '--ip', '192.0.2.7', ...WITH_SECRET);
    const claimed = { 'X-Forwarded-For': '192.0.2.7', 'X-Real-IP': '192.0.2.7' };
    await check(server, own, { status: 200 });
    await check(server, other, { status: 404 });
    await check(server, { target: other, headers: claimed }, { status: 404 });
  });

  it.each<[string, string, number]>([
    ['X-Real-IP', '192.0.2.7', 200],
    ['X-Real-IP', '192.0.2.8', 404],
    ['X-Forwarded-For', '192.0.2.8, 192.0.2.7', 200],
    ['X-Forwarded-For', '192.0.2.7, 192.0.2.8', 404],
    ['X-Forwarded-For', '192.0.2.7:51008', 200],
    ['X-Other', '192.0.2.7', 404],
  ])('or from --client-address-header: %s: %s', async (header, value, status) => {
    const name = header === 'X-Other' ? 'X-Real-IP' : header;
    const options = ['--client-address-header', name, ...WITH_SECRET];
    const server = await ServeRun.start([root, ...options]);
    const target = await sign('ten.txt', '--ip', '192.0.2.7', ...WITH_SECRET);
    await check(server, { target, headers: { [header]: value } }, { status });
  });
});

describe('xsendfile serve --cookie', () => {
  it('takes cookies instead of links', async () => {
    const server = await ServeRun.start([root, ...WITH_SECRET, '--cookie', 'album']);
    const signer = createUrlSigner(SECRET, { cookie: 'album' });
    const [cookie = ''] = signer.cookie('dir', { mountPath: '/', secure: false }).split(';');
    const headers = { Cookie: cookie };
    await check(server, { target: '/dir/a%20b.txt', headers }, { status: 200, body: 'in dir' });
    await check(server, { target: '/ten.txt', headers }, { status: 404 });
    await check(server, '/dir/a%20b.txt', { status: 404 });
    await check(server, await sign('ten.txt', ...WITH_SECRET), { status: 200 });
  });
});

describe('xsendfile serve --precompressed', () => {
  const packed = createTree({ 'app.js': 'plain', 'app.js.br': 'brotli', 'app.js.gz': 'gzip' });

  it.each<[string, string, string | null]>([
    ['gzip, br', 'gzip', 'gzip'],
    ['br', 'brotli', 'br'],
    ['zstd', 'plain', null],
  ])('sends a sibling for Accept-Encoding: %s', async (accepted, body, coding) => {
    const options = ['--precompressed', 'gzip', '--precompressed', 'br'];
    const server = await ServeRun.start([packed, ...options]);
    const headers = { 'Accept-Encoding': accepted };
    await check(
      server,
      { target: '/app.js', headers },
      { status: 200, headers: { 'Content-Encoding': coding }, body },
    );
  });
});

it('xsendfile serve --rate passes the rate on', async () => {
  const options = ['--sender', 'nginx', '--location', '/-files-/', '--rate', '5000'];
  const server = await ServeRun.start([root, ...options]);
  await check(server, '/ten.txt', { status: 200, headers: { 'X-Accel-Limit-Rate': '5000' } });
});

describe('xsendfile serve --sender', () => {
  const WARNING = (sender: string): string =>
    `xsendfile: warning: all files are left to the front-end server of --sender ${sender}; a client that bypasses it gets an empty file and sees the path. Fix: --handshake-file <file>\n`;

  it.each<[string, readonly string[], string, string]>([
    ['standard', [], 'X-Sendfile', `${root}/dir/a%20b.txt`],
    ['lighttpd', [], 'X-Sendfile', `${root}/dir/a%20b.txt`],
    ['apache', [], 'X-Sendfile', `${root}/dir/a b.txt`],
    ['nginx', ['--location', '/-files-/'], 'X-Accel-Redirect', '/-files-/dir/a%20b.txt'],
    ['nginx', [], 'X-Accel-Redirect', '/-internal-/dir/a%20b.txt'],
  ])('%s %j', async (sender, options, header, value) => {
    const server = await ServeRun.start([
      ...[root, '--sender', sender, '--mount', '/d%20x'],
      ...[...options, ...WITH_SECRET],
    ]);
    expect(server.io.errors).toBe(WARNING(sender));
    await check(server, await sign('dir/a b.txt', '--mount', '/d%20x', ...WITH_SECRET), {
      status: 200,
      headers: { [header]: value },
      body: '',
    });
    expect((await server.log(1))[0]).toContain(' 200 offloaded GET "dir/a b.txt" 0/6 bytes ');
  });

  it('serve gives the header to the front end only', async () => {
    const handshakes = ['handshake', 'nextHandshake'].flatMap((name) => [
      '--handshake-file',
      file(name),
    ]);
    const options = ['--sender', 'nginx', '--location', '/-files-/', ...handshakes];
    const server = await ServeRun.start([root, ...options]);
    expect(server.io.errors).toBe('');
    for (const secret of [HANDSHAKE, `next-${HANDSHAKE}`]) {
      const headers = { 'X-Sendfile-Handshake': secret };
      await check(
        server,
        { target: '/ten.txt', headers },
        { status: 200, headers: { 'X-Accel-Redirect': '/-files-/ten.txt' }, body: '' },
      );
    }
    await check(server, '/ten.txt', {
      status: 200,
      headers: { 'X-Accel-Redirect': null },
      body: '0123456789',
    });
    expect(server.io.output).not.toContain(HANDSHAKE);
  });
});

describe('xsendfile serve with what cannot be', () => {
  it.each<[readonly string[], string]>([
    [
      [join(root, 'missing')],
      `root must be an existing directory, but ${JSON.stringify(join(root, 'missing'))} cannot be found (ENOENT). Create it first.` +
        see('bad_root'),
    ],
    [
      [join(root, 'ten.txt')],
      `root must be a directory, but ${JSON.stringify(join(root, 'ten.txt'))} is not one. Name the directory that holds the files.` +
        see('bad_root'),
    ],
    [
      [root, '--tokens'],
      'there is no secret. Give --secret-file <file>, or set XSENDFILE_SECRET. Make one with: (umask 077; openssl rand -hex 32 > link-secret)',
    ],
    [
      [root, '--no-tokens', ...WITH_SECRET],
      '--no-tokens and --secret-file are mutually exclusive.',
    ],
    [[root, '--timeout', '60'], '--timeout is about links. Add --tokens and --secret-file <file>.'],
    [
      [root, '--client-address-header', 'X-Real-IP'],
      '--client-address-header is about links. Add --tokens and --secret-file <file>.',
    ],
    [
      [root, '--location', '/x/'],
      '--location is for --sender nginx, caddy or h2o, not for --sender serve.',
    ],
    [
      [root, '--handshake-file', file('handshake')],
      '--handshake-file is for front-end servers. Give --sender standard, apache, lighttpd, nginx, caddy or h2o.',
    ],
    [
      [root, '--sender', 'nginx', '--handshake-file', file('handshake'), '--location', 'x'],
      '--location must be the path of an internal location, such as "/-internal-/", got "x".' +
        see('bad_option'),
    ],
    [
      [root, '--sender', 'caddyshack'],
      "option '--sender <name>' argument 'caddyshack' is invalid. Allowed choices are standard, apache, lighttpd, nginx, caddy, h2o, serve.",
    ],
    [
      [root, '--sender', 'ngnix'],
      "option '--sender <name>' argument 'ngnix' is invalid. Did you mean nginx? Allowed choices are standard, apache, lighttpd, nginx, caddy, h2o, serve.",
    ],
    [
      [root, '--precompressed', 'brotli'],
      "option '--precompressed <coding>' argument 'brotli' is invalid. Allowed choices are br, zstd, gzip.",
    ],
    [
      [root, '--rate', '0'],
      `--rate must be a number of bytes per second, 1 or more, got 0.${see('bad_option')}`,
    ],
    [
      [root, '--cookie', 'session'],
      '--cookie is about links. Add --tokens and --secret-file <file>.',
    ],
    [
      [root, ...WITH_SECRET, '--cookie', 'a b'],
      `--cookie must be the name of a cookie, of letters, digits and !#$%&'*+-.^_\`|~, got "a b".` +
        see('bad_option'),
    ],
    [
      [root, '--dotfiles', 'yes'],
      "option '--dotfiles <policy>' argument 'yes' is invalid. Allowed choices are ignore, deny, allow.",
    ],
    [
      [root, '--symlinks', 'yes'],
      "option '--symlinks <policy>' argument 'yes' is invalid. Allowed choices are inside, deny, follow.",
    ],
    [
      [root, '--port', '99999'],
      "option '--port <number>' argument '99999' is invalid. Give a number from 0 to 65535; 0 takes any free port.",
    ],
    [
      [root, '--mount', 'files'],
      "option '--mount <urlpath>' argument 'files' is invalid. Give a percent-encoded URL path such as /downloads.",
    ],
    [
      [root, ...WITH_SECRET, '--scheme', 'hmac', '--limit-by-ip'],
      "scheme 'hmac' has no --limit-by-ip; it is for mod-auth-token, secure-link." +
        see('bad_option'),
    ],
  ])('refuses %j', async (argv, message) => {
    expect(await runCli(['serve', ...argv])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `xsendfile: ${message}\n`,
    });
  });

  it('says that a port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await runCli(['serve', root, '--port', String(port)])).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: `xsendfile: port ${port} of "127.0.0.1" is in use. Choose another one with --port; 0 takes any free port.\n`,
    });
    other.close();
  });

  it('says that an address is not of this machine', async () => {
    expect(await runCli(['serve', root, '--port', '0', '--host', '192.0.2.1'])).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: 'xsendfile: "192.0.2.1" is not an address of this machine. Change --host.\n',
    });
  });
});

describe('xsendfile serve says what to try', () => {
  it.each<[string, readonly string[]]>([
    ['a file', []],
    ['a file below a mount path', ['--mount', '/d%20x']],
    ['a link', ['--secret-file', file('secret')]],
    [
      'a link of an old scheme',
      ['--secret-file', file('secret'), '--scheme', 'secure-link', '--mount', '/d'],
    ],
  ])('%s', async (_what, options) => {
    const server = await ServeRun.start([root, ...options]);
    await server.until(() => server.io.hints.length > 0);
    const [, url = ''] = /^Try: (\S+)\n$/.exec(server.io.hints[0] ?? '') ?? [];
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });

  it('nothing where there is nothing', async () => {
    const server = await ServeRun.start([createTree({ '.hidden': 'x' })]);
    await check(server, '/a.txt', { status: 404 });
    expect(server.io.hints).toEqual([]);
  });
});

it('xsendfile serve answers a client on as many connections as it takes', async () => {
  const server = await ServeRun.start([root]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let count = 0; count < 1500; count += 1) {
    const status = await new Promise((resolve, reject) => {
      const url = `http://127.0.0.1:${server.port}/ten.txt`;
      get(url, { agent }, (res) => {
        ports.add(res.socket.localPort);
        res.resume().once('end', () => resolve(res.statusCode));
      }).once('error', reject);
    });
    if (status !== 200) throw new Error(`request ${count} was answered with ${status}`);
  }
  agent.destroy();
  expect(ports.size).toBe(2);
});
