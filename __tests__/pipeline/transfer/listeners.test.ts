import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import { type Outcome, xsendfile } from '../../../lib/index.js';
import { createFixture } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { itOnPosix } from '../../helpers/needs.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { Connection, exchange, parseResponse } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { createCertificate } from './certificate.js';

jest.setTimeout(120_000);

const CONTENT = Buffer.alloc(1_000_003, 'xsendfile');
const root = createTree({ 'a.bin': CONTENT });
const scratch = createTree();

const outcomes: Outcome[] = [];
const handler = xsendfile(root, {
  sender: 'serve',
  onFinish: (outcome) => outcomes.push(outcome),
});
const listener: RequestListener = (req, res) => handler(req, res);
const servers: Server[] = [];

beforeEach(() => void outcomes.splice(0));
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function start(server: Server, where: number | string): Promise<void> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(where, resolve));
}

async function expectDownloads(connection: Connection): Promise<void> {
  const whole = await connection.request({ target: '/a.bin' });
  expect([whole.status, whole.body.equals(CONTENT)]).toEqual([200, true]);
  const part = await connection.request({ target: '/a.bin', headers: { Range: 'bytes=-3' } });
  expect([part.status, part.body.toString()]).toEqual([206, CONTENT.subarray(-3).toString()]);
  connection.destroy();
  await eventually(() => outcomes.length === 2);
  expect(outcomes).toMatchObject([{ kind: 'sent' }, { kind: 'sent' }]);
}

describe('a download', () => {
  itOnPosix('works over a Unix socket', async () => {
    const path = join(scratch, 'http.sock');
    await start(createServer(listener), path);
    await expectDownloads(await Connection.open({ path }));
  });

  describeWithPrograms('over TLS', ['openssl'], () => {
    it('is complete', async () => {
      const credentials = createCertificate();
      const server = createSecureServer(credentials, listener);
      await start(server, 0);
      const { port } = server.address() as AddressInfo;
      const socket = connectSecurely({ port, ca: credentials.cert, servername: 'localhost' });
      await expectDownloads(await Connection.over(socket, 'secureConnect'));
    });
  });

  it.each([
    ['without keep-alive', '', 'close'],
    ['with keep-alive', 'Connection: keep-alive\r\n', 'keep-alive'],
  ])('works for an HTTP/1.0 client %s', async (_what, header, expected) => {
    const { port } = await createFixture(root);
    const request = (end: string): string => `GET /a.bin HTTP/1.0\r\nHost: x\r\n${end}\r\n`;
    const bytes = Buffer.from(request(header) + (header === '' ? '' : request('')));
    const raw = await exchange(port, bytes);
    const { status, headers } = parseResponse(raw);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-length': String(CONTENT.length),
      connection: expected,
    });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(raw.subarray(-CONTENT.length).equals(CONTENT)).toBe(true);
  });
});
