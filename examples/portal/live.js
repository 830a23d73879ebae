// @ts-check
// Follows all downloads by what xsendfile publishes about them, for the page /live.
import { subscribe } from 'node:diagnostics_channel';
import { createTransfers } from './transfers.js';

/** @typedef {import('./transfers.js').Entry} Entry */

/**
 * The number of downloads by result. Each is counted once, when its result is certain; only `running` goes down.
 *
 * @typedef {{ running: number, complete: number, aborted: number, refused: number }} Counts
 */

/** @type {Record<string, keyof Counts>} */
const COUNTED_AS = {
  ...{ sent: 'complete', offloaded: 'complete', delivered: 'complete' },
  ...{ aborted: 'aborted', failed: 'aborted', refused: 'refused' },
};
/** Reports get lost. Later ones are not waited for. */
const REPORT_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export function createLive() {
  const transfers = createTransfers();
  /** @type {Counts} */
  const counts = { running: 0, complete: 0, aborted: 0, refused: 0 };

  /**
   * What a front end sends and will report, by the id of the download, oldest first.
   *
   * @type {Map<string, Entry>}
   */
  const unreported = new Map();

  /** @param {string} state */
  function count(state) {
    const name = COUNTED_AS[state];
    if (name) counts[name] += 1;
  }

  // Every handler of xsendfile publishes each outcome here.
  subscribe('xsendfile:outcome', (message) => {
    const { outcome, req } =
      /** @type {{ outcome: import('xsendfile').Outcome, req: import('node:http').IncomingMessage }} */ (
        message
      );
    const { kind, status, method, path = '', size, bytes, range, sender, tokenId } = outcome;
    const { code, downloadId } = outcome;
    const begun = transfers.of(req);
    if (!begun && (kind === 'not-modified' || method === 'HEAD')) return;
    // The page for confirmation, or its submitted form: the download follows.
    if (code === 'ERR_XSENDFILE_UNCONFIRMED') return;
    const entry = begun ?? transfers.begin(req, { link: tokenId, path, status, total: size });
    const { transfer } = entry;
    const total = range ? range.end - range.start + 1 : transfer.total;
    if (!begun) counts.running += 1;
    if (kind === 'offloaded' && downloadId) {
      forgetLostReports();
      unreported.set(downloadId, entry);
    } else {
      counts.running -= 1;
      count(kind);
    }
    Object.assign(transfer, { state: kind, status, bytes, total, sender });
    transfers.publish(transfer);
  });

  function forgetLostReports() {
    for (const [id, { transfer }] of unreported) {
      if (transfer.startedAt.getTime() > Date.now() - REPORT_TIMEOUT_MS) return;
      unreported.delete(id);
      counts.running -= 1;
    }
  }

  /**
   * Notes what a front end has sent.
   *
   * @param {Entry} entry
   * @param {{ status: number, bytes: number, complete: boolean }} delivery
   */
  function settle({ transfer }, { status, bytes, complete }) {
    const isFile = status === 200 || status === 206;
    Object.assign(transfer, { bytes, state: complete && isFile ? 'delivered' : 'aborted' });
  }

  // With the option `reports`, a front end reports how the downloads ended that it has sent.
  subscribe('xsendfile:delivery', (message) => {
    const { delivery } = /** @type {{ delivery: import('xsendfile').Delivery }} */ (message);
    const entry = unreported.get(delivery.downloadId);
    if (!entry) return;
    unreported.delete(delivery.downloadId);
    settle(entry, delivery);
    counts.running -= 1;
    count(entry.transfer.state);
    transfers.publish(entry.transfer);
  });

  return {
    /**
     * For the option `allow`: notes that a download begins, and allows it.
     *
     * @type {import('xsendfile').AllowFunction<import('express').Request>}
     */
    allow({ segments, size }, { req, claims, status, confirmation, archive }) {
      // An archive is one download, which the outcome reports.
      if (archive !== undefined) return true;
      const isFile = status === 200 || status === 206;
      if (req.method === 'GET' && isFile && confirmation !== 'missing') {
        counts.running += 1;
        const total = status === 200 ? size : undefined;
        transfers.begin(req, { link: claims?.id, path: segments.join('/'), status, total });
      }
      return true;
    },

    /**
     * Guesses the same from a line of a front end's log: "GET /files/a.txt, 200, 12 bytes". For front ends
     * that do not report.
     *
     * @param {string} line
     */
    deliver(line) {
      const [, url, status, bytes] = /^GET (\S+), (\d+), (\d+) bytes$/.exec(line) ?? [];
      const entry = transfers.findOffloaded(url);
      if (!entry) return;
      const complete = status !== '200' || Number(bytes) === entry.transfer.total;
      // It was counted when it was offloaded.
      settle(entry, { status: Number(status), bytes: Number(bytes), complete });
      transfers.publish(entry.transfer);
    },

    list: transfers.list,

    listen: transfers.listen,

    counts,
  };
}
