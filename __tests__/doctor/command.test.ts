import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliResult, runCli } from '../cli/run-cli.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { DOCTOR_SECRET, type Fault, HANDSHAKE, startSystem } from './system.js';

const scratch = mkdtempSync(join(tmpdir(), 'xsendfile-doctor-command-'));
const secretFile = join(scratch, 'secret');
writeFileSync(secretFile, DOCTOR_SECRET, { mode: 0o600 });
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function doctor(...argv: string[]): Promise<CliResult> {
  return runCli(['doctor', ...argv, '--secret-file', secretFile], { now: Date.now });
}

async function examine(fault: Fault, ...argv: string[]): Promise<CliResult> {
  const { url, close } = await startSystem('nginx', fault);
  try {
    return await doctor(url, ...argv);
  } finally {
    await close();
  }
}

describe('xsendfile doctor, where there is nothing to examine', () => {
  it.each<[string, string]>([
    ['ftp://localhost/-doctor', 'Give a URL with http: or https:'],
    ['/-doctor', 'Give a URL with http: or https:'],
    ['http://127.0.0.1:1/-doctor', 'http://127.0.0.1:1 cannot be reached: '],
  ])('refuses %s', async (url, message) => {
    const { exitCode, stdout, stderr } = await doctor(url);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it.each<[number, string]>([
    [200, 'no probe responds at'],
    [502, 'it does not reach the application'],
  ])('says so when there is somebody else who answers %i', async (status, message) => {
    const server = createServer((_req, res) => void res.writeHead(status).end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { exitCode, stderr } = await doctor(`http://127.0.0.1:${port}/-doctor`);
    server.close();
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('needs a secret', async () => {
    const { exitCode, stderr } = await runCli(['doctor', 'http://127.0.0.1:1/']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no secret. Give --secret-file <file>');
  });
});

describeWithPrograms('xsendfile doctor', ['nginx'], () => {
  it('ends with 0 when all is well, with a line for each check', async () => {
    const { exitCode, stdout, stderr } = await examine({});
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^http:\S+: front end nginx, sender nginx\n/);
    expect(stdout).toMatch(/\nok {7}download +nginx honours x-accel-redirect and sends the file\n/);
    expect(stdout).toMatch(/\nAll is well\.\n$/);
    expect(stdout).not.toContain('\u001b');
  }, 120_000);

  it('ends with 1 and fixes when something is wrong', async () => {
    const edit = (config: string) => config.replaceAll('internal;', '');
    const { exitCode, stdout } = await examine({ edit });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /\nfailed +internal location +\[internal-missing\] .*\n +Fix: Put "internal;"/,
    );
    expect(stdout).toMatch(/\n1 check has failed\.\n\nWhat to do:\n1\. Put "internal;".*\n$/);
  }, 120_000);

  it('does not say that files are sent while the handshake is wrong', async () => {
    const edit = (config: string) => config.replace(HANDSHAKE, 'not-the-secret-of-the-application');
    const { exitCode, stdout } = await examine({ edit });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/\nfailed +handshake +\[handshake-wrong\] /);
    expect(stdout).toMatch(/\nok {7}download +once the handshake is right: nginx honours /);
    expect(stdout).toMatch(/\nok {7}internal location +is closed to clients\n/);
  }, 120_000);

  it('prints JSON', async () => {
    const { exitCode, stdout } = await examine({ options: { sender: 'apache' } }, '--json');
    expect(exitCode).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ healthy: false, server: 'nginx', sender: 'apache' });
    expect(report.checks[1]).toEqual({
      check: 'download',
      title: 'download',
      status: 'failed',
      diagnosis: 'wrong-sender',
      message: expect.stringContaining("sender 'apache'"),
      fix: expect.stringContaining("Use sender: 'nginx'."),
    });
    expect(stdout).not.toContain(DOCTOR_SECRET);
  }, 120_000);

  it('ends with 2 for another secret', async () => {
    const { url, close } = await startSystem('nginx');
    const env = { XSENDFILE_SECRET: 'not the secret of this probe' };
    const { exitCode, stderr } = await runCli(['doctor', url], { now: Date.now, env });
    await close();
    expect(exitCode).toBe(2);
    expect(stderr).toContain('the same secret on both sides');
  });

  it('looks at the application itself with --direct', async () => {
    const { url, direct, close } = await startSystem('nginx', { options: { handshake: false } });
    const { exitCode, stdout } = await doctor(url, '--direct', direct);
    await close();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/failed +the application itself +\[no-handshake\]/);
  }, 120_000);

  it('has nothing against an application that sends files on its own', async () => {
    const { exitCode, stdout } = await examine({ options: { sender: 'serve', handshake: false } });
    expect(stdout).toContain('the application sends the file on its own');
    expect(exitCode).toBe(0);
  }, 120_000);

  it('finds files that the application writes for itself alone', async () => {
    const before = process.umask(0o077);
    const { exitCode, stdout } = await examine({ mode: 0o755 }).finally(() =>
      process.umask(before),
    );
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/failed +permissions of new files +\[unreadable-new-files\]/);
  }, 120_000);
});
