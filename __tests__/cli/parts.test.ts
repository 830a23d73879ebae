import { join } from 'node:path';
import { findFirstFile } from '../../lib/cli/first-file.js';
import { startServer } from '../../lib/cli/graceful-server.js';
import { findAlike } from '../../lib/shared/suggestion.js';
import { createTree } from '../helpers/tree.js';
import { runCli, SECRET, ServeRun } from './run-cli.js';

describe('findFirstFile(root, dotfiles)', () => {
  const root = createTree({ '.a': 'a', 'control\u0007.txt': 'a', 'dir/deeper/b.txt': 'b' });

  it('looks below directories, and passes over names that cannot be copied', async () => {
    expect(await findFirstFile(root, undefined)).toEqual(['dir', 'deeper', 'b.txt']);
    expect(await findFirstFile(root, 'allow')).toEqual(['.a']);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await findFirstFile(createTree({ 'a/b/.c': 'c' }), undefined)).toBeUndefined();
    expect(await findFirstFile(join(root, 'missing'), undefined)).toBeUndefined();
  });
});

describe('startServer(listener, port, host)', () => {
  it('explains errors that it does not know with their own words', async () => {
    await expect(startServer(() => {}, 0, 'x'.repeat(300))).rejects.toMatchObject({
      name: 'CliError',
      exitCode: 3,
      message: expect.stringMatching(/^(?:cannot listen: .*\.|there is no host .*)$/),
    });
  });
});

describe('findAlike(text, words)', () => {
  it.each<[string, string | undefined]>([
    ['nginx', 'nginx'],
    ['ngnix', 'nginx'],
    ['NGINX', 'nginx'],
    ['h20', 'h2o'],
    ['apach', 'apache'],
    ['apacheee', 'apache'],
    ['', undefined],
    ['iis', undefined],
  ])('%j: %j', (text, expected) => {
    expect(findAlike(text, ['nginx', 'apache', 'h2o'])).toBe(expected);
  });

  it('prefers the closest', () => {
    expect(findAlike('gzi', ['zst', 'gzip'])).toBe('gzip');
  });
});

it('serve suggests a link that is bound to the address of this machine with --limit-by-ip', async () => {
  const root = createTree({ 'a.txt': 'content' });
  const env = { XSENDFILE_SECRET: SECRET };
  const options = [root, '--scheme', 'mod-auth-token', '--limit-by-ip'];
  const server = await ServeRun.start(options, { env });
  await server.until(() => server.io.hints.length > 0);
  const [, url = ''] = /^Try: (\S+)\n$/.exec(server.io.hints[0] ?? '') ?? [];
  expect(await (await fetch(url)).text()).toBe('content');
});

it('verify refuses the link of a file that ends in a slash', async () => {
  const env = { XSENDFILE_SECRET: SECRET };
  const { stdout } = await runCli(['sign', 'a/-'], { env });
  const { exitCode, stdout: verdict } = await runCli(['verify', stdout.trim().slice(0, -1)], {
    env,
  });
  expect([exitCode, verdict]).toEqual([1, 'refused: malformed: it is not a link of scheme hmac\n']);
});
