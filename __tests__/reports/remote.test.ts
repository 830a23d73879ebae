import { createFrontEndConfig } from '../../lib/frontends/index.js';
import { type Delivery, type DeliveryReports, deliveryReports } from '../../lib/reports/index.js';
import { generated } from '../frontends/generated.js';
import { eventually } from '../helpers/eventually.js';
import { type RunningFrontEnd, startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection, rawRequest } from '../helpers/raw-request.js';
import { startStore } from '../remote/raw-store.js';
import { type RemoteSite, startSite } from '../remote/site.js';
import { BIG, BIG_SIZE, HANDSHAKE } from './site.js';

describeWithPrograms('delivery reports of remote objects behind nginx', ['nginx'], () => {
  const deliveries: Delivery[] = [];
  let reports: DeliveryReports;
  let site: RemoteSite;
  let nginx: RunningFrontEnd;
  beforeAll(async () => {
    const { origin } = await startStore((req, res) => {
      if (req.url === '/none') return void res.writeHead(404).end('no such key');
      if (req.url === '/unchanged') {
        return void res.writeHead(304, { ETag: '"1"', 'Content-Length': 10 }).end();
      }
      if (req.url === '/cut') {
        res.writeHead(200, { 'Content-Length': 1000 }).write('abc', () => req.socket.end());
        return;
      }
      if (req.headers.range === undefined) {
        return void res.writeHead(200, { 'Content-Length': BIG_SIZE }).end(BIG);
      }
      const headers = {
        'Content-Range': `bytes 0-9/${BIG_SIZE}`,
        'Content-Length': 10,
      };
      res.writeHead(206, headers).end(BIG.subarray(0, 10));
    });
    reports = deliveryReports({
      listen: 'udp://127.0.0.1:0',
      onDelivered: (delivery) => deliveries.push(delivery),
    });
    site = await startSite(
      { origins: [origin] },
      ({ url }) => ({ url: `${origin}${url}`, name: 'a.bin' }),
      { sender: 'nginx', handshake: HANDSHAKE, reports },
    );
    const url = await reports.ready;
    nginx = await startFrontEnd(
      {
        ...generated('nginx'),
        configure: ({ scratch, port, backendPort, user }) =>
          createFrontEndConfig('nginx', {
            ...{ remotes: [{ origin }], scratch, user, handshake: HANDSHAKE, reports: url },
            listen: `127.0.0.1:${port}`,
            upstream: `http://127.0.0.1:${backendPort}`,
          }),
      },
      { root: '/srv/files', backendPort: site.port, handshake: HANDSHAKE },
    );
  }, 180_000);
  afterAll(async () => {
    await nginx?.stop();
    await reports?.close();
  });

  it.each([
    ['a complete download', '/big', {}, { status: 200, bytes: BIG_SIZE }],
    [
      'a range',
      '/big',
      { Range: 'bytes=0-9' },
      { status: 206, bytes: 10, range: { start: 0, end: 9 } },
    ],
    [
      'an object that is unchanged',
      '/unchanged',
      { 'If-None-Match': '"1"' },
      { status: 304, bytes: 0 },
    ],
    ['an object that the store does not have', '/none', {}, { status: 404 }],
  ])('report %s', async (_name, target, headers, expected) => {
    const before = deliveries.length;
    await rawRequest(nginx.port, { target, headers });
    await eventually(() => deliveries.length > before);
    expect(site.outcomes.at(-1)).toMatchObject({ kind: 'offloaded', sender: 'nginx' });
    expect(deliveries[before]).toMatchObject({
      ...expected,
      downloadId: site.outcomes.at(-1)?.downloadId,
      complete: true,
    });
  });

  it('do not report as complete what the store has cut off', async () => {
    const before = deliveries.length;
    const connection = await Connection.open(nginx.port);
    connection.send({ target: '/cut' });
    await connection.closed;
    await eventually(() => deliveries.length > before);
    expect(deliveries[before]).toMatchObject({ status: 200, complete: false });
    expect(deliveries[before]?.bytes).toBeLessThan(1000);
  });

  it('report HEAD', async () => {
    const before = deliveries.length;
    await rawRequest(nginx.port, { target: '/big', method: 'HEAD' });
    await eventually(() => deliveries.length > before);
    expect(deliveries[before]).toMatchObject({ status: 200, bytes: 0, complete: true });
  });

  it('report the bytes so far of a download that the client aborts', async () => {
    const before = deliveries.length;
    const connection = await Connection.open(nginx.port);
    connection.send({ target: '/big' });
    await connection.receive(1_000_000);
    connection.pause();
    connection.socket.resetAndDestroy();
    await eventually(() => deliveries.length > before);
    expect(deliveries[before]).toMatchObject({ status: 200, complete: false });
    expect(deliveries[before]?.bytes).toBeGreaterThanOrEqual(900_000);
    expect(deliveries[before]?.bytes).toBeLessThan(BIG_SIZE);
  });
});
