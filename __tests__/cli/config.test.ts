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

const config = (...argv: readonly string[]) => runCli(['config', ...argv]);

describe('xsendfile config', () => {
  it.each(FRONT_END_SERVERS)('prints what createFrontEndConfig(%j) returns', async (server) => {
    expect(await config(server, '--root', '/srv/my files')).toEqual({
      exitCode: 0,
      stdout: createFrontEndConfig(server, { root: '/srv/my files' }),
      stderr: '',
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
  ])('%s: passes %j on', async (server, argv, options) => {
    const { exitCode, stdout, stderr } = await config(server, '--root', '/srv/files', ...argv);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(createFrontEndConfig(server, { root: '/srv/files', ...options }));
    expect(stdout).not.toBe(createFrontEndConfig(server, { root: '/srv/files' }));
  });

  it.each<[readonly string[], RegExp]>([
    [['nginx'], /required option '--root <directory>' not specified/],
    [['ngnix'], /Did you mean nginx\? Allowed choices are nginx, /],
    [['Apache', '--root', '/srv'], /Did you mean apache\?/],
    [['iis', '--root', '/srv'], /Allowed choices are nginx, apache, lighttpd, caddy, h2o/],
    [['nginx', '--root', 'files'], /^xsendfile: root must be an absolute path/],
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
