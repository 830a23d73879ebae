import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { xsendfile } from '../../lib/index.js';
import { type Delivery, deliveryReports, type Outcome } from '../../lib/reports/index.js';
import { eventually } from '../helpers/eventually.js';
import { rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { warningOptions } from '../helpers/warning-options.js';
import { BIG_SIZE, createFiles, HANDSHAKE, type ReportSite, startReportSite } from './site.js';

const root = createFiles();

describe('delivery reports of this process', () => {
  let site: ReportSite;
  beforeAll(async () => {
    site = await startReportSite(root, undefined);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => site?.stop());

  it.each([
    ['a complete download', {}, { status: 200, bytes: BIG_SIZE, complete: true }],
    [
      'a range',
      { headers: { Range: 'bytes=5-104' } },
      { status: 206, bytes: 100, complete: true, range: { start: 5, end: 104 } },
    ],
    ['HEAD', { method: 'HEAD' }, { status: 200, bytes: 0, complete: true }],
    ['304', { headers: { 'If-None-Match': '*' } }, { status: 304, bytes: 0, complete: true }],
    [
      '416',
      { headers: { Range: `bytes=${BIG_SIZE}-` } },
      { status: 416, bytes: 0, complete: true },
    ],
  ])('reports %s', async (_name, request, expected) => {
    const { delivery, outcome } = await site.download({ target: '/big.bin', ...request });
    expect(delivery).toEqual({
      downloadId: outcome.downloadId,
      at: expect.any(Date),
      ...expected,
    });
    expect(outcome.sender).toBe('serve');
  });

  it('reports a download that the client aborts, with the bytes so far', async () => {
    const { delivery, outcome } = await site.abort({ target: '/big.bin' }, 1_000_000);
    expect(outcome.kind).toBe('aborted');
    expect(delivery).toMatchObject({ status: 200, bytes: outcome.bytes, complete: false });
    expect(delivery.bytes).toBeLessThan(BIG_SIZE);
  });

  it('gives no id to a request that gets no file, and reports nothing', async () => {
    const before = site.reports.counts();
    const outcomes: Outcome[] = [];
    const handler = xsendfile(root, {
      reports: site.reports,
      onFinish: (outcome) => outcomes.push(outcome),
    });
    const port = await listen((req, res) => handler(req, res));
    expect((await rawRequest(port, { target: '/none.txt' })).status).toBe(404);
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]).not.toHaveProperty('downloadId');
    expect(site.reports.counts()).toEqual(before);
  });

  it.each(['caddy', 'h2o', 'standard'] as const)(
    'sends the files for the sender %s, whose front end cannot report',
    async (sender) => {
      const outcomes: Outcome[] = [];
      const handler = xsendfile(root, {
        ...{ sender, handshake: HANDSHAKE, reports: site.reports },
        onFinish: (outcome) => outcomes.push(outcome),
      });
      const port = await listen((req, res) => handler(req, res));
      const headers = { 'X-Sendfile-Handshake': HANDSHAKE };
      const { body } = await rawRequest(port, { target: '/a.txt', headers });
      expect(String(body)).toBe('hello');
      expect(outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
    },
  );

  it('hands the header to a sender of the application that has one', async () => {
    const outcomes: Outcome[] = [];
    const handler = xsendfile(root, {
      sender: {
        name: 'own',
        downloadIdHeader: 'X-Own-Id',
        send: (_file, { res }) => void res.end(),
      },
      handshake: false,
      reports: site.reports,
      onFinish: (outcome) => outcomes.push(outcome),
    });
    const port = await listen((req, res) => handler(req, res));
    const { headers } = await rawRequest(port, { target: '/a.txt' });
    expect(outcomes).toMatchObject([{ kind: 'offloaded', downloadId: headers['x-own-id'] }]);
  });

  it('calls onDelivered of an allow function after the outcome, and warns if it throws', async () => {
    const order: string[] = [];
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const handler = xsendfile(root, {
      reports: site.reports,
      allow: (_file, { onFinish, onDelivered }) => {
        onFinish(() => order.push('outcome'));
        onDelivered(({ bytes }: Delivery) => {
          order.push(`delivery of ${bytes} bytes`);
          throw new Error('from the observer');
        });
        return true;
      },
    });
    const port = await listen((req, res) => handler(req, res));
    await rawRequest(port, { target: '/a.txt' });
    await eventually(() => emitWarning.mock.calls.length > 0);
    expect(order).toEqual(['outcome', 'delivery of 5 bytes']);
    expect(emitWarning.mock.calls).toMatchObject([
      [expect.any(String), warningOptions('XSENDFILE_OBSERVER_THREW')],
    ]);
    expect(emitWarning.mock.calls[0]?.[0]).toContain('from the observer');
  });

  it('sends the file though the reports do not arrive', async () => {
    const reports = deliveryReports({ listen: 'udp://127.0.0.1:0' });
    await reports.ready;
    await reports.close();
    const handler = xsendfile(root, { reports });
    const server = createServer((req, res) => handler(req, res)).listen(0, '127.0.0.1');
    await eventually(() => server.listening);
    const { body } = await rawRequest((server.address() as AddressInfo).port, {
      target: '/a.txt',
    });
    server.close();
    expect(String(body)).toBe('hello');
    expect(reports.counts()).toMatchObject({ delivered: 1, pending: 0 });
  });
});

describe('xsendfile(root, { reports })', () => {
  it.each([
    [true, 'true'],
    [{ begin() {} }, 'an object'],
    [null, 'null'],
  ])('throws for %p', (reports, shown) => {
    expect(() => xsendfile(root, { reports: reports as never })).toThrow(
      `xsendfile: reports must be the result of deliveryReports(), or an object with begin and end, got ${shown}.`,
    );
  });
});
