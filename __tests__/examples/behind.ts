import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { ExampleServer } from './example-server.js';

const BACKUP = '/files/alice/Backup.bin';
const AS_BACKUP = `${BACKUP}?as=%C3%BC`;
const DISPOSITION = `attachment; filename=_; filename*=UTF-8''%C3%BC`;
const BIG_BYTES = 3 * 1024 * 1024;
const GREETINGS = '/files/alice/Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt';

/** Headers that tell a front end what to send; none may come through. */
const CONTROL_HEADERS = ['x-accel-redirect', 'x-sendfile', 'x-reproxy-url'];

/** An example that runs the portal behind a server. */
export interface BehindExample {
  readonly name: FrontEndName;
  /** How its answers are signed. */
  readonly server: RegExp;
  /** Waits until it has logged that all of the backup was sent with 200 to a GET of that target. */
  readonly waitForLog: (server: ExampleServer, target: string) => Promise<unknown>;
  /** What must not be had, and the answer. */
  readonly refused: readonly (readonly [path: string, status: number])[];
  /** Whether the portal has to send by itself what needs a Content-Disposition. */
  readonly dropsDisposition?: boolean;
  /** What to install where it is missing, if that can be tried: the server is not in an sbin. */
  readonly install?: string;
}

/** A log in words: method, path and query, status, bytes. */
export function waitForLine(
  name: string,
  format: (request: string) => string,
): BehindExample['waitForLog'] {
  return (server, target) =>
    server.waitFor(linePattern(name, `${format(`GET ${target}`)}, 200, ${BIG_BYTES} bytes\n`));
}

export function describeBehind(example: BehindExample): void {
  describeWithPrograms(`examples/${example.name}`, [example.name], () => describeExample(example));
}

function describeExample(example: BehindExample): void {
  const { name, server: signature, waitForLog, refused, dropsDisposition, install } = example;
  const script = `examples/${name}/run.js`;
  const portVariable = `${name.toUpperCase()}_PORT`;
  let scratch: string;
  let server: ExampleServer;
  let alice: { Cookie: string };

  beforeAll(async () => {
    // Below /tmp whatever TMPDIR is: the server's workers have to get there.
    scratch = mkdtempSync(join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), 'xsendfile-example-'));
    if (process.getuid?.() === 0) chmodSync(scratch, 0o711);
    const env = {
      PORT: '0',
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
    const target = dropsDisposition ? BACKUP : AS_BACKUP;
    const { status, headers, body } = await server.request(target, { headers: alice });
    expect(status).toBe(200);
    expect(headers.server).toMatch(signature);
    for (const header of CONTROL_HEADERS) expect(headers).not.toHaveProperty(header);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('private, no-cache');
    if (!dropsDisposition) expect(headers['content-disposition']).toBe(DISPOSITION);
    expect(body).toHaveLength(BIG_BYTES);
    const line = `GET "alice/Backup.bin", 200 offloaded, ${BIG_BYTES} bytes left to ${name}, `;
    await server.waitFor(linePattern('portal', `alice: ${line}`));
    await waitForLog(server, target);
  });

  if (dropsDisposition) {
    it('leaves files that need a dropped header to the portal', async () => {
      const { headers, body } = await server.request(AS_BACKUP, { headers: alice });
      expect(headers['content-disposition']).toBe(DISPOSITION);
      expect(body).toHaveLength(BIG_BYTES);
      const line = `GET "alice/Backup.bin", 200 sent, ${BIG_BYTES} of ${BIG_BYTES} `;
      await server.waitFor(linePattern('portal', `alice: ${line}`));
    });
  }

  it('answers a range', async () => {
    const headers = { ...alice, Range: 'bytes=0-11' };
    const { status, body } = await server.request(GREETINGS, { headers });
    expect([status, String(body)]).toEqual([206, 'Liebe Alice,']);
  });

  it('answers 304 when the client has the file', async () => {
    const { status, body } = await server.revalidate(GREETINGS, alice);
    expect([status, body.length]).toEqual([304, 0]);
  });

  it('answers HEAD with the length of the file', async () => {
    const options = { method: 'HEAD', headers: alice };
    const { status, headers, body } = await server.request(BACKUP, options);
    expect([status, headers['content-length'], body.length]).toEqual([200, String(BIG_BYTES), 0]);
  });

  it('sends visitors without a session to the login page', async () => {
    const { status, headers, body } = await server.request(BACKUP);
    expect([status, headers.location]).toEqual([303, '/login']);
    expect(body.length).toBeLessThan(100);
  });

  it.each(refused)('answers %s with %i', async (path, status) => {
    expect(await server.request(path, { headers: alice })).toMatchObject({ status });
  });

  it('has the portal send files when a request bypasses the server', async () => {
    const [, port] = await server.waitFor(/portal, port (\d+)/);
    const direct = await fetch(`http://127.0.0.1:${port}/files/alice/Hills.png`, {
      headers: { ...alice, 'X-Sendfile-Handshake': 'guessed-guessed-guessed' },
    });
    expect(direct.status).toBe(200);
    expect(direct.headers.get('keep-alive')).toBe('timeout=5, max=1000');
    for (const header of CONTROL_HEADERS) expect(direct.headers.get(header)).toBeNull();
    expect((await direct.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  });

  it('reports that the port is in use', async () => {
    const second = await ExampleServer.run(script, {
      [portVariable]: String(server.port),
      PORT: '0',
      TMPDIR: scratch,
    });
    expect(second.exitCode).toBe(1);
    expect(second.output).toContain(`Cannot use port ${server.port} `);
    expect(second.output).toContain(`${portVariable}=8081 npm run example:${name}`);
  });

  if (install !== undefined) {
    it('explains how to install the server when it is missing', async () => {
      // Node is given by its path; nothing else is found.
      const missing = await ExampleServer.run(script, { PATH: scratch });
      expect(missing.exitCode).toBe(1);
      expect(missing.output).toContain(`sudo apt-get install ${install}`);
    });
  }

  it('stops the server and the portal on SIGTERM and removes their files', async () => {
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
