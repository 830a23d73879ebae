import child from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { createTree } from '../helpers/tree.js';
import { runCli } from './run-cli.js';

const root = createTree({ "it's $HOME/a.txt": 'a', 'b/b.txt': 'b' });
const OPTIONS = ['--root', `${root}/it's $HOME`, '--check'];
const TIMEOUT_MS = 120_000;

const { PATH = '' } = process.env;
const config = (...argv: readonly string[]) => runCli(['config', ...argv], { env: { PATH } });

for (const server of FRONT_END_SERVERS) {
  describeWithPrograms(`xsendfile config ${server} --check`, [server], () => {
    it.each<[string, readonly string[]]>([
      ['a whole configuration', []],
      ['a part for port 80', ['--part']],
      ['a part for another address', ['--part', '--listen', '127.0.0.1:8080']],
    ])(
      'lets the server check %s, and prints it',
      async (_title, argv) => {
        const { exitCode, stdout, stderr } = await config(server, ...OPTIONS, ...argv);
        expect(stderr).toContain(`xsendfile: ${server} accepts the configuration.\n`);
        expect(exitCode).toBe(0);
        expect(stdout).toBe((await config(server, ...OPTIONS.slice(0, 2), ...argv)).stdout);
      },
      TIMEOUT_MS,
    );

    it(
      'prints why the server refuses what it cannot read, instead of the configuration',
      async () => {
        const { spawnSync } = child;
        jest.spyOn(child, 'spawnSync').mockImplementation(((program, args, options) => {
          const file = args?.find((arg) => arg.endsWith('.conf')) ?? '';
          child.execFileSync('sh', ['-c', 'echo "}{ wrong" >> "$0"', file]);
          return spawnSync(program, args ?? [], options ?? {});
        }) as typeof spawnSync);
        const { exitCode, stdout, stderr } = await config(server, ...OPTIONS, '--part');
        jest.restoreAllMocks();
        expect([exitCode, stdout]).toEqual([1, '']);
        expect(stderr).toMatch(/^xsendfile: \w+ refuses the configuration:\n[\s\S]*server\.conf/);
        expect(stderr).not.toContain('xsendfile-config-');
      },
      TIMEOUT_MS,
    );
  });
}

describe('xsendfile config --check', () => {
  afterEach(() => jest.restoreAllMocks());
  type Result = ReturnType<typeof child.spawnSync>;

  /** Runs no program. */
  function mockPrograms(run: (program: string, args: readonly string[]) => Partial<Result>) {
    return jest
      .spyOn(child, 'spawnSync')
      .mockImplementation(((program: string, args: readonly string[]) =>
        run(program, args)) as typeof child.spawnSync);
  }
  const missing = () => ({ error: Object.assign(new Error('spawn'), { code: 'ENOENT' }) });

  it('looks for all names of the program, where not every user has it, too', async () => {
    const spawn = mockPrograms(missing);
    const { exitCode, stdout, stderr } = await runCli(['config', 'apache', ...OPTIONS], {
      env: { PATH: '/opt/bin' },
    });
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('XSendFile On')]);
    expect(stderr).toMatch(
      /^xsendfile: warning: not checked: apache is not installed on this machine\.\n/,
    );
    expect(spawn.mock.calls.map(([program]) => program)).toEqual(['apache2', 'httpd']);
    expect(spawn.mock.calls[0]?.[2]?.env?.PATH).toMatch(/^\/opt\/bin[:;].*\/usr\/sbin/);
  });

  it('keeps the file private, with its secret, and removes it', async () => {
    const secrets = createTree({ handshake: 'handshake-0123456789' });
    let file = '';
    mockPrograms((_program, args) => {
      file = String(args.at(-1));
      expect(statSync(dirname(file)).mode & 0o077).toBe(0);
      expect(readFileSync(file, 'utf8')).toContain('handshake-0123456789');
      return { status: 0 };
    });
    const argv = ['--handshake-file', `${secrets}/handshake`];
    expect(await config('nginx', ...OPTIONS, ...argv)).toMatchObject({ exitCode: 0 });
    expect([file, existsSync(dirname(file))]).toEqual([expect.stringMatching(/\.conf$/), false]);
  });

  it('checks the syntax, not what this user may do', async () => {
    const stderr =
      'nginx: the configuration file /x syntax is ok\nnginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)\n';
    mockPrograms(() => ({ status: 1, stderr: stderr as never }));
    expect(await config('nginx', ...OPTIONS)).toMatchObject({ exitCode: 0 });
    expect(await config('lighttpd', ...OPTIONS)).toMatchObject({ exitCode: 1 });
  });

  it('checks that the directory for what the server writes is there', async () => {
    mockPrograms(() => ({ status: 0 }));
    for (const wrong of [`${root}/none`, `${root}/b/b.txt`]) {
      const argv = ['nginx', ...OPTIONS, '--scratch', wrong];
      const stderr = `xsendfile: --scratch must be an existing directory, got ${JSON.stringify(wrong)}.\n`;
      expect(await config(...argv)).toEqual({ exitCode: 2, stdout: '', stderr });
      expect(await config(...argv.filter((arg) => arg !== '--check'))).toMatchObject({
        exitCode: 0,
      });
    }
    expect(await config('nginx', ...OPTIONS, '--scratch', root)).toMatchObject({ exitCode: 0 });
    jest.restoreAllMocks();
    mockPrograms(missing);
    const elsewhere = ['nginx', ...OPTIONS, '--scratch', '/nonexistent'];
    expect(await config(...elsewhere)).toMatchObject({ exitCode: 0 });
  });

  it('says why a program cannot be run', async () => {
    mockPrograms(() => ({ status: null, error: new Error('spawnSync nginx EACCES') }));
    const { exitCode, stderr } = await config('nginx', ...OPTIONS);
    expect([exitCode, stderr]).toEqual([
      1,
      'xsendfile: nginx refuses the configuration:\nspawnSync nginx EACCES\n',
    ]);
  });
});
