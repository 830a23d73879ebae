import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithServer } from '../frontends/tokens-server.js';
import { ExampleServer } from './example-server.js';

// Not through describeBehind(): Caddy's log is JSON.
const SCRIPT = 'examples/caddy/run.js';
const BACKUP = '/files/alice/Backup.bin';
const GREETINGS = '/files/alice/Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt';
const REFUSED = [
  ['/files/bob/Contract.pdf', 404],
  ['/files/alice/../bob/Contract.pdf', 403],
  ['/files/alice/..%2Fbob/Contract.pdf', 403],
  ['/caddy.conf', 404],
] as const;

describeWithServer('caddy', 'examples/caddy', () => {
  let scratch: string;
  let server: ExampleServer;
  let alice: { Cookie: string };

  beforeAll(async () => {
    // Below /tmp whatever TMPDIR is: the server's workers have to get there.
    scratch = mkdtempSync(join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), 'xsendfile-example-'));
    if (process.getuid?.() === 0) chmodSync(scratch, 0o711);
    server = await ExampleServer.start(SCRIPT, {
      CADDY_PORT: String(await findFreePort()),
      PORTAL_BIG_MB: '3',
      TMPDIR: scratch,
    });
    alice = await server.logIn('alice', 'wonderland');
  }, 180_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('lets the server send what the portal allows', async () => {
    const target = `${BACKUP}?as=%C3%BC`;
    const { status, headers, body } = await server.request(target, { headers: alice });
    expect(status).toBe(200);
    expect(headers.server).toBe('Caddy');
    expect(headers).not.toHaveProperty('x-accel-redirect');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('private, no-cache');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="?"; filename*=UTF-8''%C3%BC`,
    );
    expect(body).toHaveLength(3 * 1024 * 1024);
    await server.waitFor(
      /^portal +alice: GET "alice\/Backup\.bin", 200 offloaded, 3145728 bytes left to caddy, /m,
    );
    const [, line = ''] = await server.waitFor(/^caddy +(.*Backup\.bin\?as.*)$/m);
    expect(JSON.parse(line)).toMatchObject({
      request: { method: 'GET', uri: target },
      status: 200,
      size: 3_145_728,
    });
  });

  it('answers ranges', async () => {
    const headers = { ...alice, Range: 'bytes=0-11' };
    const { status, body } = await server.request(GREETINGS, { headers });
    expect([status, String(body)]).toEqual([206, 'Liebe Alice,']);
  });

  it('answers 304 to those who have the file', async () => {
    const { headers } = await server.request(GREETINGS, { headers: alice });
    const again = await server.request(GREETINGS, {
      headers: { ...alice, 'If-None-Match': String(headers.etag) },
    });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it('answers HEAD with the length', async () => {
    const options = { method: 'HEAD', headers: alice };
    const { status, headers, body } = await server.request(BACKUP, options);
    expect([status, headers['content-length'], body.length]).toEqual([200, '3145728', 0]);
  });

  it('sends visitors without a session to the login page', async () => {
    const { status, headers, body } = await server.request(BACKUP);
    expect([status, headers.location]).toEqual([303, '/login']);
    expect(body.length).toBeLessThan(100);
  });

  it.each(REFUSED)('answers %s with %i', async (path, status) => {
    expect(await server.request(path, { headers: alice })).toMatchObject({ status });
  });

  it('sends files without the server to those who come past it', async () => {
    const [, port] = await server.waitFor(/portal, port (\d+)/);
    const direct = await fetch(`http://127.0.0.1:${port}/files/alice/Hills.png`, {
      headers: { ...alice, 'X-Sendfile-Handshake': 'guessed-guessed-guessed' },
    });
    expect(direct.status).toBe(200);
    expect(direct.headers.get('x-accel-redirect')).toBeNull();
    expect((await direct.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  });

  it('says so when the port is in use', async () => {
    const env = { CADDY_PORT: String(server.port), TMPDIR: scratch };
    const second = await ExampleServer.run(SCRIPT, env);
    expect(second.exitCode).toBe(1);
    expect(second.output).toContain(`Cannot use port ${server.port} `);
    expect(second.output).toContain('CADDY_PORT=8081 npm run example:caddy');
  });

  it('says how to install the server where it is missing', async () => {
    // Node is given by its path; nothing else is found.
    const missing = await ExampleServer.run(SCRIPT, { PATH: scratch });
    expect(missing.exitCode).toBe(1);
    expect(missing.output).toContain('sudo apt-get install caddy');
  });

  it('ends both on SIGTERM and leaves nothing behind', async () => {
    expect(readdirSync(scratch)).toHaveLength(1);
    expect(await server.stop()).toBe(0);
    expect(readdirSync(scratch)).toEqual([]);
    await expect(server.request('/login')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
