import { channel } from 'node:diagnostics_channel';
import {
  DEFAULT_REPORT_ADDRESS,
  formatReportAddress,
  parseReportAddress,
} from '../servers/config/report-address.js';
import { parseReportLine } from '../servers/config/report-line.js';
import { callObserver } from '../shared/call-observer.js';
import { XSendfileError } from '../shared/errors.js';
import {
  callback,
  count,
  type Readers,
  readOptions,
  seconds,
  withDefault,
} from '../shared/option-reader.js';
import { warn } from '../shared/warning.js';
import type { Delivery, DeliveryReporter, Outcome } from '../types.js';
import { createPendingDownloads } from './pending-downloads.js';
import { receive } from './receive.js';

/**
 * Name of the diagnostics channel that publishes `{ delivery, outcome }` for each delivery.
 *
 * As on every diagnostics channel, an error thrown by a subscriber is uncaught.
 */
const DELIVERY_CHANNEL = 'xsendfile:delivery';

const deliveries = channel(DELIVERY_CHANNEL);

/** Options of {@link deliveryReports}. */
export interface DeliveryReportsOptions {
  /**
   * Address to which the front end sends its reports: `udp:`, a loopback address, and a port. The configuration of
   * the front end needs the same. Port 0 selects a free one; {@link DeliveryReports.ready} resolves with the address.
   *
   * @default 'udp://127.0.0.1:5140'
   */
  readonly listen?: string | undefined;
  /** Called with each delivery, and the outcome of the same download. Its errors become warnings. */
  readonly onDelivered?: ((delivery: Delivery, outcome: Outcome) => void) | undefined;
  /**
   * Seconds from the beginning of a download after which its report is no longer expected.
   *
   * @default 86400
   */
  readonly timeout?: number | undefined;
  /**
   * Maximum number of downloads that wait for their report, with about 1 KB of memory each. When it is
   * reached, the oldest one is forgotten.
   *
   * @default 100_000
   */
  readonly maxPending?: number | undefined;
  /**
   * The clock, in milliseconds.
   *
   * @default `Date.now`
   */
  readonly now?: (() => number) | undefined;
}

/** Numbers of reports so far; see {@link DeliveryReports.counts}. */
export interface ReportCounts {
  /** Deliveries that were published, including downloads that Node has sent. */
  readonly delivered: number;
  /** Datagrams that no front end has written: forged, cut off, too long. */
  readonly malformed: number;
  /** Reports of downloads that are not waited for: forged, doubled, or too late. */
  readonly unknown: number;
  /** Downloads whose report did not arrive in time, or that were forgotten because there were too many. */
  readonly expired: number;
  /** Downloads that wait for their report. */
  readonly pending: number;
}

/** Receives delivery reports; give it to handlers as the option `reports`. */
export interface DeliveryReports extends DeliveryReporter {
  /**
   * Resolves with the address, such as `'udp://127.0.0.1:5140'`, when reports are received. Rejects with
   * {@link XSendfileError} `ERR_XSENDFILE_REPORTS_UNAVAILABLE` if that is impossible, because the port is in
   * use, for example. Whether it is awaited or not, that is also a warning, and never ends the process:
   * downloads go on without the reports of the front end.
   */
  readonly ready: Promise<string>;
  /** Returns what has arrived so far. */
  counts(): ReportCounts;
  /** Stops receiving. Deliveries of downloads that Node sends are still published. */
  close(): Promise<void>;
}

const OPTIONS = {
  listen: withDefault(DEFAULT_REPORT_ADDRESS, (value, option) =>
    parseReportAddress(value, option, 0),
  ),
  onDelivered: callback<DeliveryReportsOptions['onDelivered']>(),
  timeout: seconds(86_400, Number.MAX_VALUE),
  maxPending: count(100_000),
  now: callback(Date.now),
} satisfies Readers<DeliveryReportsOptions>;

/**
 * Receives what front ends log of the downloads that they have sent, and publishes a {@link Delivery} for each
 * download: to `onDelivered`, and on the diagnostics channel `xsendfile:delivery` as `{ delivery, outcome }`.
 * This process reports what it sends itself in the same way.
 *
 * It is a report, not a ledger: datagrams may be lost. The socket does not keep the process alive.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong, such as an address that is not of the
 * loopback.
 *
 * @example Log what was delivered
 * ```ts
 * import { nginxSender, xsendfile } from 'xsendfile';
 * import { deliveryReports } from 'xsendfile/reports';
 *
 * const reports = deliveryReports({
 *   onDelivered: ({ bytes, complete }, { path }) => console.log(path, bytes, complete),
 * });
 * const files = xsendfile('/srv/files', {
 *   sender: nginxSender({ location: '/-internal-/' }),
 *   handshake: process.env.HANDSHAKE,
 *   reports,
 * });
 * ```
 */
export function deliveryReports(options: DeliveryReportsOptions = {}): DeliveryReports {
  const { listen = DEFAULT_REPORT_ADDRESS } = options;
  const read = readOptions('deliveryReports', options, OPTIONS);
  const { onDelivered, maxPending, timeout, now } = read;

  let delivered = 0;
  let malformed = 0;
  let unknown = 0;
  const downloads = createPendingDownloads({
    maxPending,
    lifetimeMs: timeout * 1000,
    now,
    onDelivery: (delivery, outcome, observers) => {
      delivered += 1;
      for (const observer of observers) callObserver('an observer', () => observer(delivery));
      if (onDelivered !== undefined) {
        callObserver('onDelivered', () => onDelivered(delivery, outcome));
      }
      if (deliveries.hasSubscribers) deliveries.publish({ delivery, outcome });
    },
  });
  const receiver = receive(
    read.listen,
    (datagram) => {
      const report = parseReportLine(datagram);
      if (report === undefined) malformed += 1;
      else if (report !== 'other' && !downloads.report(report)) unknown += 1;
    },
    (error) => warnOf(toUnavailable(error, listen)),
  );
  const ready = receiver.ready.then(formatReportAddress, (cause: Error) => {
    const error = toUnavailable(cause, listen);
    warnOf(error);
    throw error;
  });
  // An application that does not wait for it has the warning.
  ready.catch(() => {});

  return Object.freeze({
    ready,
    begin: downloads.begin,
    end: downloads.end,
    counts: () => ({ delivered, malformed, unknown, ...downloads.counts() }),
    close: receiver.close,
  } satisfies DeliveryReports);
}

function toUnavailable(cause: Error, listen: string): XSendfileError {
  return new XSendfileError(
    'ERR_XSENDFILE_REPORTS_UNAVAILABLE',
    `deliveryReports: cannot receive reports at ${listen}: ${cause.message}. Close what uses the address, or choose another port here and in the configuration of the front end.`,
    { cause },
  );
}

function warnOf({ message }: XSendfileError): void {
  warn('XSENDFILE_REPORTS_UNAVAILABLE', message);
}
