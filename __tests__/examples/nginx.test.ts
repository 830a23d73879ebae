import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExampleServer } from './example-server.js';

const SCRIPT = 'examples/nginx/run.js';
const SBIN = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];
const hasNginx =
  spawnSync('nginx', ['-v']).error === undefined ||
  SBIN.some((each) => existsSync(`${each}/nginx`));

(hasNginx ? describe : describe.skip)('examples/nginx', () => {
  let scratch: string;
  let server: ExampleServer;
  let alice: { Cookie: string };

  beforeAll(async () => {
    // Below /tmp whatever TMPDIR is: the workers of nginx have to get there.
    scratch = mkdtempSync(join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), 'xsendfile-example-'));
    if (process.getuid?.() === 0) spawnSync('chmod', ['711', scratch]);
    const env = { NGINX_PORT: String(await freePort()), PORTAL_BIG_MB: '3', TMPDIR: scratch };
    server = await ExampleServer.start(SCRIPT, env);
    alice = await server.logIn('alice', 'wonderland');
  }, 30_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('lets nginx send what the portal allows', async () => {
    const { status, headers, body } = await server.request('/files/alice/Backup.bin?as=%C3%BC', {
      headers: alice,
    });
    expect(status).toBe(200);
    expect(headers.server).toMatch(/^nginx/);
    expect(headers['x-accel-redirect']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="?"; filename*=UTF-8''%C3%BC`,
    );
    expect(body).toHaveLength(3 * 1024 * 1024);
    await server.waitFor(
      /^portal {2}alice: GET "alice\/Backup\.bin", 200 offloaded, 3145728 bytes left to nginx/m,
    );
    await server.waitFor(
      /^nginx {3}GET \/files\/alice\/Backup\.bin\?as=%C3%BC, 200, 3145728 bytes$/m,
    );
  });

  it('answers ranges', async () => {
    const { status, body } = await server.request(
      '/files/alice/Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt',
      {
        headers: { ...alice, Range: 'bytes=0-11' },
      },
    );
    expect([status, String(body)]).toEqual([206, 'Liebe Alice,']);
  });

  it.each([
    ['/files/bob/Contract.pdf', 404],
    ['/files/alice/../bob/Contract.pdf', 403],
    ['/-internal-/alice/Hills.png', 404],
    ['/-internal-../nginx.conf', 404],
  ])('answers %s with %i', async (path, status) => {
    expect(await server.request(path, { headers: alice })).toMatchObject({ status });
  });

  it('sends files without nginx to those who come past it', async () => {
    const [, port] = await server.waitFor(/portal, port (\d+)/);
    const direct = await fetch(`http://127.0.0.1:${port}/files/alice/Hills.png`, {
      headers: { ...alice, 'X-Sendfile-Handshake': 'guessed-guessed-guessed' },
    });
    expect(direct.status).toBe(200);
    expect(direct.headers.get('x-accel-redirect')).toBeNull();
    expect((await direct.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  });

  it('says so when the port is in use', async () => {
    const second = await ExampleServer.run(SCRIPT, {
      NGINX_PORT: String(server.port),
      TMPDIR: scratch,
    });
    expect(second.exitCode).toBe(1);
    expect(second.output).toContain(`Cannot use port ${server.port} `);
  });

  it('ends both on SIGTERM and leaves nothing behind', async () => {
    expect(readdirSync(scratch)).toHaveLength(1);
    expect(await server.stop()).toBe(0);
    expect(readdirSync(scratch)).toEqual([]);
    await expect(server.request('/login')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
