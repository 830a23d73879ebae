// @ts-check
// The downloads that the page /live lists: newest first, with their progress, for all who listen.

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

export function createTransfers() {
  /** @type {Entry[]} newest first */
  const entries = [];
  /** @type {WeakMap<import('node:http').IncomingMessage, Entry>} */
  const byRequest = new WeakMap();
  /** @type {Set<(transfer: Transfer) => void>} */
  const listeners = new Set();
  let lastId = 0;

  /**
   * Shows a change to all who listen.
   *
   * @param {Transfer} transfer
   */
  function publish(transfer) {
    for (const listener of listeners) listener(transfer);
  }

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
    publish,

    /**
     * @param {import('node:http').IncomingMessage} req
     * @param {Pick<Transfer, 'link' | 'path' | 'status' | 'total'>} known
     */
    begin(req, known) {
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
    },

    /** @param {import('node:http').IncomingMessage} req */
    of: (req) => byRequest.get(req),

    /**
     * The oldest listed download of a URL that a front end is sending.
     *
     * @param {string | undefined} url
     */
    findOffloaded: (url) =>
      entries.findLast(({ transfer, url: other }) => {
        return transfer.state === 'offloaded' && other === url;
      }),

    /** The latest downloads, newest first. */
    list: () => entries.map(({ transfer }) => transfer),

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
