import { once } from 'node:events';
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { xsendfile } from '../../../lib/index.js';
import { createFixture, listenWith } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { expectAllClosed } from './descriptors.js';
import { createSparse, LARGE } from './sparse.js';

jest.setTimeout(120_000);

const root = createTree({ 'small.txt': 'small' });
beforeAll(() => createSparse(root, 'large.bin', LARGE));

const TIMED_OUT = { kind: 'aborted', status: 200, code: 'ERR_XSENDFILE_IDLE_TIMEOUT' };

/** Asks for the large file and takes none of it. */
async function stall(port: number): Promise<Connection> {
  const connection = await Connection.open(port);
  connection.pause();
  connection.send({ target: '/large.bin' });
  return connection;
}

describe('xsendfile(root, { idleTimeout })', () => {
  it('ends the connection of a client that has stopped reading', async () => {
    const { port, outcomes } = await createFixture(root, { idleTimeout: 0.3 });
    const connection = await stall(port);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([TIMED_OUT]);
    await expectAllClosed(root);
    connection.resume();
    expect((await connection.readAll()).length).toBeLessThan(LARGE);
    expect(outcomes).toHaveLength(1);
  });

  it('does not disconnect a slow client that keeps reading', async () => {
    const { port, outcomes } = await createFixture(root, { idleTimeout: 1 });
    const connection = await stall(port);
    // Each time more than the system would buffer; three times the limit in total.
    for (let step = 1; step <= 15; step += 1) {
      await delay(100);
      connection.resume();
      await connection.receive((LARGE / 16) * step);
      connection.pause();
    }
    connection.resume();
    expect((await connection.read()).body.length).toBe(LARGE);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: LARGE }]);
    expect(outcomes[0]?.durationMs).toBeGreaterThan(1000);
  });

  it('waits forever with 0', async () => {
    const patient = await createFixture(root, { idleTimeout: 0 });
    const impatient = await createFixture(root, { idleTimeout: 0.3 });
    const connection = await stall(patient.port);
    await stall(impatient.port);
    await eventually(() => impatient.outcomes.length === 1);
    expect(impatient.outcomes).toMatchObject([TIMED_OUT]);
    expect(patient.outcomes).toEqual([]);
    connection.resume();
    expect((await connection.read()).body.length).toBe(LARGE);
  });

  it('does not run while another response of the connection is being sent', async () => {
    const { outcomes, handler } = createHandler();
    let finishFirst = (): void => {};
    const { port } = await listenWith((req, res) => {
      if (req.url === '/first') finishFirst = () => res.end('first');
      else handler(req, res);
    });
    const connection = await Connection.open(port);
    connection.send({ target: '/first' }, { target: '/small.txt' }, { target: '/large.bin' });
    // Somebody else is timed out twice in the meantime.
    for (const count of [1, 2]) {
      await stall(port);
      await eventually(() => outcomes.length === count);
    }
    expect(outcomes).toMatchObject([TIMED_OUT, TIMED_OUT]);
    finishFirst();
    await connection.receive(LARGE);
    expect(connection.length).toBeGreaterThan(LARGE);
    await eventually(() => outcomes.length === 4);
    expect(outcomes.slice(2)).toMatchObject([
      { kind: 'sent', path: 'small.txt' },
      { kind: 'sent', path: 'large.bin' },
    ]);
  });

  it('ends all responses of a connection whose first one has timed out', async () => {
    const { port, outcomes } = await createFixture(root, { idleTimeout: 0.3 });
    const connection = await Connection.open(port);
    connection.pause();
    connection.send({ target: '/large.bin' }, { target: '/small.txt' }, { target: '/large.bin' });
    await eventually(() => outcomes.length === 3);
    expect(outcomes).toHaveLength(3);
    expect(outcomes.filter(({ code }) => code !== undefined)).toMatchObject([TIMED_OUT]);
    expect(outcomes.every(({ kind }) => kind === 'aborted')).toBe(true);
    await expectAllClosed(root);
  });
});

function createHandler() {
  const outcomes: unknown[] = [];
  const handler = xsendfile(root, {
    sender: 'serve',
    idleTimeout: 0.3,
    onFinish: (outcome) => outcomes.push(outcome),
  });
  return { outcomes, handler };
}

describe('an HTTP/2 stream whose client reads nothing', () => {
  it.each(['small.bin', 'large.bin'])(
    'is closed while its connection stays open: %s',
    async (name) => {
      const directory = createTree({
        'small.bin': Buffer.alloc(120_000, 's'),
        'large.bin': Buffer.alloc(300_000, 'l'),
        'a.txt': 'text',
      });
      const handler = xsendfile(directory, { idleTimeout: 0.3 });
      const server = createHttp2Server((req, res) => handler(req, res)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const settings = { initialWindowSize: 1000 };
      const session = connectHttp2(`http://127.0.0.1:${port}`, { settings });
      const stream = session.request({ ':path': `/${name}` });
      stream.on('error', () => {});
      // Never read: the window stays as it is.
      await eventually(() => stream.closed);
      // An error: without it, the client could take what it has for the whole.
      expect([stream.closed, stream.rstCode]).toEqual([true, constants.NGHTTP2_INTERNAL_ERROR]);
      stream.destroy();
      const other = session.request({ ':path': '/a.txt' });
      other.setEncoding('utf8');
      let text = '';
      for await (const chunk of other) text += chunk;
      expect(text).toBe('text');
      session.close();
      server.close();
    },
  );
});
