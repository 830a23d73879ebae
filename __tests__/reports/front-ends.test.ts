import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { createFrontEndConfig } from '../../lib/frontends/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { rawRequest } from '../helpers/raw-request.js';
import { BIG_SIZE, createFiles, type ReportSite, startReportSite } from './site.js';

interface DeliveryMessage {
  delivery: { downloadId: string };
}

const root = createFiles();

describe.each(['nginx', 'apache', 'lighttpd'] as const)('delivery reports of %s', (server) => {
  describeWithPrograms(`behind ${server}`, [server], () => {
    let site: ReportSite;
    beforeAll(async () => {
      site = await startReportSite(root, server);
    }, 180_000);
    afterAll(() => site?.stop());

    it('reports a complete download, with the id of its outcome', async () => {
      const { delivery, outcome } = await site.download({ target: '/big.bin' });
      expect(outcome).toMatchObject({ kind: 'offloaded', sender: server, path: 'big.bin' });
      expect(outcome.downloadId).toMatch(/^[\w-]{22}$/);
      expect(delivery).toEqual({
        downloadId: outcome.downloadId,
        status: 200,
        bytes: BIG_SIZE,
        complete: true,
        at: expect.any(Date),
      });
    });

    it('reports the bytes so far of a download that the client aborts', async () => {
      const { delivery, outcome } = await site.abort({ target: '/big.bin' }, 1_000_000);
      expect(outcome.kind).toBe('offloaded');
      expect(delivery).toMatchObject({
        downloadId: outcome.downloadId,
        status: 200,
        complete: false,
      });
      expect(delivery.bytes).toBeGreaterThanOrEqual(900_000);
      expect(delivery.bytes).toBeLessThan(BIG_SIZE);
    });

    it('reports a range', async () => {
      const { delivery } = await site.download({
        target: '/big.bin',
        headers: { Range: 'bytes=5-104' },
      });
      expect(delivery).toMatchObject({ status: 206, bytes: 100, complete: true });
      expect(delivery.range).toEqual({ start: 5, end: 104 });
    });

    it('reports several ranges without one of them', async () => {
      const { delivery } = await site.download({
        target: '/big.bin',
        headers: { Range: 'bytes=0-9,1000000-1000009' },
      });
      expect(delivery).toMatchObject({ status: 206, complete: true });
      expect(delivery.bytes).toBeGreaterThan(20);
      expect(delivery.range).toBeUndefined();
    });

    it('reports HEAD as complete, without a byte', async () => {
      const { delivery, outcome } = await site.download({ method: 'HEAD', target: '/a.txt' });
      expect(outcome).toMatchObject({ kind: 'offloaded', method: 'HEAD' });
      expect(delivery).toMatchObject({ status: 200, bytes: 0, complete: true });
    });

    it('reports requests that come on one connection', async () => {
      const before = site.reported.length;
      for (const target of ['/a.txt', '/a.txt', '/big.bin']) await site.download({ target });
      const ids = site.reported.slice(before).map(({ delivery }) => delivery.downloadId);
      expect(new Set(ids).size).toBe(3);
    });

    it.each([
      [304, { 'If-None-Match': '*' }],
      [412, { 'If-Match': '"another"' }],
      [416, { Range: `bytes=${BIG_SIZE}-` }],
    ])('reports %s, which this process sends', async (status, headers) => {
      const { delivery, outcome } = await site.download({ target: '/big.bin', headers });
      expect(outcome).toMatchObject({ sender: 'serve', status });
      expect(delivery).toMatchObject({ status, bytes: 0, complete: true });
    });

    it('shows the id to no client', async () => {
      const { head } = await rawRequest(site.port, { target: '/a.txt' });
      expect(head).toMatch(/^HTTP\/1.1 200 /);
      expect(head).not.toMatch(/download-id/i);
    });

    it('publishes deliveries on the diagnostics channel', async () => {
      const messages: DeliveryMessage[] = [];
      const listener = (message: unknown) => messages.push(message as DeliveryMessage);
      subscribe('xsendfile:delivery', listener);
      try {
        const { delivery, outcome } = await site.download({ target: '/a.txt' });
        // Late reports of earlier tests come through the same channel.
        const ofThisDownload = messages.filter(
          (message) => message.delivery.downloadId === outcome.downloadId,
        );
        expect(ofThisDownload).toEqual([{ delivery, outcome }]);
      } finally {
        unsubscribe('xsendfile:delivery', listener);
      }
    });

    it('reports the error page of a front end that cannot read the file', async () => {
      if (process.getuid?.() !== 0) return;
      chmodSync(join(root, 'locked.txt'), 0o600);
      if (server === 'lighttpd') {
        // Its error pages are new responses, without the header: such a report does not arrive.
        const { status } = await rawRequest(site.port, { target: '/locked.txt' });
        expect(status).toBe(403);
        return;
      }
      const { delivery, outcome } = await site.download({ target: '/locked.txt' });
      expect(outcome.kind).toBe('offloaded');
      expect(delivery).toMatchObject({ status: server === 'nginx' ? 403 : 404, complete: true });
    });

    it('has no pending download left', () => {
      expect(site.reports.counts()).toMatchObject({ malformed: 0, unknown: 0, expired: 0 });
    });
  });
});

describe('createFrontEndConfig() with reports', () => {
  it.each(['caddy', 'h2o'] as const)('throws for %s, whose log cannot tell the id', (server) => {
    expect(() =>
      createFrontEndConfig(server, { root: '/srv/files', reports: 'udp://127.0.0.1:5140' }),
    ).toThrow(
      `createFrontEndConfig: ${server} cannot report deliveries, got the reports "udp://127.0.0.1:5140". Leave it out: with the option reports of a handler, the application sends the files itself.`,
    );
  });
});
