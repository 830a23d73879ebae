import { createUrlSigner, type LinkClaims, type TokenOptions } from '../../lib/index.js';
import { NOW, OLD_SECRET, runCli, SECRET } from './run-cli.js';

const ENV = { XSENDFILE_SECRET: SECRET };
const ROTATED = { XSENDFILE_SECRET: SECRET, XSENDFILE_SECRET_PREVIOUS: OLD_SECRET };

beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => jest.restoreAllMocks());

/** A link that was made so many seconds ago. */
function link(claims: LinkClaims = {}, options: TokenOptions = {}, age = 0): string {
  const now = (): number => NOW - age * 1000;
  return createUrlSigner(SECRET, { ...options, now }).sign('dir/a b.txt', claims);
}

function verify(argv: readonly string[], env: Readonly<Record<string, string>> = ENV) {
  return runCli(['verify', ...argv], { env });
}

/** What is printed of a link, as lines. */
const lines = (...text: readonly string[]): string => text.map((line) => `${line}\n`).join('');

/** The lines about a genuine link. */
const CLAIMS = (expires: string, ...more: readonly string[]): readonly string[] => [
  '  path         "dir/a b.txt"',
  `  expires      ${expires}`,
  ...more.filter((line) => line.startsWith('  made') || line.startsWith('  not')),
  '  key          secret 1 of 1',
  ...more.filter((line) => !(line.startsWith('  made') || line.startsWith('  not'))),
];

describe('xsendfile verify of a link that is valid', () => {
  it.each<[string, readonly string[], string]>([
    [
      'as it was made',
      [link()],
      lines(
        'valid',
        '  path         "dir/a b.txt"',
        '  expires      2026-08-01T12:02:00Z (in 2 minutes)',
        '  key          secret 1 of 1',
      ),
    ],
    [
      'in its last second',
      [link({}, {}, 120)],
      lines(
        'valid',
        '  path         "dir/a b.txt"',
        '  expires      2026-08-01T12:00:00Z (in 0 seconds)',
        '  key          secret 1 of 1',
      ),
    ],
    [
      'at another moment',
      [link({}, {}, 86_400), '--at', '2026-07-31T14:01:00+02:00'],
      lines(
        'valid',
        '  path         "dir/a b.txt"',
        '  expires      2026-07-31T12:02:00Z (in 1 minute)',
        '  key          secret 1 of 1',
      ),
    ],
    [
      'with all that it can carry',
      [
        link({
          expiresIn: 5400,
          notBefore: new Date(NOW),
          ip: '192.0.2.7',
          filename: 'x\u001b[31m\u202e.txt',
          disposition: 'inline',
          id: 'order\n7',
          uses: 3,
          rate: 1_000_000,
        }),
        '--ip',
        '::ffff:192.0.2.7',
      ],
      lines(
        'valid',
        '  path         "dir/a b.txt"',
        '  expires      2026-08-01T13:30:00Z (in 1 hour 30 minutes)',
        '  not before   2026-08-01T12:00:00Z',
        '  key          secret 1 of 1',
        '  address      192.0.2.7/32',
        '  file name    "x\\u001b[31m\\u202e.txt"',
        '  disposition  inline',
        '  id           "order\\n7"',
        '  uses         3',
        '  rate         1000000 bytes per second',
      ),
    ],
    [
      'for a directory, as it was made',
      [link({ prefix: true })],
      lines(
        'valid',
        '  path         "dir/a b.txt/"',
        '  expires      2026-08-01T12:02:00Z (in 2 minutes)',
        '  key          secret 1 of 1',
        '  prefix       valid for everything below a directory',
      ),
    ],
    [
      'for a directory, used for a file in it',
      [`${link({ prefix: true })}c/d`],
      lines(
        'valid',
        '  path         "dir/a b.txt/c/d"',
        '  expires      2026-08-01T12:02:00Z (in 2 minutes)',
        '  key          secret 1 of 1',
        '  prefix       valid for everything below a directory',
      ),
    ],
    [
      'that says when it was made',
      [link({}, { scheme: 'wsgi-xsendfile' }, 20), '--scheme', 'wsgi-xsendfile'],
      lines(
        'valid',
        '  path         "dir/a b.txt"',
        '  expires      2026-08-01T12:01:40Z (in 1 minute 40 seconds)',
        '  made         2026-08-01T11:59:40Z',
        '  key          secret 1 of 1',
      ),
    ],
  ])('describes one %s', async (_title, argv, stdout) => {
    expect(await verify(argv)).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  it.each<[string, readonly string[]]>([
    ['a URL', [`https://example.com${link()}`]],
    ['a URL with a port', [`HTTP://[::1]:3000${link()}`]],
    ['a URL in another spelling', [link().replace('a%20b', '%61%20b').replace('.', '%2E')]],
    ['a URL with a fragment', [`https://example.com${link()}#page=2`]],
    ['a URL with a query', [`https://example.com${link()}?utm=1`]],
    ['a URL below a mount path', [`https://example.com/d%20x${link()}`, '--mount', '/d%20x/']],
    ['a URL path below a mount path', [`/downloads${link()}`, '--mount', '/downloads']],
  ])('takes %s', async (_title, argv) => {
    const { exitCode, stdout } = await verify(argv);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, 'valid']);
  });

  it.each<[TokenOptions, LinkClaims, readonly string[]]>([
    [{ algorithm: 'sha384' }, {}, ['--algorithm', 'sha384']],
    [{ purpose: 'p' }, {}, ['--purpose', 'p']],
    [
      { scheme: 'mod-auth-token', limitByIp: true },
      { ip: '192.0.2.7' },
      ['--scheme', 'mod-auth-token', '--limit-by-ip', '--ip', '192.0.2.7'],
    ],
    [{ scheme: 'secure-link' }, {}, ['--scheme', 'secure-link']],
    [
      { scheme: 'secdownload', algorithm: 'md5' },
      {},
      ['--scheme', 'secdownload', '--algorithm', 'md5'],
    ],
  ])('knows the links of %j', async (options, claims, argv) => {
    const { exitCode, stdout } = await verify([link(claims, options), ...argv]);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, 'valid']);
  });

  it('knows a secure-link by its mount path', async () => {
    const signed = link({}, { scheme: 'secure-link', mountPath: '/d x' });
    const { exitCode } = await verify([
      `/d%20x${signed}`,
      '--mount',
      '/d%20x',
      '--scheme',
      'secure-link',
    ]);
    expect(exitCode).toBe(0);
  });

  it.each([
    [SECRET, 'secret 1 of 2'],
    [OLD_SECRET, 'secret 2 of 2'],
  ])('says which secret it is of', async (secret, key) => {
    const url = createUrlSigner(secret, { now: () => NOW }).sign('a');
    const { exitCode, stdout } = await verify([url], ROTATED);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`  key          ${key}\n`)]);
  });
});

describe('xsendfile verify of a link that is refused', () => {
  const FORGED =
    'it was changed, or made with another secret or other options (--algorithm, --purpose)';
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'expired',
      [link({}, {}, 121)],
      [
        'refused: expired: it expired 1 second ago',
        ...CLAIMS('2026-08-01T11:59:59Z (1 second ago)'),
      ],
    ],
    [
      'expired for long',
      [link({}, {}, 90_120)],
      [
        'refused: expired: it expired 1 day 1 hour ago',
        ...CLAIMS('2026-07-31T11:00:00Z (1 day 1 hour ago)'),
      ],
    ],
    [
      'not yet valid',
      [link({ notBefore: new Date(NOW + 60_000) })],
      [
        'refused: not yet valid: it will be valid in 1 minute',
        ...CLAIMS('2026-08-01T12:02:00Z (in 2 minutes)', '  not before   2026-08-01T12:01:00Z'),
      ],
    ],
    [
      'made in the future',
      [link({}, { scheme: 'secdownload' }, -200), '--scheme', 'secdownload'],
      [
        'refused: not yet valid: it will be valid in 1 minute 20 seconds',
        ...CLAIMS(
          '2026-08-01T12:05:20Z (in 5 minutes 20 seconds)',
          '  made         2026-08-01T12:03:20Z',
        ),
      ],
    ],
    [
      'made beyond the clock tolerance',
      [
        link({}, { scheme: 'secdownload' }, -10),
        ...['--scheme', 'secdownload', '--clock-tolerance', '5'],
      ],
      [
        'refused: not yet valid: it will be valid in 5 seconds',
        ...CLAIMS(
          '2026-08-01T12:02:10Z (in 2 minutes 10 seconds)',
          '  made         2026-08-01T12:00:10Z',
        ),
      ],
    ],
    [
      'for another address',
      [link({ ip: '192.0.2.7' }), '--ip', '198.51.100.1'],
      [
        'refused: wrong address: it is for 192.0.2.7/32, not for 198.51.100.1',
        ...CLAIMS('2026-08-01T12:02:00Z (in 2 minutes)', '  address      192.0.2.7/32'),
      ],
    ],
    [
      'for an address, without one',
      [link({ ip: '2001:db8::7' })],
      [
        "refused: wrong address: it is for 2001:db8::7/64 only; give the client's address with --ip",
        ...CLAIMS('2026-08-01T12:02:00Z (in 2 minutes)', '  address      2001:db8::7/64'),
      ],
    ],
    [
      'valid for too long',
      [link({ expiresIn: 172_800 }), '--max-lifetime', '1d'],
      [
        'refused: lifetime: it is valid for 2 days from now, and --max-lifetime is 1 day',
        ...CLAIMS('2026-08-03T12:00:00Z (in 2 days)'),
      ],
    ],
    [
      'changed',
      [link().replace('a%20b', 'b')],
      [`refused: forged: it does not match the secret; ${FORGED}`],
    ],
    [
      'for another purpose',
      [link({}, { purpose: 'p' })],
      [`refused: forged: it does not match the secret; ${FORGED}`],
    ],
    ['no link', ['/dir/a.txt'], ['refused: malformed: it is not a link of scheme hmac']],
    [
      'of another scheme',
      [link(), '--scheme', 'secdownload'],
      ['refused: malformed: it is not a link of scheme secdownload'],
    ],
    [
      'for a file, and ends in a slash',
      [`${link()}/`],
      [`refused: forged: it does not match the secret; ${FORGED}`],
    ],
    [
      'below a mount path that is spelt differently',
      [`/%64${link()}`, '--mount', '/d'],
      ['refused: malformed: it does not begin with /d/, the --mount path'],
    ],
    [
      'shown decoded',
      [link().replace('%20', ' ')],
      ['refused: malformed: it contains characters that must be percent-encoded'],
    ],
    [
      'below a path that was not said',
      [`https://example.com/a/b${link()}`],
      ['refused: malformed: it looks like a link below /a/b; give --mount /a/b'],
    ],
    [
      'below a longer path than was said',
      [`/a/b${link()}`, '--mount', '/a'],
      ['refused: malformed: it looks like a link below /a/b; give --mount /a/b'],
    ],
    [
      'not below the mount path',
      [`/ab${link()}`, '--mount', '/a'],
      ['refused: malformed: it does not begin with /a/, the --mount path'],
    ],
    [
      'only a host',
      ['https://example.com'],
      ['refused: malformed: it is not a link of scheme hmac'],
    ],
  ])('says why: %s', async (_title, argv, expected) => {
    expect(await verify(argv)).toEqual({ exitCode: 1, stdout: lines(...expected), stderr: '' });
  });

  it('says of how many secrets none fits', async () => {
    const { exitCode, stdout } = await verify([link().replace('a%20b', 'b')], ROTATED);
    expect([exitCode, stdout]).toEqual([
      1,
      `refused: forged: it matches none of the 2 secrets; ${FORGED}\n`,
    ]);
  });

  it.each<[TokenOptions['scheme'] & string, string]>([
    ['wsgi-xsendfile', '--algorithm'],
    ['mod-auth-token', '--limit-by-ip, --ip'],
    ['secure-link', '--mount, --mount-path, --limit-by-ip, --ip'],
    ['secdownload', '--algorithm'],
  ])('names the options that change a link of %s', async (scheme, options) => {
    const forged = createUrlSigner(OLD_SECRET, { scheme, now: () => NOW }).sign('a');
    const { exitCode, stdout } = await verify([forged, '--scheme', scheme]);
    expect([exitCode, stdout]).toEqual([
      1,
      `refused: forged: it does not match the secret; it was changed, or made with another secret or other options (${options})\n`,
    ]);
  });
});

describe('xsendfile verify --json', () => {
  it.each<[string, readonly string[], number, object]>([
    [
      'a valid link',
      [link({ id: '7', ip: '192.0.2.7' }), '--ip', '192.0.2.7'],
      0,
      {
        valid: true,
        scheme: 'hmac',
        path: 'dir/a b.txt',
        expires: '2026-08-01T12:02:00Z',
        expiresIn: 120,
        ip: '192.0.2.7/32',
        id: '7',
        secret: 1,
        secrets: 1,
      },
    ],
    [
      'one that has expired',
      [link({}, {}, 130)],
      1,
      {
        valid: false,
        code: 'ERR_XSENDFILE_TOKEN_EXPIRED',
        reason: 'expired',
        message: 'it expired 10 seconds ago',
        scheme: 'hmac',
        path: 'dir/a b.txt',
        expires: '2026-08-01T11:59:50Z',
        expiresIn: -10,
        secret: 1,
        secrets: 1,
      },
    ],
    [
      'no link',
      ['/a'],
      1,
      {
        valid: false,
        code: 'ERR_XSENDFILE_TOKEN_MALFORMED',
        reason: 'malformed',
        message: 'it is not a link of scheme hmac',
        scheme: 'hmac',
        secrets: 1,
      },
    ],
  ])('prints %s', async (_title, argv, exitCode, expected) => {
    const result = await verify([...argv, '--json']);
    expect([result.exitCode, JSON.parse(result.stdout), result.stderr]).toEqual([
      exitCode,
      expected,
      '',
    ]);
  });
});

describe('xsendfile verify -', () => {
  const verifyAll = (input: readonly string[], ...argv: readonly string[]) =>
    runCli(['verify', '-', ...argv], { env: { XSENDFILE_SECRET: SECRET }, input });

  it('judges each line of the standard input', async () => {
    const good = link();
    const [first = '', rest = ''] = [good.slice(0, 9), good.slice(9)];
    const input = [first, `${rest}\r\n\n  https://example.com${good}\t\n/a\nno link\u001b\n`, good];
    const valid = CLAIMS('2026-08-01T12:02:00Z (in 2 minutes)');
    expect(await verifyAll(input)).toEqual({
      exitCode: 1,
      stdout: lines(
        'line 1: valid',
        ...valid,
        'line 3: valid',
        ...valid,
        'line 4: refused: malformed: it is not a link of scheme hmac',
        'line 5: refused: malformed: it has no path',
        'line 6: valid',
        ...valid,
      ),
      stderr: '',
    });
  });

  it('ends with 0 if all are valid', async () => {
    expect((await verifyAll([`/d${link()}\n`], '--mount', '/d')).exitCode).toBe(0);
  });

  it('prints a line of JSON for each', async () => {
    const { exitCode, stdout } = await verifyAll([`${link()}\n/a\n`], '--json');
    const verdicts = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([exitCode, verdicts]).toMatchObject([1, [{ valid: true }, { reason: 'malformed' }]]);
  });

  it.each([[[]], [['\n \n']]])('refuses a standard input without links: %j', async (input) => {
    expect(await verifyAll(input)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'xsendfile: the standard input has no link. Give it one URL, or URL path, per line.\n',
    });
  });
});

describe('xsendfile verify with wrong options', () => {
  it.each<[readonly string[], string]>([
    [
      ['dir/a.txt'],
      'a link is a URL with http: or https:, or a URL path that begins with "/", got "dir/a.txt".',
    ],
    [
      ['ftp://example.com/a'],
      'a link is a URL with http: or https:, or a URL path that begins with "/", got "ftp://example.com/a".',
    ],
    [
      ['/a', '--scheme', 'secure-link', '--limit-by-ip'],
      "--limit-by-ip needs the client's address. Give it with --ip.",
    ],
    [
      ['/a', '--ip', 'localhost'],
      "option '--ip <address>' argument 'localhost' is invalid. Give an IPv4 or IPv6 address, such as 192.0.2.7.",
    ],
    [
      ['/a', '--at', 'now'],
      "option '--at <date>' argument 'now' is invalid. Give an ISO 8601 date, such as 2026-12-31 or 2026-12-31T18:00:00Z.",
    ],
  ])('refuses %j', async (argv, message) => {
    expect(await verify(argv)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `xsendfile: ${message}\n`,
    });
  });
});
