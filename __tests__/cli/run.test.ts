import { Option } from 'commander';
import { CliError, reportError, translateError } from '../../lib/cli/errors.js';
import { runCli, TestIo } from './run-cli.js';

const EXIT_CODES = `
Exit codes:
  0  done
  1  verify: the link is refused; doctor: something is wrong; config: the server refuses it
  2  wrong usage or configuration
  3  failure while running
`;

const EXIT_CODES_OF: Readonly<Record<string, string>> = {
  sign: '0  the link is printed\n  2  wrong usage or configuration\n  3  failure while running\n',
  verify:
    '0  the link is valid, or all are\n  1  the link is refused, or one of them is\n  2  wrong usage or configuration\n  3  failure while running\n',
  serve:
    '0  ended by a signal\n  2  wrong usage or configuration\n  3  failure while running, such as a port in use\n',
  config:
    '0  the configuration is printed\n  1  with --check: the server refuses it, so it is not printed\n  2  wrong usage or configuration\n  3  failure while running\n',
};

const HELP = `Usage: xsendfile [options] [command]

Signs, verifies and serves links to files; configures and examines front-end servers.

Options:
  -V, --version              output the version number
  -h, --help                 display help for command

Commands:
  sign [options] <path>      make a link to a file
  verify [options] <url>     say whether a link is valid, or why not
  serve [options] <root>     serve the files of a directory, with or without links
  config [options] <server>  print the configuration of a front-end server
  doctor [options] <url>     examine a running system from outside
  help [command]             display help for command

Secrets come from files or from the environment variable XSENDFILE_SECRET, never from arguments.

Examples:
  $ (umask 077; openssl rand -hex 32 > link-secret)
  $ xsendfile serve /srv/files --secret-file link-secret
  $ xsendfile sign report.pdf --secret-file link-secret --base http://127.0.0.1:3000
${EXIT_CODES}
`;

describe('xsendfile', () => {
  it.each<readonly string[]>([['--help'], ['-h'], ['help']])('%s', async (...argv) => {
    expect(await runCli(argv)).toEqual({ exitCode: 0, stdout: HELP, stderr: '' });
  });

  it.each<readonly string[]>([['--version'], ['-V']])('%s', async (...argv) => {
    expect(await runCli(argv)).toEqual({ exitCode: 0, stdout: '1.2.3-test\n', stderr: '' });
  });

  it('shows its usage without arguments', async () => {
    expect(await runCli([])).toEqual({ exitCode: 2, stdout: '', stderr: HELP });
  });

  it.each(['sign', 'verify', 'serve', 'config'])(
    '%s --help has examples and exit codes',
    async (command) => {
      const { exitCode, stdout, stderr } = await runCli([command, '--help']);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(new RegExp(`^Usage: xsendfile ${command} \\[options\\] <\\w+>\\n`));
      expect(stdout).toContain(`\nExamples:\n  $ `);
      expect(stdout).toContain(`\nExit codes:\n  ${EXIT_CODES_OF[command]}`);
      expect(await runCli(['help', command])).toEqual({ exitCode, stdout, stderr });
    },
  );

  it.each<[readonly string[], string]>([
    [['serv', '.'], "unknown command 'serv'\n(Did you mean serve?)"],
    [['sign'], "missing required argument 'path'"],
    [['sign', 'a', 'b'], "too many arguments for 'sign'. Expected 1 argument but got 2."],
    [
      ['sign', 'a', '--secrt-file', 'b'],
      "unknown option '--secrt-file'\n(Did you mean --secret-file?)",
    ],
    [['sign', 'a', '--id'], "option '--id <text>' argument missing"],
    [
      ['sign', 'a', '--scheme', 'x'],
      "option '--scheme <name>' argument 'x' is invalid. Allowed choices are hmac, wsgi-xsendfile, mod-auth-token, secure-link, secdownload.",
    ],
    [
      ['verify', '/a', '--scheme', 'secure_link'],
      "option '--scheme <name>' argument 'secure_link' is invalid. Did you mean secure-link? Allowed choices are hmac, wsgi-xsendfile, mod-auth-token, secure-link, secdownload.",
    ],
  ])('refuses %j', async (argv, message) => {
    expect(await runCli(argv)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `xsendfile: ${message}\n`,
    });
  });
});

describe('reportError', () => {
  it('shows where a mistake of our own was made', () => {
    const io = new TestIo();
    expect(reportError(new RangeError('a bug'), io)).toBe(3);
    expect(io.errors).toMatch(
      /^xsendfile: this should not have happened: RangeError: a bug\n {4}at /,
    );
  });

  it('shows the sentence of a user error only', () => {
    const io = new TestIo();
    expect(reportError(new CliError('this is how.', { exitCode: 3 }), io)).toBe(3);
    expect(io.errors).toBe('xsendfile: this is how.\n');
  });
});

describe('translateError(error, options)', () => {
  const options = ['--expires-in <time>', '--mount-path <path>', '--id <text>', '--files <files>'];

  it.each<[string, string | undefined, string]>([
    ['sign: expiresIn must be a number.', 'expiresIn', '--expires-in must be a number.'],
    ['sign: expiresIn and id must not be id.', 'id', '--expires-in and --id must not be id.'],
    ['authToken: mountPath must be "mountPath".', 'x', '--mount-path must be "mountPath".'],
    [
      'sign: id must be a text, got "\\"id\\" expiresIn".',
      'id',
      '--id must be a text, got "\\"id\\" expiresIn".',
    ],
    ['f: files[0]: id must be a text.', 'files[0].id', '--files[0]: id must be a text.'],
    ['f: files[1] must be a text.', 'files[1]', '--files[1] must be a text.'],
    ['xsendfile: root must be a directory.', 'root', 'root must be a directory.'],
    ['xsendfile: files must be a directory.', undefined, 'files must be a directory.'],
  ])('makes of %j, about %j: %j', (message, option, translated) => {
    const error = Object.assign(new TypeError(message), { option });
    const flags = options.map((option) => new Option(option));
    expect(translateError(error, flags)).toBe(translated);
  });
});
