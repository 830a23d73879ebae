import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { createUrlSigner } from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';
import { NOW, OLD_SECRET, runCli, SECRET } from './run-cli.js';

const howToMake = (file: string): string => `(umask 077; openssl rand -hex 32 > ${file})`;
const HOW_TO = howToMake('link-secret');
const directory = createTree({
  plain: SECRET,
  padded: `\ufeff \t${SECRET} \r\n\n`,
  old: `${OLD_SECRET}\n`,
  open: SECRET,
  group: SECRET,
  empty: ' \n',
  lines: `${SECRET}\n${OLD_SECRET}\n`,
  bytes: Buffer.from('00ff80c1', 'hex'),
  short: 'hunter2',
  dir: { link: '.' },
});
const path = (name: string): string => join(directory, name);
const quoted = (name: string): string => JSON.stringify(path(name));
const now = (): number => NOW;

beforeAll(() => {
  for (const name of ['plain', 'padded', 'old', 'empty', 'lines', 'bytes', 'short']) {
    chmodSync(path(name), 0o600);
  }
  chmodSync(path('open'), 0o644);
  chmodSync(path('group'), 0o640);
});

function sign(files: readonly string[], env: Record<string, string> = {}) {
  const options = files.flatMap((name) => ['--secret-file', path(name)]);
  return runCli(['sign', 'a.txt', ...options], { env });
}

const linkOf = (secret: string): string => `${createUrlSigner(secret, { now }).sign('a.txt')}\n`;

describe('the secret of links', () => {
  it.each<[string, readonly string[], Record<string, string>, string]>([
    ['a file', ['plain'], {}, SECRET],
    ['a file with white space around it', ['padded'], {}, SECRET],
    ['the first of several files', ['old', 'plain'], {}, OLD_SECRET],
    ['XSENDFILE_SECRET', [], { XSENDFILE_SECRET: ` ${SECRET}\n` }, SECRET],
    [
      'XSENDFILE_SECRET rather than XSENDFILE_SECRET_PREVIOUS',
      [],
      { XSENDFILE_SECRET: SECRET, XSENDFILE_SECRET_PREVIOUS: OLD_SECRET },
      SECRET,
    ],
    ['a file rather than the environment', ['old'], { XSENDFILE_SECRET: SECRET }, OLD_SECRET],
  ])('comes from %s', async (_title, files, env, secret) => {
    expect(await sign(files, env)).toEqual({ exitCode: 0, stdout: linkOf(secret), stderr: '' });
  });

  it('is verified with XSENDFILE_SECRET_PREVIOUS, too', async () => {
    const env = { XSENDFILE_SECRET: SECRET, XSENDFILE_SECRET_PREVIOUS: OLD_SECRET };
    const { stdout } = await runCli(['verify', linkOf(OLD_SECRET).trim(), '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, secret: 2, secrets: 2 });
  });

  it.each<[string, readonly string[], Record<string, string>, string]>([
    [
      'there is none',
      [],
      {},
      `there is no secret. Give --secret-file <file>, or set XSENDFILE_SECRET. Make one with: ${HOW_TO}`,
    ],
    [
      'there is only the previous one',
      [],
      { XSENDFILE_SECRET_PREVIOUS: OLD_SECRET },
      `there is no secret. Give --secret-file <file>, or set XSENDFILE_SECRET. Make one with: ${HOW_TO}`,
    ],
    [
      'the variable is empty',
      [],
      { XSENDFILE_SECRET: ' ' },
      'XSENDFILE_SECRET is set, but empty. Set it to a secret, or unset it.',
    ],
    [
      'the previous variable is empty',
      [],
      { XSENDFILE_SECRET: SECRET, XSENDFILE_SECRET_PREVIOUS: '' },
      'XSENDFILE_SECRET_PREVIOUS is set, but empty. Set it to a secret, or unset it.',
    ],
    [
      'the file is missing',
      ['missing'],
      {},
      `secret file ${quoted('missing')} cannot be read (ENOENT). Make one with: ${howToMake(quoted('missing'))}`,
    ],
    [
      'the file is a directory',
      ['dir'],
      {},
      `secret file ${quoted('dir')} cannot be read (EISDIR).`,
    ],
    [
      'the file is empty',
      ['empty'],
      {},
      `secret file ${quoted('empty')} is empty. Make one with: ${howToMake(quoted('empty'))}`,
    ],
    [
      'one of the files has several lines',
      ['plain', 'lines'],
      {},
      `secret file ${quoted('lines')} has more than one line. Give a file for each secret.`,
    ],
    [
      'the file holds bytes that are no text',
      ['bytes'],
      {},
      `secret file ${quoted('bytes')} is not text. Make one with: ${HOW_TO}`,
    ],
    [
      'it is too short',
      ['short'],
      {},
      'secret must have at least 16 bytes, got 7. Make one with: openssl rand -hex 32\nSee https://github.com/xsendfile/xsendfile/blob/main/docs/errors.md#err_xsendfile_bad_option',
    ],
  ])('is refused when %s', async (_title, files, env, message) => {
    expect(await sign(files, env)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `xsendfile: ${message}\n`,
    });
  });

  it.each([
    ['open', '644'],
    ['group', '640'],
  ])('is warned of when others can read it: %s', async (name, mode) => {
    const stderr = `xsendfile: warning: secret file ${quoted(name)} is open to other users (mode ${mode}). Fix: chmod 600 ${quoted(name)}\n`;
    const expected = process.platform === 'win32' ? '' : stderr;
    expect(await sign([name])).toEqual({ exitCode: 0, stdout: linkOf(SECRET), stderr: expected });
  });
});

describe('a secret in the place of a file', () => {
  it.each([
    ['link-secret', 'sign', 'a.txt', '--secret-file'],
    ['handshake', 'serve', directory, '--sender', 'nginx', '--handshake-file'],
    ['handshake', 'config', 'nginx', '--root', '/srv/files', '--handshake-file'],
  ])('is not repeated: %s, %s', async (file, ...argv) => {
    for (const secret of [SECRET.repeat(2).replace(/\W/g, '0'), '0f'.repeat(32)]) {
      const { exitCode, stdout, stderr } = await runCli([...argv, secret]);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toContain(`of ${secret.length} characters, which looks like a secret.`);
      expect(stderr).not.toContain(secret);
      expect(stderr).toMatch(`make a new one: ${howToMake(file)}\n`);
    }
  });
});

describe('a secret as an argument', () => {
  const refusal = (option: string, fix: string, file: string): string =>
    `xsendfile: ${option} does not exist: arguments are shown to every user of this machine and kept in the shell's history. ${fix} If this secret is in use, make a new one: ${howToMake(file)}\n`;
  const LINKS = 'Give --secret-file <file>, or set XSENDFILE_SECRET.';

  it.each<[readonly string[], string, string, string?]>([
    [['sign', 'a.txt', '--secret', SECRET], '--secret', LINKS],
    [['sign', 'a.txt', `--secret=${SECRET}\nx`], '--secret', LINKS],
    [['--secret', SECRET, 'sign', 'a.txt'], '--secret', LINKS],
    [['verify', '/a', '--secrets', SECRET], '--secrets', LINKS],
    [['serve', '.', `--key=${SECRET}`], '--key', LINKS],
    [
      ['serve', '.', '--handshake', SECRET],
      '--handshake',
      'Give --handshake-file <file>.',
      'handshake',
    ],
  ])('is refused and not repeated: %j', async (argv, option, fix, file = 'link-secret') => {
    const result = await runCli(argv, { env: { XSENDFILE_SECRET: SECRET } });
    expect(result).toEqual({ exitCode: 2, stdout: '', stderr: refusal(option, fix, file) });
  });

  it('is not meant by a path of that name', async () => {
    const env = { XSENDFILE_SECRET: SECRET };
    const { exitCode, stdout } = await runCli(['sign', '--', '--secret'], { env });
    expect([exitCode, stdout]).toEqual([
      0,
      `${createUrlSigner(SECRET, { now }).sign('--secret')}\n`,
    ]);
  });
});

describe('what is printed', () => {
  it.each<readonly string[]>([
    ['sign', 'a.txt', '--json'],
    ['verify', '/forged/a.txt'],
    ['verify', '/forged/a.txt', '--json'],
    ['sign', '../a.txt'],
    ['sign', 'a.txt', '--scheme', 'secure-link', '--limit-by-ip'],
    ['serve', '/missing'],
    ['serve', '/missing', '--sender', 'nginx', '--handshake-file', path('short')],
    ['serve', directory, '--handshake-file', path('short'), '--sender', 'nginx'],
  ])('never holds a secret: %j', async (...argv) => {
    const { stdout, stderr } = await runCli([...argv, '--secret-file', path('plain')], {
      env: { XSENDFILE_SECRET: OLD_SECRET },
    });
    expect(stdout + stderr).not.toBe('');
    for (const secret of [SECRET, OLD_SECRET, 'hunter2']) {
      expect(stdout + stderr).not.toContain(secret);
    }
  });
});
