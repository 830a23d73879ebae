import { randomBytes } from 'node:crypto';
import type { Report } from '../servers/config/report-line.js';
import type { Delivery, Outcome } from '../types.js';

/** Functions that wait for the delivery of one download. */
type Observers = readonly ((delivery: Delivery) => void)[];

/** A download of which the outcome, the report, or both are missing. */
interface Pending {
  /** Milliseconds since the epoch. */
  readonly expires: number;
  report?: Report;
  ended?: Ended;
}

interface Ended {
  readonly outcome: Outcome;
  readonly observers: Observers;
}

/** 128 bits. */
const ID_BYTES = 16;

/** Settings of {@link createPendingDownloads}. */
interface Settings {
  readonly maxPending: number;
  readonly lifetimeMs: number;
  readonly now: () => number;
  /** Called with each delivery, once for each download. */
  readonly onDelivery: (delivery: Delivery, outcome: Outcome, observers: Observers) => void;
}

/**
 * Creates the list of the downloads that are not yet delivered, oldest first. A download is forgotten when it expires,
 * and the oldest one when there are too many.
 */
export function createPendingDownloads({ maxPending, lifetimeMs, now, onDelivery }: Settings) {
  const downloads = new Map<string, Pending>();
  let expired = 0;

  function deliver(report: Report, { outcome, observers }: Ended): void {
    const { downloadId, status, bytes, length = 0, isComplete, range } = report;
    downloads.delete(downloadId);
    const isHead = outcome.method === 'HEAD';
    const hasBody = !isHead && status !== 304;
    const delivery: Delivery = Object.freeze({
      downloadId,
      status,
      // Apache logs the length that a body would have had.
      bytes: isHead ? 0 : bytes,
      // To nginx, a response is complete if the store has cut it off.
      complete: isComplete && (!hasBody || bytes >= length),
      ...(range === undefined ? {} : { range: Object.freeze({ ...range }) }),
      at: new Date(now()),
    });
    onDelivery(delivery, outcome, observers);
  }

  /** All live equally long, so the oldest expire first. */
  function forgetOld(limit = maxPending): void {
    const time = now();
    for (const [id, { expires }] of downloads) {
      if (expires > time && downloads.size <= limit) return;
      downloads.delete(id);
      expired += 1;
    }
  }

  return {
    /** Returns the id of a new download. */
    begin(): string {
      forgetOld(maxPending - 1);
      const id = randomBytes(ID_BYTES).toString('base64url');
      downloads.set(id, { expires: now() + lifetimeMs });
      return id;
    },
    /** Takes the outcome of a download, which is a delivery if Node has sent the response. */
    end(outcome: Outcome, observers: Observers): void {
      const { downloadId = '' } = outcome;
      const download = downloads.get(downloadId);
      const ended = { outcome, observers };
      const report = isLeftToFrontEnd(outcome) ? download?.report : ownReport(downloadId, outcome);
      if (report !== undefined) deliver(report, ended);
      else if (download !== undefined) download.ended = ended;
    },
    /** Takes the report of a front end; returns false if it is for no download, or one that has a report. */
    report(report: Report): boolean {
      forgetOld();
      const download = downloads.get(report.downloadId);
      if (download === undefined || download.report !== undefined) return false;
      // The front end may be faster than the end of the exchange with it.
      if (download.ended === undefined) download.report = report;
      else deliver(report, download.ended);
      return true;
    },
    /** Returns how many downloads are waiting, and how many were forgotten without a delivery. */
    counts() {
      forgetOld();
      return { pending: downloads.size, expired };
    },
  };
}

/** Whether only the front end knows the rest. It may have got the file although its connection broke. */
function isLeftToFrontEnd({ kind, sender }: Outcome): boolean {
  return kind === 'offloaded' || (kind === 'aborted' && sender !== 'serve' && sender !== undefined);
}

function ownReport(downloadId: string, { kind, status, bytes, range }: Outcome): Report {
  const isComplete = kind === 'sent' || kind === 'not-modified' || kind === 'refused';
  return { downloadId, status, bytes, isComplete, range };
}
