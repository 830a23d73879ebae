import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { placeOf } from '../../lib/doctor/probe/canary-directory.js';
import { doctorProbe } from '../../lib/doctor/probe/index.js';
import { PROTOCOL } from '../../lib/doctor/protocol.js';
import { authToken, createUrlSigner, nginxSender, xsendfile } from '../../lib/index.js';
import { forkProgram } from '../helpers/built-package.js';
import { rawRequest } from '../helpers/raw-request.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const RUN = 'a'.repeat(32);
const OTHER_RUN = 'b'.repeat(32);

const base = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-probe-')));
const signer = createUrlSigner(SECRET, { purpose: PROTOCOL });
const closers: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closers) await close();
  rmSync(base, { recursive: true, force: true });
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function listCanaries(): string[] {
  return readdirSync(base).filter((name) => name.startsWith('xsendfile-doctor-'));
}

describe('doctorProbe(handler, { secret })', () => {
  const files = xsendfile(base, { sender: 'serve' });
  let port: number;
  let barePort: number;

  beforeAll(async () => {
    const app = express();
    const probe = doctorProbe(files, { secret: ['another secret of the probe', SECRET] });
    app.use('/-doctor', probe, (_req, res) => void res.status(418).end());
    port = await listen(app);
    barePort = await listen((req, res) => probe(req, res));
  });

  const ask = async (path: string, method = 'GET'): Promise<[number, object | undefined]> => {
    const { status, body } = await rawRequest(port, { target: `/-doctor${path}`, method });
    return [status, body.length === 0 ? undefined : JSON.parse(body.toString())];
  };

  it.each<[string, () => string]>([
    ['nothing', () => '/'],
    ['an unsigned action', () => `/open/${RUN}`],
    [
      'a forged link',
      () => signer.sign(`open/${RUN}`, { expiresIn: 30 }).replace(/^\/.{3}/, '/xxx'),
    ],
    [
      'another secret',
      () =>
        createUrlSigner('fedcba9876543210fedcba9876543210', { purpose: PROTOCOL }).sign(
          `open/${RUN}`,
          { expiresIn: 30 },
        ),
    ],
    [
      'a link for something else',
      () => createUrlSigner(SECRET).sign(`open/${RUN}`, { expiresIn: 30 }),
    ],
    ['a link that is valid for too long', () => signer.sign(`open/${RUN}`, { expiresIn: 70 })],
    ['an expired link', () => signer.sign(`open/${RUN}`, { expires: new Date(Date.now() - 2000) })],
    ['an unknown action', () => signer.sign(`remove/${RUN}`, { expiresIn: 30 })],
    ['a run that leads elsewhere', () => signer.sign('open/..b', { expiresIn: 30 })],
    ['an unknown file', () => signer.sign(`file/${RUN}/1/plain/passwd`, { expiresIn: 30 })],
    ['an unknown mode', () => signer.sign(`file/${RUN}/1/raw/plain`, { expiresIn: 30 })],
  ])('is not there for %s', async (_what, link) => {
    expect(await ask(link())).toEqual([418, undefined]);
    const { status, body } = await rawRequest(barePort, { target: link() });
    expect([status, body.length]).toEqual([404, 0]);
    expect(listCanaries()).toEqual([]);
  });

  it('takes GET and HEAD only', async () => {
    expect(await ask(signer.sign(`open/${RUN}`, { expiresIn: 30 }), 'POST')).toEqual([
      418,
      undefined,
    ]);
  });

  it('makes files, sends them through the handler, reports and removes them', async () => {
    const link = (path: string) => signer.sign(path, { expiresIn: 30 });
    const [status, opened] = await ask(link(`open/${RUN}`));
    expect([status, opened]).toMatchObject([200, { root: base, missing: [] }]);
    expect(listCanaries()).toEqual([`xsendfile-doctor-${RUN}`]);

    const target = `/-doctor${link(`file/${RUN}/first/plain/plain`)}`;
    const headers = { 'X-Sendfile-Handshake': 'not to be shown', 'X-Accel-Mapping': '/=/' };
    const file = await rawRequest(port, { target, headers });
    expect([file.status, file.body.length]).toEqual([200, 1000]);

    const [, report] = await ask(link(`report/${RUN}`));
    expect(report).toMatchObject({
      accounts: [
        { id: 'first', handshake: true, steering: ['X-Accel-Mapping'], kind: 'sent', status: 200 },
      ],
    });
    expect(JSON.stringify(report)).not.toContain('not to be shown');

    await ask(link(`close/${RUN}`));
    expect(listCanaries()).toEqual([]);
    expect(readdirSync(placeOf(base, RUN).record)).toEqual([]);
    expect(process.listeners('SIGTERM').map(({ name }) => name)).not.toContain('endBySignal');
  });

  it('leaves files that it has not made', async () => {
    writeFileSync(join(base, 'own.txt'), 'own');
    await ask(signer.sign(`open/${OTHER_RUN}`, { expiresIn: 30 }));
    await ask(signer.sign(`close/${OTHER_RUN}`, { expiresIn: 30 }));
    expect(readdirSync(base)).toEqual(['own.txt']);
  });

  it('says so when it cannot make files', async () => {
    const probe = doctorProbe(xsendfile('/proc', { sender: 'serve' }), { secret: SECRET });
    const other = await listen((req, res) => probe(req, res));
    const target = signer.sign(`open/${RUN}`, { expiresIn: 30 });
    const { body } = await rawRequest(other, { target });
    expect(JSON.parse(body.toString()).error).toMatch(
      /^the application cannot make its test files in "\/proc" \(E\w+\)\. Let it write there/,
    );
  });

  it.each<[string, () => unknown, string]>([
    [
      'no handler',
      () => doctorProbe((() => {}) as never, { secret: SECRET }),
      'doctorProbe: handler must be made by xsendfile(). Pass the handler that your routes use.',
    ],
    [
      'a handler with links',
      () => doctorProbe(authToken(SECRET, base, { sender: 'serve' }) as never, { secret: SECRET }),
      'doctorProbe: handler must be made by xsendfile(). Pass the "files" of the handler of authToken().',
    ],
    [
      'a short secret',
      () => doctorProbe(files, { secret: 'short' }),
      'doctorProbe: secret must have at least 16 bytes, got 5. Make one with: openssl rand -hex 32',
    ],
    [
      'an unknown option',
      () => doctorProbe(files, { secret: SECRET, root: '/' } as never),
      'doctorProbe: unknown option "root". The root is not an option, but the argument before the options.',
    ],
    [
      'a sender that needs to know the mount path',
      () => {
        const sender = nginxSender({ prependMount: true });
        return doctorProbe(xsendfile(base, { sender, handshake: false }), { secret: SECRET });
      },
      "doctorProbe: mount is missing, but the sender puts the mount path of the handler before its location. Give that path, as in { secret, mount: '/files' }.",
    ],
    [
      'a mount that is none',
      () => doctorProbe(files, { secret: SECRET, mount: 'files' }),
      'doctorProbe: mount must be a percent-encoded URL path such as /downloads, got "files".',
    ],
  ])('refuses %s', (_what, create, message) => {
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_OPTION', message }));
  });
});

const PROGRAM = join(__dirname, 'child.mjs');

describe('a process with a probe that ends', () => {
  it.each<[string, string, (child: ChildProcess) => unknown, unknown[]]>([
    ['by itself', '', () => undefined, [0, null]],
    ['by a signal', '', (child) => child.kill('SIGTERM'), [null, 'SIGTERM']],
    ['by a signal that it handles', 'graceful', (child) => child.kill('SIGTERM'), [7, null]],
  ])('removes the files: %s', async (_how, mode, end, expected) => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-probe-')));
    closers.push(() => rmSync(root, { recursive: true, force: true }));
    const { child, message: port } = await forkProgram(PROGRAM, [root, SECRET, mode]);
    await rawRequest(port, { target: signer.sign(`open/${RUN}`, { expiresIn: 30 }) });
    expect(readdirSync(root)).toHaveLength(1);
    const ended = once(child, 'exit');
    if (end(child) === undefined) rawRequest(port, { target: '/end' }).catch(() => {});
    expect(await ended).toEqual(expected);
    expect(readdirSync(root)).toEqual([]);
    expect(existsSync(placeOf(root, RUN).record)).toBe(false);
  });

  it('removes what is left of a run that is over', async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-probe-')));
    closers.push(() => rmSync(root, { recursive: true, force: true }));
    const { child, message: port } = await forkProgram(PROGRAM, [root, SECRET, '']);
    for (const action of ['open', 'close']) {
      await rawRequest(port, { target: signer.sign(`${action}/${RUN}`, { expiresIn: 30 }) });
    }
    const { record } = placeOf(root, RUN);
    expect(existsSync(record)).toBe(true);
    const ended = once(child, 'exit');
    rawRequest(port, { target: '/end' }).catch(() => {});
    await ended;
    expect(existsSync(record)).toBe(false);
  });
});
