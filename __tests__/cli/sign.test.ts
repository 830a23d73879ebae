import { runProgram } from '../../lib/cli/run.js';
import { createUrlSigner, type LinkClaims, type TokenOptions } from '../../lib/index.js';
import { NOW, runCli, SECRET, TestIo } from './run-cli.js';

const see = (code: string): string =>
  `\nSee https://github.com/xsendfile/xsendfile/blob/main/docs/errors.md#err_xsendfile_${code}`;

const SEE_CLAIM = '\nSee https://github.com/xsendfile/xsendfile/blob/main/docs/errors.md#typeerror';

const env = { XSENDFILE_SECRET: SECRET };
const now = (): number => NOW;
const sign = (...argv: readonly string[]) => runCli(['sign', ...argv], { env });
const linkFor = (path: string, claims: LinkClaims = {}, options: TokenOptions = {}): string =>
  createUrlSigner(SECRET, { ...options, now }).sign(path, claims);

beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => jest.restoreAllMocks());

describe('xsendfile sign', () => {
  it.each<[readonly string[], LinkClaims]>([
    [[], {}],
    [['--expires-in', '3600'], { expiresIn: 3600 }],
    [['--expires-in', '2d'], { expiresIn: 172_800 }],
    [['--expires-in', '2d12h'], { expiresIn: 216_000 }],
    [['--expires', '2026-12-31'], { expires: new Date('2026-12-31T00:00:00Z') }],
    [['--expires-in', '1h', '--align', '15m'], { expiresIn: 3600, align: 900 }],
    [['--align', '86400'], { align: 86_400 }],
    [['--not-before', '2026-08-01T12:01'], { notBefore: new Date('2026-08-01T12:01:00Z') }],
    [['--ip', '192.0.2.0/24'], { ip: '192.0.2.0/24' }],
    [['--filename', 'Größe "1".txt'], { filename: 'Größe "1".txt' }],
    [['--disposition', 'inline'], { disposition: 'inline' }],
    [['--prefix'], { prefix: true }],
    [['--id', 'order 7'], { id: 'order 7' }],
    [['--rate', '1000000'], { rate: 1_000_000 }],
    [['--uses', '3', '--id', 'order 7'], { uses: 3, id: 'order 7' }],
    [
      ['--id', 'x', '--filename', 'y', '--ip', '2001:db8::1', '--expires-in', '1h'],
      { id: 'x', filename: 'y', ip: '2001:db8::1', expiresIn: 3600 },
    ],
  ])('signs the claims of %j', async (options, claims) => {
    expect(await sign('dir/a b.txt', ...options)).toEqual({
      exitCode: 0,
      stdout: `${linkFor('dir/a b.txt', claims)}\n`,
      stderr: '',
    });
  });

  it.each<[readonly string[], TokenOptions, LinkClaims]>([
    [['--algorithm', 'sha512'], { algorithm: 'sha512' }, {}],
    [['--timeout', '1h'], { timeout: 3600 }, {}],
    [['--purpose', 'invoices'], { purpose: 'invoices' }, {}],
    [['--max-lifetime', '60'], { maxLifetime: 60 }, {}],
    [['--scheme', 'wsgi-xsendfile'], { scheme: 'wsgi-xsendfile' }, {}],
    [
      ['--scheme', 'wsgi-xsendfile', '--algorithm', 'sha1'],
      { scheme: 'wsgi-xsendfile', algorithm: 'sha1' },
      {},
    ],
    [['--scheme', 'mod-auth-token'], { scheme: 'mod-auth-token' }, {}],
    [
      ['--scheme', 'mod-auth-token', '--limit-by-ip', '--ip', '192.0.2.7'],
      { scheme: 'mod-auth-token', limitByIp: true },
      { ip: '192.0.2.7' },
    ],
    [['--scheme', 'secure-link'], { scheme: 'secure-link' }, {}],
    [
      ['--scheme', 'secure-link', '--mount-path', '/d é'],
      { scheme: 'secure-link', mountPath: '/d é' },
      {},
    ],
    [['--scheme', 'secdownload'], { scheme: 'secdownload' }, {}],
    [
      ['--scheme', 'secdownload', '--algorithm', 'md5', '--clock-tolerance', '0'],
      { scheme: 'secdownload', algorithm: 'md5' },
      {},
    ],
  ])('signs with %j', async (argv, options, claims) => {
    const { exitCode, stdout, stderr } = await sign('a.txt', ...argv);
    expect([exitCode, stdout, stderr]).toEqual([0, `${linkFor('a.txt', claims, options)}\n`, '']);
  });

  it.each<[readonly string[], string]>([
    [['--mount', '/downloads/'], '/downloads'],
    [['--mount', '/'], ''],
    [['--base', 'https://example.com'], 'https://example.com'],
    [['--base', 'https://example.com/downloads/'], 'https://example.com/downloads'],
    [['--base', 'http://example.com:8080/a', '--mount', '/b'], 'http://example.com:8080/a/b'],
  ])('puts what %j says before the link', async (options, prefix) => {
    const { stdout } = await sign('a.txt', ...options);
    expect(stdout).toBe(`${prefix}${linkFor('a.txt')}\n`);
  });

  it.each<[readonly string[], string, string]>([
    [['--mount', '/d%20x'], '/d x', '/d%20x'],
    [['--base', 'https://example.com/a', '--mount', '/b'], '/a/b', 'https://example.com/a/b'],
    [['--mount', '/b', '--mount-path', ''], '', '/b'],
  ])('signs the path before a secure-link: %j', async (options, mountPath, prefix) => {
    const { stdout } = await sign('a.txt', '--scheme', 'secure-link', ...options);
    const link = linkFor('a.txt', {}, { scheme: 'secure-link', mountPath });
    expect(stdout).toBe(`${prefix}${link}\n`);
  });

  it.each<[string, string]>([
    ['', 'the root'],
    ['/', 'the root'],
    ['album', 'a directory'],
    ['album/', 'a directory with a slash'],
  ])('signs %j with --prefix: %s', async (path) => {
    const { stdout } = await sign('--prefix', path);
    expect(stdout).toBe(`${linkFor(path, { prefix: true })}\n`);
  });

  it.each<[readonly string[], LinkClaims, object]>([
    [[], {}, { expires: '2026-08-01T12:02:00Z', expiresIn: 120 }],
    [
      ['--ip', '192.0.2.7', '--filename', '\u202e', '--id', '7', '--not-before', '2026-08-02'],
      { ip: '192.0.2.7', filename: '\u202e', id: '7', notBefore: new Date('2026-08-02') },
      {
        expires: '2026-08-01T12:02:00Z',
        expiresIn: 120,
        notBefore: '2026-08-02T00:00:00Z',
        ip: '192.0.2.7/32',
        filename: '\u202e',
        id: '7',
      },
    ],
    [
      ['--id', '7', '--uses', '3', '--rate', '1000'],
      { id: '7', uses: 3, rate: 1000 },
      { expires: '2026-08-01T12:02:00Z', expiresIn: 120, id: '7', uses: 3, rate: 1000 },
    ],
    [
      ['--prefix', '--disposition', 'inline'],
      { prefix: true, disposition: 'inline' },
      { expires: '2026-08-01T12:02:00Z', expiresIn: 120, prefix: true, disposition: 'inline' },
    ],
  ])('prints JSON for %j', async (options, claims, expected) => {
    const { stdout } = await sign('dir', '--json', '--mount', '/d', ...options);
    expect(stdout).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(stdout)).toEqual({
      url: `/d${linkFor('dir', claims)}`,
      scheme: 'hmac',
      path: 'dir',
      ...expected,
    });
  });

  it('says in JSON when a link of an old scheme was made', async () => {
    const { stdout } = await sign('a.txt', '--json', '--scheme', 'secdownload', '--timeout', '1h');
    expect(JSON.parse(stdout)).toEqual({
      url: linkFor('a.txt', {}, { scheme: 'secdownload' }),
      scheme: 'secdownload',
      path: 'a.txt',
      made: '2026-08-01T12:00:00Z',
      expires: '2026-08-01T13:00:00Z',
      expiresIn: 3600,
    });
  });

  it('warns of a link that has expired', async () => {
    expect(await sign('a.txt', '--expires', '2026-08-01T11:59:59Z')).toEqual({
      exitCode: 0,
      stdout: `${linkFor('a.txt', { expires: new Date('2026-08-01T11:59:59Z') })}\n`,
      stderr: 'xsendfile: warning: this link has expired.\n',
    });
  });

  it.each<[readonly string[], string]>([
    [
      ['../a.txt'],
      'path must name a file below the root, decoded and without control characters, got "../a.txt".' +
        SEE_CLAIM,
    ],
    [
      [''],
      'path must name a file below the root, decoded and without control characters, got "".' +
        SEE_CLAIM,
    ],
    [
      ['a', '--expires-in', '0'],
      '--expires-in must be a number of seconds greater than 0, got 0.' + SEE_CLAIM,
    ],
    [
      ['a', '--expires-in', '1h', '--expires', '2027-01-01'],
      '--expires-in and --expires are mutually exclusive.' + SEE_CLAIM,
    ],
    [
      ['a', '--max-lifetime', '60', '--expires-in', '61'],
      'expiry must be within --max-lifetime, 60 seconds, got 61.' + SEE_CLAIM,
    ],
    [
      ['a', '--ip', 'not-before'],
      `--ip must be an address, or a network such as '192.0.2.0/24', got "not-before".` + SEE_CLAIM,
    ],
    [
      ['a', '--id', 'notBefore'.repeat(8)],
      `--id must be a string of at most 64 characters, got "${'notBefore'.repeat(8)}".` + SEE_CLAIM,
    ],
    [
      ['a', '--scheme', 'secdownload', '--filename', 'b'],
      "links of scheme 'secdownload' cannot carry --filename. Leave it out, or use another scheme." +
        SEE_CLAIM,
    ],
    [
      ['a', '--scheme', 'secdownload', '--uses', '3'],
      "links of scheme 'secdownload' cannot carry --uses. Leave it out, or use another scheme." +
        SEE_CLAIM,
    ],
    [
      ['a', '--align', '0'],
      '--align must be a whole number of seconds, 1 or more, got 0.' + SEE_CLAIM,
    ],
    [
      ['a', '--align', '1h', '--uses', '3'],
      '--align needs an id for a link with uses: without one, each link gets a random id, and is another.' +
        SEE_CLAIM,
    ],
    [
      ['a', '--align', '1h', '--scheme', 'secdownload'],
      "links of scheme 'secdownload' do not carry when they expire but when they were made, so each is another. Leave out --align, or use another scheme." +
        SEE_CLAIM,
    ],
    [
      ['a', '--align', '60', '--expires-in', '60', '--max-lifetime', '100'],
      'expiry must be within --max-lifetime, 100 seconds, got 60, which align rounds up by at most 59.' +
        SEE_CLAIM,
    ],
    [['a', '--uses', '0'], '--uses must be a whole number from 1 to 1,000,000, got 0.' + SEE_CLAIM],
    [
      ['a', '--rate', '0'],
      '--rate must be a whole number of bytes per second, 1 or more, got 0.' + SEE_CLAIM,
    ],
    [
      ['a', '--rate', '1e6'],
      "option '--rate <bytes>' argument '1e6' is invalid. Give a whole number, such as 1000.",
    ],
    [
      ['a', '--scheme', 'mod-auth-token', '--expires-in', '60'],
      "links of scheme 'mod-auth-token' cannot carry --expires-in. Leave it out, or use another scheme." +
        SEE_CLAIM,
    ],
    [
      ['a', '--mount-path', '/x'],
      `scheme 'hmac' has no --mount-path; it is for secure-link.${see('bad_option')}`,
    ],
    [
      ['a', '--algorithm', 'md5'],
      `--algorithm of scheme 'hmac' must be 'sha256', 'sha384' or 'sha512', got "md5".` +
        see('bad_option'),
    ],
    [
      ['a', '--timeout', '0'],
      `--timeout must be a whole number of seconds, 1 or more, got 0.${see('bad_option')}`,
    ],
    [
      ['a', '--scheme', 'secure-link', '--limit-by-ip'],
      "--ip must be the client's address, which --limit-by-ip requires, got undefined." + SEE_CLAIM,
    ],
    [
      ['a', '--expires-in', 'soon'],
      "option '--expires-in <time>' argument 'soon' is invalid. Give seconds, or a time such as 30m, 2d or 2d12h, in weeks (w), d, h, m and s.",
    ],
    [
      ['a', '--disposition', 'show'],
      "option '--disposition <type>' argument 'show' is invalid. Allowed choices are inline, attachment.",
    ],
    [
      ['a', '--disposition', 'Inlin'],
      "option '--disposition <type>' argument 'Inlin' is invalid. Did you mean inline? Allowed choices are inline, attachment.",
    ],
  ])('refuses %j', async (argv, message) => {
    expect(await sign(...argv)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `xsendfile: ${message}\n`,
    });
  });
});

describe('xsendfile sign says on stderr for how long the link is valid', () => {
  it.each<[readonly string[], readonly string[]]>([
    [
      [],
      ['xsendfile: valid for 2 minutes, until 2026-08-01T12:02:00Z; --expires-in changes that.\n'],
    ],
    [
      ['--timeout', '1h'],
      [expect.stringContaining('valid for 1 hour, until 2026-08-01T13:00:00Z')],
    ],
    [['--scheme', 'secdownload'], [expect.stringContaining('valid for 2 minutes, ')]],
    [['--expires-in', '1h'], ['xsendfile: valid for 1 hour, until 2026-08-01T13:00:00Z.\n']],
    [
      ['--expires', '2026-12-31'],
      ['xsendfile: valid for 151 days 12 hours, until 2026-12-31T00:00:00Z.\n'],
    ],
    [['--json'], []],
  ])('%j', async (options, hints) => {
    const io = new TestIo({ env: { XSENDFILE_SECRET: SECRET } });
    expect(await runProgram(['sign', 'a.txt', ...options], io)).toBe(0);
    expect(io.hints).toEqual(hints);
    expect(io.errors).toBe('');
  });
});
