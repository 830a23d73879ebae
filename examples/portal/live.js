// @ts-check
// All downloads as they happen, for the page /live.
import { subscribe } from 'node:diagnostics_channel';

const MAX_TRANSFERS = 50;
const TICK_MS = 250;

/**
 * state: `running`, or the kind of the outcome; `delivered` or `aborted` when a front end has reported.
 * total: bytes that the response has, if known. link: id of the link, if there was one.
 *
 * @typedef {object} Transfer
 * @property {number} id
 * @property {Date} startedAt
 * @property {string | undefined} user
 * @property {string | undefined} link
 * @property {string} path
 * @property {string | undefined} sender
 * @property {number} status
 * @property {string} state
 * @property {number} bytes
 * @property {number | undefined} total
 */

/** @typedef {{ transfer: Transfer, url: string, measure: () => number }} Entry */

/**
 * How many downloads there were, by what became of them. A download is counted once, when that is certain: only
 * `running` goes down.
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
  /** @type {Entry[]} newest first */
  const entries = [];
  /** @type {WeakMap<import('node:http').IncomingMessage, Entry>} */
  const byRequest = new WeakMap();
  /** @type {Set<(transfer: Transfer) => void>} */
  const listeners = new Set();
  /** @type {Counts} */
  const counts = { running: 0, complete: 0, aborted: 0, refused: 0 };
  let lastId = 0;

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

  /** @param {Transfer} transfer */
  function publish(transfer) {
    for (const listener of listeners) listener(transfer);
  }

  /**
   * @param {import('node:http').IncomingMessage} req
   * @param {Pick<Transfer, 'link' | 'path' | 'status' | 'total'>} known
   */
  function begin(req, known) {
    const {
      socket,
      session,
      originalUrl: url = '',
    } = /** @type {import('express').Request} */ (req);
    const before = socket.bytesWritten;
    const transfer = {
      ...{ id: ++lastId, startedAt: new Date(), user: session?.user, sender: undefined },
      ...{ state: 'running', bytes: 0, ...known },
    };
    /** @type {Entry} */
    const entry = { transfer, url, measure: () => socket.bytesWritten - before };
    byRequest.set(req, entry);
    entries.unshift(entry);
    entries.splice(MAX_TRANSFERS);
    publish(transfer);
    return entry;
  }

  // Every handler of xsendfile publishes each outcome here.
  subscribe('xsendfile:outcome', (message) => {
    const { outcome, req } =
      /** @type {{ outcome: import('xsendfile').Outcome, req: import('node:http').IncomingMessage }} */ (
        message
      );
    const { kind, status, method, path = '', size, bytes, range, sender, tokenId } = outcome;
    const { code, downloadId } = outcome;
    const begun = byRequest.get(req);
    if (!begun && (kind === 'not-modified' || method === 'HEAD')) return;
    // A user is asked, or has just confirmed: the download follows.
    if (code === 'ERR_XSENDFILE_UNCONFIRMED') return;
    const entry = begun ?? begin(req, { link: tokenId, path, status, total: size });
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
    publish(transfer);
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

  // With the option reports, this tells what became of downloads that were left to a front end.
  subscribe('xsendfile:delivery', (message) => {
    const { delivery } = /** @type {{ delivery: import('xsendfile').Delivery }} */ (message);
    const entry = unreported.get(delivery.downloadId);
    if (!entry) return;
    unreported.delete(delivery.downloadId);
    settle(entry, delivery);
    counts.running -= 1;
    count(entry.transfer.state);
    publish(entry.transfer);
  });

  setInterval(() => {
    if (listeners.size === 0) return;
    for (const { transfer, measure } of entries) {
      if (transfer.state !== 'running') continue;
      // It includes the head of the response.
      transfer.bytes = Math.min(measure(), transfer.total ?? Number.POSITIVE_INFINITY);
      publish(transfer);
    }
  }, TICK_MS).unref();

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
        begin(req, { link: claims?.id, path: segments.join('/'), status, total });
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
      const entry = entries.findLast(({ transfer, url: other }) => {
        return transfer.state === 'offloaded' && other === url;
      });
      if (!entry) return;
      const complete = status !== '200' || Number(bytes) === entry.transfer.total;
      // It was counted when it was handed over.
      settle(entry, { status: Number(status), bytes: Number(bytes), complete });
      publish(entry.transfer);
    },

    /** The latest downloads, newest first. */
    list: () => entries.map(({ transfer }) => transfer),

    counts,

    /**
     * Calls a function for each change of a download.
     *
     * @param {(transfer: Transfer) => void} listener
     * @returns {() => void} ends that
     */
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
