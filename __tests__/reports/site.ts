import { chmodSync } from 'node:fs';
import { createFrontEndConfig, type FrontEndServer } from '../../lib/frontends/index.js';
import { nginxSender, type Outcome, xsendfile } from '../../lib/index.js';
import { type Delivery, type DeliveryReports, deliveryReports } from '../../lib/reports/index.js';
import { generated } from '../frontends/generated.js';
import { eventually } from '../helpers/eventually.js';
import { type RunningFrontEnd, startFrontEnd } from '../helpers/front-end-server.js';
import { Connection, type RawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

export const HANDSHAKE = 'handshake-of-the-tests-of-reports';
/** More than the buffers of a connection hold. */
export const BIG_SIZE = 40_000_000;
export const BIG = Buffer.alloc(BIG_SIZE, 'big ');

/** The files of all tests; front ends read them as another user. */
export function createFiles(): string {
  const root = createTree({ 'a.txt': 'hello', 'big.bin': BIG, 'locked.txt': 'not for the server' });
  chmodSync(root, 0o755);
  return root;
}

/** What was reported of one download. */
interface Reported {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
}

/** An application that follows its downloads, and perhaps a front end before it. */
export interface ReportSite {
  /** Where clients connect. */
  readonly port: number;
  readonly reports: DeliveryReports;
  readonly reported: Reported[];
  /** Sends one request on a connection of its own, and waits for its delivery. */
  download(request: RawRequest): Promise<Reported>;
  /** Reads so many bytes of a response, resets the connection, and waits for the delivery. */
  abort(request: RawRequest, bytes: number): Promise<Reported>;
  stop(): Promise<void>;
}

const SENDERS = {
  nginx: nginxSender({ location: '/-internal-/' }),
  apache: 'apache',
  lighttpd: 'lighttpd',
} as const;

/** Starts an application behind a front end with the generated configuration; undefined for none. */
export async function startReportSite(
  root: string,
  server: keyof typeof SENDERS | undefined,
  start: typeof startReporting = startReporting,
): Promise<ReportSite> {
  const reported: Reported[] = [];
  const reports = deliveryReports({
    listen: 'udp://127.0.0.1:0',
    onDelivered: (delivery, outcome) => reported.push({ delivery, outcome }),
  });
  const handler = xsendfile(root, {
    ...(server === undefined ? {} : { sender: SENDERS[server], handshake: HANDSHAKE }),
    reports,
  });
  const backendPort = await listen((req, res) => handler(req, res));
  const frontEnd =
    server === undefined
      ? undefined
      : await start(server, { root, backendPort, url: await reports.ready });
  const port = frontEnd?.port ?? backendPort;

  async function next(act: () => Promise<void>): Promise<Reported> {
    const before = reported.length;
    await act();
    await eventually(() => reported.length > before);
    return reported[before] as Reported;
  }
  return {
    port,
    reports,
    reported,
    download: (request) =>
      next(async () => {
        const connection = await Connection.open(port);
        connection.send({ ...request, headers: { Connection: 'close', ...request.headers } });
        await connection.readAll();
      }),
    abort: (request, bytes) =>
      next(async () => {
        const connection = await Connection.open(port);
        connection.send(request);
        await connection.receive(bytes);
        connection.pause();
        connection.socket.resetAndDestroy();
      }),
    async stop() {
      await frontEnd?.stop();
      await reports.close();
    },
  };
}

/** Starts a front end that reports to `url`. */
export function startReporting(
  server: FrontEndServer,
  { root, backendPort, url }: { root: string; backendPort: number; url: string },
): Promise<RunningFrontEnd> {
  return startFrontEnd(
    {
      ...generated(server),
      configure: ({ scratch, port, handshake, user }) =>
        createFrontEndConfig(server, {
          ...{ root, scratch, user, handshake, reports: url },
          listen: `127.0.0.1:${port}`,
          upstream: `http://127.0.0.1:${backendPort}`,
        }),
    },
    { root, backendPort, handshake: HANDSHAKE },
  );
}
