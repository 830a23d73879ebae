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
  ended?: { readonly outcome: Outcome; readonly observers: Observers };
}

/** Called with each delivery, once for each download. */
type OnDelivery = (delivery: Delivery, outcome: Outcome, observers: Observers) => void;

/** 128 bits. */
const ID_BYTES = 16;

/**
 * The downloads that are not yet delivered, oldest first. A download is forgotten when it expires, and the
 * oldest one when there are too many.
 */
export class PendingDownloads {
  readonly #downloads = new Map<string, Pending>();
  readonly #maxPending: number;
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  readonly #onDelivery: OnDelivery;
  #expired = 0;

  constructor(
    limits: { readonly maxPending: number; readonly lifetimeMs: number },
    now: () => number,
    onDelivery: OnDelivery,
  ) {
    this.#maxPending = limits.maxPending;
    this.#lifetimeMs = limits.lifetimeMs;
    this.#now = now;
    this.#onDelivery = onDelivery;
  }

  get size(): number {
    this.#forgetOld(this.#maxPending);
    return this.#downloads.size;
  }

  /** Downloads that were forgotten without a delivery. */
  get expired(): number {
    this.#forgetOld(this.#maxPending);
    return this.#expired;
  }

  /** Returns the id of a new download. */
  begin(): string {
    this.#forgetOld(this.#maxPending - 1);
    const id = randomBytes(ID_BYTES).toString('base64url');
    this.#downloads.set(id, { expires: this.#now() + this.#lifetimeMs });
    return id;
  }

  /** Takes the outcome of a download, which is a delivery if Node has sent the response. */
  end(outcome: Outcome, observers: Observers): void {
    const { downloadId = '' } = outcome;
    const download = this.#downloads.get(downloadId);
    if (!isLeftToFrontEnd(outcome)) {
      this.#downloads.delete(downloadId);
      this.#deliver(ownReport(downloadId, outcome), { outcome, observers });
    } else if (download?.report !== undefined) {
      this.#downloads.delete(downloadId);
      this.#deliver(download.report, { outcome, observers });
    } else if (download !== undefined) {
      download.ended = { outcome, observers };
    }
  }

  /** Takes the report of a front end; returns false if it is for no download, or one that has a report. */
  report(report: Report): boolean {
    const { downloadId } = report;
    this.#forgetOld(this.#maxPending);
    const download = this.#downloads.get(downloadId);
    if (download === undefined || download.report !== undefined) return false;
    // The front end may be faster than the end of the exchange with it.
    if (download.ended === undefined) download.report = report;
    else {
      this.#downloads.delete(downloadId);
      this.#deliver(report, download.ended);
    }
    return true;
  }

  #deliver(report: Report, { outcome, observers }: NonNullable<Pending['ended']>): void {
    const { downloadId, status, bytes, length = 0, isComplete, range } = report;
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
      at: new Date(this.#now()),
    });
    this.#onDelivery(delivery, outcome, observers);
  }

  /** All live equally long, so the oldest expire first. */
  #forgetOld(maxPending: number): void {
    const now = this.#now();
    for (const [id, { expires }] of this.#downloads) {
      if (expires > now && this.#downloads.size <= maxPending) return;
      this.#downloads.delete(id);
      this.#expired += 1;
    }
  }
}

/** Whether only the front end knows the rest. It may have got the file although its connection broke. */
function isLeftToFrontEnd({ kind, sender }: Outcome): boolean {
  return kind === 'offloaded' || (kind === 'aborted' && sender !== 'serve' && sender !== undefined);
}

function ownReport(downloadId: string, { kind, status, bytes, range }: Outcome): Report {
  const isComplete = kind === 'sent' || kind === 'not-modified' || kind === 'refused';
  return { downloadId, status, bytes, isComplete, range };
}
