import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findVersion } from '../../lib/cli/version.js';
import { builtPackage } from '../helpers/built-package.js';
import { itOnPosix } from '../helpers/needs.js';
import { createTree } from '../helpers/tree.js';
import { SECRET } from './run-cli.js';

/** The program as a process, as the build made it; or another build of it. */
const bin = process.env.XSENDFILE_CLI_BIN ?? join(builtPackage(), 'dist/esm/cli/bin.js');
const manifest = join(__dirname, '..', '..', 'package.json');
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
const root = createTree({ 'ten.txt': '0123456789' });
const env = { ...process.env, XSENDFILE_SECRET: SECRET };

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

function xsendfile(...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...argv], {
    env,
    encoding: 'utf8',
  });
  return { exitCode: status, stdout, stderr };
}

async function serve(...argv: readonly string[]) {
  const args = [bin, 'serve', root, '--port', '0', ...argv];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await once(child.stdout, 'data');
  const port = Number(/:(\d+)\//.exec(output)?.[1]);
  return { child, port, output: () => output };
}

describe('the program', () => {
  it('begins with the line that makes it one', () => {
    expect(readFileSync(bin, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
  });

  it('prints the version of the package', () => {
    expect(xsendfile('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('knows it through a symbolic link, too', () => {
    const link = join(createTree(), 'xsendfile');
    symlinkSync(bin, link);
    expect(execFileSync(process.execPath, [link, '-V'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });

  it('signs and verifies', () => {
    const { stdout: link } = xsendfile('sign', 'ten.txt');
    expect(xsendfile('verify', link.trim())).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^valid\n {2}path {9}"ten\.txt"\n/),
    });
    const fromInput = spawnSync(process.execPath, [bin, 'verify', '-'], { env, input: link });
    expect([fromInput.status, String(fromInput.stdout)]).toEqual([
      0,
      expect.stringMatching(/^line 1: valid\n/),
    ]);
    expect(xsendfile('verify', '/ten.txt')).toEqual({
      exitCode: 1,
      stdout: 'refused: malformed: it is not a link of scheme hmac\n',
      stderr: '',
    });
  });

  it('ends with 2 for wrong usage, without a stack trace', () => {
    expect(xsendfile('serve', '/missing')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'xsendfile: root must be an existing directory, but "/missing" cannot be found (ENOENT). Create it first.\n' +
        'See https://github.com/xsendfile/xsendfile/blob/main/docs/errors.md#err_xsendfile_bad_root\n',
    });
  });

  it('ends when its output is not read', async () => {
    const { child, port } = await serve('--no-tokens');
    child.stdout.destroy();
    const ended = once(child, 'exit');
    while (child.exitCode === null) {
      await fetch(`http://127.0.0.1:${port}/ten.txt`).catch(() => {});
    }
    expect(await ended).toEqual([3, null]);
  });

  // Windows ends processes without a signal that they could see.
  itOnPosix.each(['SIGTERM', 'SIGINT'] as const)('serves until %s', async (signal) => {
    const { child, port, output } = await serve('--mount', '/d');
    const base = `http://127.0.0.1:${port}`;
    const { stdout: url } = xsendfile('sign', 'ten.txt', '--base', base, '--mount', '/d');
    const response = await fetch(url.trim());
    expect([response.status, await response.text()]).toEqual([200, '0123456789']);
    const ended = once(child, 'close');
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    // The URL to try is for people, and goes to stderr.
    expect(
      output()
        .replace(/^Try: .*\n/m, '')
        .split('\n'),
    ).toEqual([
      `Listening on ${base}/d/: files of ${JSON.stringify(root)}, for links of scheme hmac, sender serve`,
      expect.stringContaining(' 200 sent GET "ten.txt" 10/10 bytes '),
      '',
    ]);
  });
});

describe('findVersion', () => {
  const tree = createTree({
    'package.json': '{ "name": "xsendfile", "version": "1.2.3" }',
    'dist/cjs/package.json': '{ "type": "commonjs" }',
    'dist/cjs/cli/bin.js': '',
    'other/package.json': '{ "name": "other", "version": "9.9.9" }',
    'broken/package.json': '{',
    'null/package.json': 'null',
  });

  it.each(['dist/cjs/cli/bin.js', 'other/bin.js', 'broken/bin.js', 'null/bin.js', 'bin.js'])(
    'looks above %s',
    (path) => expect(findVersion(join(tree, path))).toBe('1.2.3'),
  );

  it('does not know it elsewhere', () => {
    expect(findVersion(join(createTree(), 'bin.js'))).toBe('unknown');
  });
});
