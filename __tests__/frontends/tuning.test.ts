import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import { type Outcome, xsendfile } from '../../lib/index.js';
import { eventually } from '../helpers/eventually.js';
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
writeFileSync(join(root, 'rated.bin'), Buffer.alloc(3_000_000, 'x'));
const running: Running[] = [];

/** Starts an application, and a front end before it. */
async function startInFrontOf(
  name: FrontEndName,
  listener: RequestListener,
  edit = (config: string) => config,
): Promise<RunningFrontEnd> {
  const application = createServer(listener).listen(0, '127.0.0.1');
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

/** An application without this package. */
function start(name: FrontEndName, edit?: (config: string) => string): Promise<RunningFrontEnd> {
  return startInFrontOf(
    name,
    (req, res) => {
      const headers = { ...CONTROLS, ...(name === 'nginx' ? TUNING : {}) };
      for (const [header, value] of Object.entries(headers)) res.setHeader(header, value);
      if (req.method === 'POST') return void req.resume().on('end', () => res.end('received'));
      if (req.url !== '/page') res.setHeader('X-Accel-Redirect', '/-internal-/large.bin');
      if (req.url === '/slow') res.setHeader('X-Accel-Limit-Rate', BYTES_PER_SECOND);
      res.end(req.url === '/page' ? 'page' : '');
    },
    edit,
  );
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
    'do not pass through %s',
    async (name) => {
      const { port } = await start(name);
      const { status, body, headers } = await rawRequest(port, { target: '/page' });
      expect([status, String(body)]).toEqual([200, 'page']);
      expect(Object.keys(headers).filter((header) => /^x-/.test(header))).toEqual([]);
    },
    180_000,
  );
});

/** Bytes per second of the files that have a rate. */
const RATE = 1_000_000;
const RATED_BYTES = 3_000_000;

describeWithPrograms('rate', FRONT_END_SERVERS, () => {
  it.each(FRONT_END_SERVERS)(
    'is kept in front of %s, by it or by this process',
    async (name) => {
      const outcomes: Outcome[] = [];
      const handler = xsendfile(root, {
        sender: name,
        handshake: HANDSHAKE,
        rate: RATE,
        // Servers that are being started are asked with OPTIONS whether they are up.
        onFinish: (outcome) => void (outcome.method === 'GET' && outcomes.push(outcome)),
      });
      const frontEnd = await startInFrontOf(name, (req, res) => handler(req, res));
      const began = performance.now();
      const { status, headers, body } = await rawRequest(frontEnd.port, { target: '/rated.bin' });
      const seconds = (performance.now() - began) / 1000;
      expect([status, body.length]).toEqual([200, RATED_BYTES]);
      // nginx sends what is due within a second at once, so that three seconds may be two.
      expect(seconds).toBeGreaterThan(RATED_BYTES / RATE - 1.1);
      const isOffloaded = name === 'nginx' || name === 'lighttpd';
      await eventually(() => outcomes.length === 1);
      expect(outcomes).toMatchObject([{ kind: isOffloaded ? 'offloaded' : 'sent' }]);
      expect(Object.keys(headers).filter((header) => /^x-(?:accel|lighttpd)/.test(header))).toEqual(
        [],
      );
      if (process.env.XSENDFILE_SHOW_RATES === '1') console.log(`${name}: ${seconds.toFixed(2)} s`);
    },
    180_000,
  );
});

describeWithPrograms('control headers for nginx', ['nginx'], () => {
  it('limit the rate of a file, and do not reach the client', async () => {
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
