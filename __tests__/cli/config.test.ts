import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFrontEndConfig,
  FRONT_END_SERVERS,
  type FrontEndConfigOptions,
  type FrontEndServer,
} from '../../lib/frontends/index.js';
import { runCli, SECRET } from './run-cli.js';

const directory = mkdtempSync(join(tmpdir(), 'xsendfile-cli-'));
const secretFile = join(directory, 'handshake');
writeFileSync(secretFile, `${SECRET}\n`, { mode: 0o600 });
afterAll(() => rmSync(directory, { recursive: true }));

const WARNING =
  'xsendfile: warning: without a handshake, the application cannot tell this server from a client that bypasses it. Fix: --handshake-file <file>\n';

const config = (...argv: readonly string[]) => runCli(['config', ...argv]);

describe('xsendfile config', () => {
  it.each(FRONT_END_SERVERS)('prints what createFrontEndConfig(%j) returns', async (server) => {
    expect(await config(server, '--root', '/srv/my files')).toEqual({
      exitCode: 0,
      stdout: createFrontEndConfig(server, { root: '/srv/my files' }),
      stderr: WARNING,
    });
  });

  it.each<[FrontEndServer, readonly string[], Partial<FrontEndConfigOptions>]>([
    ['nginx', ['--location', '/a/', '--location', '/b/'], { location: ['/a/', '/b/'] }],
    ['caddy', ['--location', '/a/'], { location: '/a/' }],
    ['h2o', ['--location', 'http://a:1/'], { location: 'http://a:1/' }],
    ['nginx', ['--upstream', 'http://app:1234'], { upstream: 'http://app:1234' }],
    ['nginx', ['--listen', '[::1]:8080'], { listen: '[::1]:8080' }],
    ['nginx', ['--part'], { standalone: false }],
    ['nginx', ['--scratch', '/tmp/x'], { scratch: '/tmp/x' }],
    ['nginx', ['--user', 'nobody', '--group', 'nogroup'], { user: 'nobody', group: 'nogroup' }],
    ['apache', ['--modules', '/opt/modules'], { modules: '/opt/modules' }],
    ['nginx', ['--handshake-file', secretFile], { handshake: SECRET }],
    ['nginx', ['--pass-headers', 'A', '--pass-headers', 'B'], { passHeaders: ['A', 'B'] }],
  ])('%s: passes %j on', async (server, argv, options) => {
    const { exitCode, stdout, stderr } = await config(server, '--root', '/srv/files', ...argv);
    expect([exitCode, stderr]).toEqual([0, options.handshake === undefined ? WARNING : '']);
    expect(stdout).toBe(createFrontEndConfig(server, { root: '/srv/files', ...options }));
    expect(stdout).not.toBe(createFrontEndConfig(server, { root: '/srv/files' }));
  });

  it('takes the stores of remote objects, without a root', async () => {
    const origins = ['https://a.s3.example', 'https://b.s3.example'];
    const argv = origins.flatMap((origin) => ['--remote', origin]);
    const remotes = origins.map((origin) => ({ origin }));
    const stdout = createFrontEndConfig('nginx', { remotes });
    expect(await config('nginx', ...argv)).toEqual({ exitCode: 0, stdout, stderr: WARNING });
    const resolved = remotes.map((remote) => ({ ...remote, resolver: '127.0.0.53' }));
    expect((await config('nginx', ...argv, '--resolver', '127.0.0.53')).stdout).toBe(
      createFrontEndConfig('nginx', { remotes: resolved }),
    );
  });

  it.each<[FrontEndServer, readonly string[], FrontEndConfigOptions['files']]>([
    [
      'nginx',
      ['--files', '/srv/a=/-a-/', '--files', '/srv/b ü=1=/-b-'],
      [
        { root: '/srv/a', location: '/-a-/' },
        { root: '/srv/b ü=1', location: '/-b-/' },
      ],
    ],
    ['nginx', ['--files', '/srv/a'], [{ root: '/srv/a' }]],
    [
      'apache',
      ['--files', '/srv/a', '--files', '/srv/b=1='],
      [{ root: '/srv/a' }, { root: '/srv/b=1' }],
    ],
    ['h2o', ['--files', '/srv/a=http://a:1/'], [{ root: '/srv/a', location: 'http://a:1/' }]],
  ])('%s: takes %j', async (server, argv, files) => {
    const stdout = createFrontEndConfig(server, { files });
    expect(await config(server, ...argv)).toEqual({ exitCode: 0, stdout, stderr: WARNING });
  });

  it.each<[readonly string[], RegExp]>([
    [
      ['nginx', '--files', '/srv/a=-a-/'],
      /^xsendfile: --files\[0\]: location must be the path .*, got "-a-\/"/,
    ],
    [
      ['apache', '--files', '/srv/a=b'],
      /^xsendfile: --files\[0\]: apache has no location, got "b"/,
    ],
    [['nginx', '--files', '=/a/'], /^xsendfile: --files\[0\]: root must be .*, got ""/],
    [
      ['nginx', '--root', '/srv/a', '--files', '/srv/b=/b/'],
      /^xsendfile: option '--files <root=location>' cannot be used with option '--root <directory>'/,
    ],
    [
      ['nginx', '--location', '/a/', '--files', '/srv/b=/b/'],
      /^xsendfile: option '--files <root=location>' cannot be used with option '--location/,
    ],
    [
      ['nginx', '--root', '/srv/a', '--pass-headers', 'X-Sendfile'],
      /^xsendfile: --pass-headers must not have "X-Sendfile", a control header/,
    ],
    [['nginx'], /required option '--root <directory>' not specified/],
    [
      ['nginx', '--root', '/srv/a', '--resolver', '127.0.0.53'],
      /'--resolver <address>' needs '--remote/,
    ],
    [['caddy', '--remote', 'https://b.s3.example'], /^xsendfile: remotes are for nginx only/],
    [['nginx', '--remote', 'b.s3.example'], /^xsendfile: remotes\[0\]: origin must be/],
    [
      ['ngnix'],
      /^xsendfile: command-argument value 'ngnix' is invalid for argument 'server'\. Did you mean nginx\? Allowed choices are nginx, /,
    ],
    [['nginx', '--rot', '/srv'], /\(Did you mean --root\?\)/],
    [['Apache', '--root', '/srv'], /Did you mean apache\?/],
    [['iis', '--root', '/srv'], /Allowed choices are nginx, apache, lighttpd, caddy, h2o/],
    [['nginx', '--root', 'files'], /^xsendfile: --root must be an absolute path/],
    [['apache', '--root', '/srv/a', '--location', '/x/'], /^xsendfile: apache has no --location/],
    [['nginx', '--root', '/srv/a', '--listen', 'x'], /^xsendfile: --listen must be a port/],
    [['nginx', '--root', '/srv/a', '--handshake', 'x'], /Give --handshake-file <file>/],
    [['nginx', '--root', '/srv/a', '--handshake-file', '/no'], /cannot be read \(ENOENT\)/],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, stdout, stderr } = await config(...argv);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
