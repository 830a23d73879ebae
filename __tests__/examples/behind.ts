import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithServer } from '../frontends/tokens-server.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { ExampleServer } from './example-server.js';

const BACKUP = '/files/alice/Backup.bin';
const GREETINGS = '/files/alice/Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt';

/** An example that runs the portal behind a server. */
export interface BehindExample {
  readonly name: FrontEndName;
  /** How its answers are signed. */
  readonly server: RegExp;
  /** How it logs the method and path of a request. */
  readonly logged: (request: string) => string;
  /** What must not be had, and the answer. */
  readonly refused: readonly (readonly [path: string, status: number])[];
}

export function describeBehind(example: BehindExample): void {
  describeWithServer(example.name, `examples/${example.name}`, () => describeExample(example));
}

function describeExample({ name, server: signature, logged, refused }: BehindExample): void {
  const script = `examples/${name}/run.js`;
  const portVariable = `${name.toUpperCase()}_PORT`;
  let scratch: string;
  let server: ExampleServer;
  let alice: { Cookie: string };

  beforeAll(async () => {
    // Below /tmp whatever TMPDIR is: the server's workers have to get there.
    scratch = mkdtempSync(join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), 'xsendfile-example-'));
    if (process.getuid?.() === 0) spawnSync('chmod', ['711', scratch]);
    const env = {
      [portVariable]: String(await findFreePort()),
      PORTAL_BIG_MB: '3',
      TMPDIR: scratch,
    };
    server = await ExampleServer.start(script, env);
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
    expect(headers.server).toMatch(signature);
    expect(headers).not.toHaveProperty('x-accel-redirect');
    expect(headers).not.toHaveProperty('x-sendfile');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('private, no-cache');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="?"; filename*=UTF-8''%C3%BC`,
    );
    expect(body).toHaveLength(3 * 1024 * 1024);
    const line = `GET "alice/Backup.bin", 200 offloaded, 3145728 bytes left to ${name}, `;
    await server.waitFor(linePattern('portal', `alice: ${line}`));
    await server.waitFor(linePattern(name, `${logged(`GET ${target}`)}, 200, 3145728 bytes\n`));
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

  it.each(refused)('answers %s with %i', async (path, status) => {
    expect(await server.request(path, { headers: alice })).toMatchObject({ status });
  });

  it('sends files without the server to those who come past it', async () => {
    const [, port] = await server.waitFor(/portal, port (\d+)/);
    const direct = await fetch(`http://127.0.0.1:${port}/files/alice/Hills.png`, {
      headers: { ...alice, 'X-Sendfile-Handshake': 'guessed-guessed-guessed' },
    });
    expect(direct.status).toBe(200);
    expect(direct.headers.get('x-accel-redirect')).toBeNull();
    expect(direct.headers.get('x-sendfile')).toBeNull();
    expect((await direct.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  });

  it('says so when the port is in use', async () => {
    const second = await ExampleServer.run(script, {
      [portVariable]: String(server.port),
      TMPDIR: scratch,
    });
    expect(second.exitCode).toBe(1);
    expect(second.output).toContain(`Cannot use port ${server.port} `);
    expect(second.output).toContain(`${portVariable}=8081 npm run example:${name}`);
  });

  it('ends both on SIGTERM and leaves nothing behind', async () => {
    expect(readdirSync(scratch)).toHaveLength(1);
    expect(await server.stop()).toBe(0);
    expect(readdirSync(scratch)).toEqual([]);
    await expect(server.request('/login')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
}

/** A line of the output that begins with who says it. */
function linePattern(who: string, text: string): RegExp {
  return new RegExp(`^${who} +${text.replace(/[^\w\s]/g, '\\$&')}`, 'm');
}

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
