import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import {
  type FrontEndName,
  type RunningFrontEnd,
  startFrontEnd,
} from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection, parseResponse, rawRequest } from '../helpers/raw-request.js';
import { generated } from './generated.js';

const HANDSHAKE = 'handshake-of-the-tuning-tests';
const SIZE = 5 * 1024 * 1024;
/** Far less than what arrives in the time of a download without a limit. */
const BYTES_PER_SECOND = 1000;

/** By these an application of any kind says what to send, or how. */
const CONTROLS: Readonly<Record<string, string>> = {
  'X-Sendfile2': '/etc/hostname 0-9',
  'X-Sendfile-Temporary': '/tmp/no-such-file',
  'X-LIGHTTPD-send-tempfile': '/tmp/no-such-file',
  'X-LiteSpeed-Location': '/no-such-file',
};
/** nginx keeps these to itself; other servers may stand behind one, and pass them on. */
const TUNING: Readonly<Record<string, string>> = {
  'X-Accel-Buffering': 'no',
  'X-Accel-Charset': 'off',
  'X-Accel-Expires': '0',
};

interface Running {
  readonly frontEnd: RunningFrontEnd;
  readonly application: Server;
}

const root = mkdtempSync(join(tmpdir(), 'xsendfile-tuning-'));
writeFileSync(join(root, 'large.bin'), Buffer.alloc(SIZE, 'x'));
const running: Running[] = [];

/** An application without this package. */
async function start(
  name: FrontEndName,
  edit = (config: string) => config,
): Promise<RunningFrontEnd> {
  const application = createServer((req, res) => {
    const headers = { ...CONTROLS, ...(name === 'nginx' ? TUNING : {}) };
    for (const [header, value] of Object.entries(headers)) res.setHeader(header, value);
    if (req.method === 'POST') return void req.resume().on('end', () => res.end('received'));
    if (req.url !== '/page') res.setHeader('X-Accel-Redirect', '/-internal-/large.bin');
    if (req.url === '/slow') res.setHeader('X-Accel-Limit-Rate', BYTES_PER_SECOND);
    res.end(req.url === '/page' ? 'page' : '');
  }).listen(0, '127.0.0.1');
  await once(application, 'listening');
  const { port: backendPort } = application.address() as AddressInfo;
  const site = { root, backendPort, handshake: HANDSHAKE };
  const right = generated(name);
  const frontEnd = await startFrontEnd(
    { ...right, configure: (place) => edit(right.configure(place)) },
    site,
  );
  running.push({ frontEnd, application });
  return frontEnd;
}

beforeAll(() => chmod(root, 0o755));

afterAll(async () => {
  for (const { frontEnd, application } of running) {
    await frontEnd.stop();
    application.closeAllConnections();
    application.close();
  }
  rmSync(root, { recursive: true, force: true });
});

describeWithPrograms('control headers of any application', FRONT_END_SERVERS, () => {
  it.each(FRONT_END_SERVERS)(
    'do not pass %s',
    async (name) => {
      const { port } = await start(name);
      const { status, body, headers } = await rawRequest(port, { target: '/page' });
      expect([status, String(body)]).toEqual([200, 'page']);
      expect(Object.keys(headers).filter((header) => /^x-/.test(header))).toEqual([]);
    },
    180_000,
  );
});

describeWithPrograms('control headers for nginx', ['nginx'], () => {
  it('limit the rate of a file, and are not shown with it', async () => {
    const { port } = await start('nginx');
    const connection = await Connection.open(port);
    connection.send({ target: '/slow' });
    await connection.receive(500);
    const fast = await rawRequest(port, { target: '/fast' });
    expect(fast.body.length).toBe(SIZE);
    connection.destroy();
    const slow = parseResponse(await connection.readAll());
    // What began before is far from its end.
    expect(slow.headers['content-length']).toBe(String(SIZE));
    expect(slow.body.length).toBeGreaterThan(0);
    expect(slow.body.length).toBeLessThan(SIZE / 2);
    for (const { headers } of [slow, fast]) {
      expect(Object.keys(headers).filter((header) => /^x-/.test(header))).toEqual([]);
    }
  }, 180_000);
});

describeWithPrograms('uploads through nginx', ['nginx'], () => {
  const upload = { method: 'POST', target: '/upload', body: 'x'.repeat(2 * 1024 * 1024) };

  it('get 413 above 1 MB, unless the line in the comment is made effective', async () => {
    const { port } = await start('nginx');
    expect((await rawRequest(port, upload)).status).toBe(413);
    const { port: edited } = await start('nginx', (config) =>
      config.replace('# client_max_body_size 100m;', 'client_max_body_size 100m;'),
    );
    const { status, body } = await rawRequest(edited, upload);
    expect([status, String(body)]).toEqual([200, 'received']);
  }, 180_000);
});
