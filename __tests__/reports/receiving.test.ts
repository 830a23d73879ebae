import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Outcome } from '../../lib/index.js';
import {
  type Delivery,
  type DeliveryReports,
  type DeliveryReportsOptions,
  deliveryReports,
} from '../../lib/reports/index.js';
import { builtPackage } from '../helpers/built-package.js';
import { eventually } from '../helpers/eventually.js';
import { warningOptions } from '../helpers/warning-options.js';

const opened: DeliveryReports[] = [];
const client = createSocket('udp4');
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  client.close();
  for (const each of opened) await each.close();
});

/** Reports on a free port, what they delivered, and a way to send them datagrams. */
async function open(options: DeliveryReportsOptions = {}) {
  const deliveries: Delivery[] = [];
  const reports = deliveryReports({
    listen: 'udp://127.0.0.1:0',
    onDelivered: (delivery) => deliveries.push(delivery),
    ...options,
  });
  opened.push(reports);
  const port = Number(new URL(await reports.ready).port);
  /** Sends one datagram after the other, each when the one before has been counted. */
  async function send(...datagrams: readonly (string | Buffer)[]): Promise<void> {
    for (const datagram of datagrams) {
      const before = sum(reports);
      client.send(datagram, port, '127.0.0.1');
      await eventually(() => sum(reports) > before);
    }
  }
  return { reports, deliveries, port, send };
}

/** Each datagram that is looked at changes one of these, or waits for an outcome. */
function sum(reports: DeliveryReports): number {
  const { delivered, malformed, unknown } = reports.counts();
  return delivered + malformed + unknown;
}

function outcomeOf(downloadId: string, details: Partial<Outcome> = {}): Outcome {
  return {
    ...{ kind: 'offloaded', status: 200, method: 'GET', path: 'a', size: 5, bytes: 0 },
    ...{ sender: 'nginx', startedAt: new Date(), durationMs: 1, downloadId },
    ...details,
  };
}

function lineOf(id: string, rest = 'status=200 bytes=5 end=OK range=-'): string {
  return `<190>Nov 26 07:42:36 xsendfile: xsendfile-delivery id=${id} ${rest}`;
}

describe('deliveryReports()', () => {
  it('matches a report with its outcome, whichever comes first', async () => {
    const { reports, deliveries, send, port } = await open();
    const first = reports.begin();
    reports.end(outcomeOf(first), []);
    expect(reports.counts().pending).toBe(1);
    await send(lineOf(first));
    const second = reports.begin();
    client.send(lineOf(second), port, '127.0.0.1');
    // The second report of the same download shows that the first has arrived.
    await send(lineOf(second));
    expect(deliveries).toHaveLength(1);
    reports.end(outcomeOf(second), []);
    expect(deliveries.map(({ downloadId }) => downloadId)).toEqual([first, second]);
    expect(reports.counts()).toEqual({
      ...{ delivered: 2, malformed: 0, unknown: 1, expired: 0, pending: 0 },
    });
  });

  it('counts and drops what no front end writes', async () => {
    const { reports, deliveries, send } = await open();
    const id = reports.begin();
    reports.end(outcomeOf(id), []);
    const datagrams = [
      '',
      ' ',
      lineOf(id).slice(0, -3),
      lineOf(id).slice(0, 60),
      lineOf(`${id}x`),
      lineOf(id.slice(1)),
      lineOf(id, 'status=20 bytes=5 end=OK range=-'),
      lineOf(id, 'status=200 bytes=-5 end=OK range=-'),
      lineOf(id, 'status=200 bytes=5e3 end=OK range=-'),
      lineOf(id, `status=200 bytes=${'9'.repeat(16)} end=OK range=-`),
      lineOf(id, 'status=200 bytes=5 end=YES range=-'),
      lineOf(id, 'status=200 bytes=5 end=OK range=a\nb'),
      `${lineOf(id)}\n${lineOf(id)}`,
      `${'x'.repeat(1000)} ${lineOf(id)}`,
      Buffer.concat([Buffer.from(lineOf(id)), Buffer.from([0xff, 0xfe, 0])]),
      Buffer.from([0xc3, 0x28, 0, 0xff]),
      Buffer.alloc(60_000, 'a'),
      lineOf(id).replace('xsendfile-delivery', 'xsendfile-deliverY'),
    ];
    await send(...datagrams);
    expect(deliveries).toEqual([]);
    expect(reports.counts()).toMatchObject({ malformed: datagrams.length, pending: 1 });
    await send(lineOf(id));
    expect(deliveries).toHaveLength(1);
  });

  it('counts ids that it has not given out, and reports that come twice', async () => {
    const { reports, deliveries, send } = await open();
    const id = reports.begin();
    reports.end(outcomeOf(id), []);
    await send(lineOf('A'.repeat(22)), lineOf(id), lineOf(id));
    expect(deliveries).toHaveLength(1);
    expect(reports.counts()).toMatchObject({ delivered: 1, unknown: 2, malformed: 0 });
  });

  it('believes no report of a download that this process sends', async () => {
    const { reports, deliveries, send, port } = await open();
    const id = reports.begin();
    client.send(lineOf(id, 'status=200 bytes=999 end=OK range=-'), port, '127.0.0.1');
    await send(lineOf(id));
    reports.end(outcomeOf(id, { kind: 'aborted', sender: 'serve', bytes: 3 }), []);
    expect(deliveries).toMatchObject([{ bytes: 3, complete: false }]);
  });

  it('takes a download for incomplete whose sender failed', async () => {
    const { reports, deliveries } = await open();
    const id = reports.begin();
    reports.end(outcomeOf(id, { kind: 'failed', sender: 'own' }), []);
    expect(deliveries).toMatchObject([{ downloadId: id, complete: false }]);
  });

  it('survives any datagram', async () => {
    const { reports, send } = await open();
    const pieces = fc.constantFrom(...lineOf('A'.repeat(22)).split(/(?= |=)/), 'é', '\0', '\n');
    const datagrams = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(datagrams, async (datagram) => {
        await send(datagram);
      }),
      { numRuns: 300 },
    );
    expect(sum(reports)).toBeGreaterThan(0);
  });

  it('stays within its bounds in a flood, and delivers afterwards', async () => {
    const { reports, deliveries, send, port } = await open({ maxPending: 100 });
    for (let count = 0; count < 5000; count++) {
      reports.begin();
      client.send(lineOf('A'.repeat(22)), port, '127.0.0.1');
    }
    expect(reports.counts()).toMatchObject({ pending: 100, expired: 4900 });
    const id = reports.begin();
    reports.end(outcomeOf(id), []);
    await eventually(async () => {
      await send(lineOf(id));
      return deliveries.length > 0;
    });
    expect(deliveries).toMatchObject([{ downloadId: id, bytes: 5, complete: true }]);
  });

  it('forgets a download when its time is over', async () => {
    let time = 1_000_000;
    const { reports, deliveries, send } = await open({ timeout: 60, now: () => time });
    const [early, late] = [reports.begin(), reports.begin()];
    for (const id of [early, late]) reports.end(outcomeOf(id), []);
    time += 59_999;
    await send(lineOf(early));
    time += 1;
    await send(lineOf(late));
    expect(deliveries).toMatchObject([{ downloadId: early, at: new Date(1_059_999) }]);
    expect(reports.counts()).toMatchObject({ expired: 1, unknown: 1, pending: 0 });
  });

  it('warns if onDelivered throws or rejects', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { reports } = await open({
      onDelivered: async () => {
        throw new Error('of the application');
      },
    });
    reports.end(outcomeOf(reports.begin(), { kind: 'sent', sender: 'serve' }), []);
    await eventually(() => emitWarning.mock.calls.length > 0);
    expect(emitWarning.mock.calls[0]?.[0]).toMatch(
      /^xsendfile: onDelivered threw Error: of the application/,
    );
  });

  it('rejects and warns, but does not throw, if the port is in use', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { port } = await open();
    const second = deliveryReports({ listen: `udp://127.0.0.1:${port}` });
    await expect(second.ready).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_REPORTS_UNAVAILABLE',
      message: expect.stringMatching(
        `deliveryReports: cannot receive reports at udp://127.0.0.1:${port}: .*EADDRINUSE`,
      ),
    });
    await eventually(() => emitWarning.mock.calls.length > 0);
    expect(emitWarning.mock.calls).toMatchObject([
      [expect.any(String), warningOptions('XSENDFILE_REPORTS_UNAVAILABLE')],
    ]);
    await second.close();
    const id = second.begin();
    second.end(outcomeOf(id, { kind: 'sent', sender: 'serve', bytes: 5 }), []);
    expect(second.counts().delivered).toBe(1);
  });

  it('frees the port when it is closed, also more than once', async () => {
    const { reports, port } = await open();
    await Promise.all([reports.close(), reports.close()]);
    const again = deliveryReports({ listen: `udp://127.0.0.1:${port}` });
    opened.push(again);
    expect(await again.ready).toBe(`udp://127.0.0.1:${port}`);
  });

  it('listens on the loopback of IPv6, too', async () => {
    const reports = deliveryReports({ listen: 'udp://[::1]:0' });
    expect(await reports.ready).toMatch(/^udp:\/\/\[::1\]:\d+$/);
    await reports.close();
  });

  it('does not keep the process alive', () => {
    const entry = join(builtPackage(), 'dist/esm/reports/index.js');
    const program = `import { deliveryReports } from ${JSON.stringify(entry)};
      process.stdout.write(await deliveryReports({ listen: 'udp://127.0.0.1:0' }).ready);`;
    const argv = ['--input-type=module', '--eval', program];
    const output = execFileSync(process.execPath, argv, { encoding: 'utf8', timeout: 30_000 });
    expect(output).toMatch(/^udp:/);
  });

  it.each([
    ['udp://0.0.0.0:5140', 'must be on the loopback'],
    ['udp://192.0.2.1:5140', 'must be on the loopback'],
    ['udp://[::]:5140', 'must be on the loopback'],
    ['udp://[2001:db8::1]:5140', 'must be on the loopback'],
    ['udp://[::ffff:127.0.0.1]:5140', 'must be on the loopback'],
    ['udp://localhost:5140', 'must be a URL'],
    ['udp://127.0.0.1', 'must be a URL'],
    ['udp://127.0.0.1:65536', 'must be a URL'],
    ['udp://127.1:5140', 'must be a URL'],
    ['tcp://127.0.0.1:5140', 'must be a URL'],
    ['udp://user@127.0.0.1:5140', 'must be a URL'],
    ['udp://127.0.0.1:5140/path', 'must be a URL'],
    [5140, 'must be a URL'],
    [null, 'must be a URL'],
  ])('throws for the address %p', (listen, problem) => {
    expect(() => deliveryReports({ listen: listen as string })).toThrow(
      expect.objectContaining({
        code: 'ERR_XSENDFILE_BAD_OPTION',
        message: expect.stringMatching(
          new RegExp(`^deliveryReports: listen ${problem}.*Use "udp://127.0.0.1:5140"`),
        ),
      }),
    );
  });

  it.each([
    [{ onDelivered: 1 }, 'onDelivered must be a function, got 1.'],
    [{ now: 'now' }, 'now must be a function, got "now".'],
    [{ timeout: 0 }, 'timeout must be a number of seconds above 0, got 0.'],
    [{ timeout: '60' }, 'timeout must be a number of seconds above 0, got "60".'],
    [{ maxPending: 0 }, 'maxPending must be a whole number, 1 or more, got 0.'],
    [{ maxPending: 1.5 }, 'maxPending must be a whole number, 1 or more, got 1.5.'],
    [{ listens: 1 }, 'unknown option "listens".'],
  ])('throws for %p', (options, message) => {
    expect(() => deliveryReports(options as never)).toThrow(`deliveryReports: ${message}`);
  });
});
