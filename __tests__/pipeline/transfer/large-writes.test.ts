import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { type Outcome, xsendfile } from '../../../lib/index.js';
import { eventually } from '../../helpers/eventually.js';
import { itOnPosix } from '../../helpers/needs.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { createCertificate } from './certificate.js';

jest.setTimeout(60_000);

const SIZE = 1_000_000;
const IDLE_TIMEOUT = 0.6;
const TIMED_OUT = { kind: 'aborted', status: 200, code: 'ERR_XSENDFILE_IDLE_TIMEOUT' };

const root = createTree({ 'a.bin': Buffer.alloc(SIZE, 'xsendfile'), 'small.txt': 'small' });
const scratch = createTree();

const outcomes: Outcome[] = [];
const handler = xsendfile(root, {
  idleTimeout: IDLE_TIMEOUT,
  onFinish: (outcome) => outcomes.push(outcome),
});

interface Listening {
  readonly server: Server;
  /** The server's side of its connections. */
  readonly sockets: Socket[];
  open(): Promise<Connection>;
}

const servers: Server[] = [];
beforeEach(() => void outcomes.splice(0));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Over a Unix socket, because the buffers of TCP take the whole file. */
async function start(
  change: (server: Server) => void = () => {},
  before: (socket: Socket) => void = () => {},
): Promise<Listening> {
  const sockets: Socket[] = [];
  const server = createServer((req, res) => {
    before(req.socket);
    handler(req, res);
  });
  server.on('connection', (socket) => sockets.push(socket));
  change(server);
  servers.push(server);
  const path = join(scratch, `${servers.length}-${outcomes.length}-${Math.random()}.sock`);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { server, sockets, open: () => Connection.open({ path }) };
}

async function stall(connection: Connection): Promise<void> {
  connection.pause();
  connection.send({ target: '/a.bin' });
  await delay(50);
}

/** Reads so slowly that the whole takes several idle timeouts, but never pauses for one. */
async function readSteadily(connection: Connection): Promise<void> {
  for (let step = 1; step <= 20; step += 1) {
    await delay(100);
    connection.resume();
    await connection.receive((SIZE / 20) * step);
    connection.pause();
  }
  connection.resume();
  expect((await connection.read()).body.length).toBe(SIZE);
}

/** How much of a write the kernel has not taken yet is not told, so these are whole writes. */
function outstanding(sockets: readonly Socket[]): number {
  return sockets[0]?.writableLength ?? 0;
}

// Files are in the cache, and sent from memory, once they have not changed for two seconds.
beforeAll(() => delay(2100));

describe('a large file in memory', () => {
  itOnPosix('is written at once', async () => {
    const { sockets, open } = await start();
    const connection = await open();
    await stall(connection);
    expect(outstanding(sockets)).toBeGreaterThan(SIZE - 1);
    connection.resume();
    expect((await connection.read()).body.length).toBe(SIZE);
    await eventually(() => outcomes.length === 1);
  });

  itOnPosix('is sent to a client that reads slowly, but steadily', async () => {
    const { open } = await start();
    const connection = await open();
    await stall(connection);
    await readSteadily(connection);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: SIZE }]);
    expect(outcomes[0]?.durationMs).toBeGreaterThan(IDLE_TIMEOUT * 2500);
  });

  itOnPosix('is not sent to the end to a client that stops reading', async () => {
    const { open } = await start();
    const connection = await open();
    await stall(connection);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([TIMED_OUT]);
    expect(outcomes[0]?.durationMs).toBeGreaterThan(IDLE_TIMEOUT * 950);
    // Much less than all of its smaller writes would have.
    expect(outcomes[0]?.durationMs).toBeLessThan(IDLE_TIMEOUT * 3000);
    connection.resume();
    expect((await connection.readAll()).length).toBeLessThan(SIZE);
  });

  itOnPosix('is not sent to the end to a client that stops in the middle', async () => {
    const { open } = await start();
    const connection = await open();
    await stall(connection);
    await delay(IDLE_TIMEOUT * 800);
    connection.resume();
    await connection.receive(SIZE / 2);
    connection.pause();
    const stoppedAt = performance.now();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([TIMED_OUT]);
    expect(performance.now() - stoppedAt).toBeGreaterThan(IDLE_TIMEOUT * 950);
  });

  itOnPosix('is not reported as sent if its connection is destroyed', async () => {
    const { server, open } = await start();
    await stall(await open());
    server.closeAllConnections();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted', status: 200 }]);
  });

  itOnPosix.each([
    ['as it is', 5000],
    ['off', 0],
  ])('leaves the timeout of a connection that is kept alive %s', async (_what, timeoutMs) => {
    const { sockets, open } = await start((server) =>
      Object.assign(server, { keepAliveTimeout: timeoutMs }),
    );
    const connection = await open();
    await connection.request({ target: '/small.txt' });
    await eventually(() => outcomes.length === 1);
    // Newer versions of Node add a second.
    const usual = sockets[0]?.timeout ?? 0;
    expect(usual).toBeGreaterThanOrEqual(timeoutMs);
    for (let time = 0; time < 2; time += 1) {
      await stall(connection);
      expect(sockets[0]?.timeout).toBe(IDLE_TIMEOUT * 250);
      connection.resume();
      expect((await connection.read()).body.length).toBe(SIZE);
      await eventually(() => outcomes.length === time + 2);
      expect(sockets[0]?.timeout).toBe(usual);
    }
    // Longer than the idle timeout, which must not close the connection now.
    await delay(IDLE_TIMEOUT * 2000);
    expect((await connection.request({ target: '/small.txt' })).body.toString()).toBe('small');
    expect(sockets).toHaveLength(1);
  });

  itOnPosix('leaves a timeout alone that the application sets meanwhile', async () => {
    const { sockets, open } = await start();
    const connection = await open();
    await stall(connection);
    sockets[0]?.setTimeout(12_345);
    await delay(IDLE_TIMEOUT * 1500);
    expect(sockets[0]?.timeout).toBe(12_345);
    connection.resume();
    expect((await connection.read()).body.length).toBe(SIZE);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: SIZE }]);
  });
});

describe('a timeout of the application', () => {
  it.each<[string, (server: Server) => void, (socket: Socket) => void]>([
    ['server.timeout', (server) => Object.assign(server, { timeout: 30_000 }), () => {}],
    ['server.setTimeout()', (server) => void server.setTimeout(30_000), () => {}],
    ['a listener of the server', (server) => void server.on('timeout', fail), () => {}],
    ['socket.setTimeout()', () => {}, (socket) => void socket.setTimeout(30_000)],
    ['a listener of the socket', () => {}, (socket) => void socket.on('timeout', fail)],
  ])('is left alone: %s', async (_what, change, before) => {
    const { sockets, open } = await start(change, before);
    const connection = await open();
    await stall(connection);
    expect(outstanding(sockets)).toBeLessThan(SIZE / 4);
    expect([0, 30_000]).toContain(sockets[0]?.timeout ?? 0);
    connection.resume();
    expect((await connection.read()).body.length).toBe(SIZE);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: SIZE }]);
  });

  function fail(): never {
    throw new Error('there was a timeout');
  }
});

describeWithPrograms('a large file in memory over TLS', ['openssl'], () => {
  it('is sent in smaller writes, and not to a client that stops reading', async () => {
    const credentials = createCertificate();
    const sockets: Socket[] = [];
    const server = createSecureServer(credentials, (req, res) => {
      sockets.push(req.socket);
      handler(req, res);
    });
    servers.push(server);
    const path = join(scratch, 'tls.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const options = { path, ca: credentials.cert, servername: 'localhost' };
    const open = () => Connection.over(connectSecurely(options), 'secureConnect');
    const steady = await open();
    await stall(steady);
    expect(outstanding(sockets)).toBeLessThan(SIZE / 4);
    await readSteadily(steady);
    await stall(await open());
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: SIZE }, TIMED_OUT]);
  });
});
