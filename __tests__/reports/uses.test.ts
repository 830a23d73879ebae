import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { nginxSender } from '../../lib/index.js';
import { type Delivery, type DeliveryReports, deliveryReports } from '../../lib/reports/index.js';
import { eventually } from '../helpers/eventually.js';
import type { RunningFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection, rawRequest } from '../helpers/raw-request.js';
import { type LinkSite, startLinkSite } from '../links/uses/site.js';
import { createFiles, HANDSHAKE, startReporting } from './site.js';

const root = createFiles();

describeWithPrograms('limitUses() with the reports of nginx', ['nginx'], () => {
  const deliveries: Delivery[] = [];
  let reports: DeliveryReports;
  let site: LinkSite;
  let nginx: RunningFrontEnd;
  beforeAll(async () => {
    reports = deliveryReports({
      listen: 'udp://127.0.0.1:0',
      onDelivered: (delivery) => deliveries.push(delivery),
    });
    const sender = nginxSender({ location: '/-internal-/' });
    site = await startLinkSite(root, { sender, handshake: HANDSHAKE, reports });
    nginx = await startReporting('nginx', {
      ...{ root, backendPort: site.port, url: await reports.ready },
    });
  }, 180_000);
  afterAll(async () => {
    await nginx?.stop();
    await reports?.close();
  });

  async function download(client: string, target: string): Promise<number> {
    const before = deliveries.length;
    const { status } = await rawRequest(nginx.port, { target, headers: { 'X-Client': client } });
    if (status !== 410) await eventually(() => deliveries.length > before);
    return status;
  }

  it('gives a use back if nginx could not send the file', async () => {
    if (process.getuid?.() !== 0) return;
    const link = site.sign('locked.txt');
    chmodSync(join(root, 'locked.txt'), 0o600);
    expect(await download('a', link)).toBe(403);
    expect(deliveries.at(-1)).toMatchObject({ status: 403 });
    chmodSync(join(root, 'locked.txt'), 0o644);
    expect(await download('b', link)).toBe(200);
    expect(await download('c', link)).toBe(410);
  });

  it('keeps the use of a download that the client aborts after some bytes', async () => {
    const link = site.sign('big.bin');
    const before = deliveries.length;
    const connection = await Connection.open(nginx.port);
    connection.send({ target: link, headers: { 'X-Client': 'a' } });
    await connection.receive(1_000_000);
    connection.pause();
    connection.socket.resetAndDestroy();
    await eventually(() => deliveries.length > before);
    expect(deliveries.at(-1)).toMatchObject({ status: 200, complete: false });
    expect(await download('b', link)).toBe(410);
  });

  it('keeps the use of a complete download', async () => {
    const link = site.sign('a.txt');
    expect(await download('a', link)).toBe(200);
    expect(await download('b', link)).toBe(410);
  });
});
