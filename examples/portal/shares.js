// @ts-check
// The links that users have made. They are in memory, and end with the process, as their secret does.
import { randomBytes, randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { createRevocations, limitUses, memoryUses } from 'xsendfile/uses';

/**
 * path: segments below the root. href: the link, to append to a mount path. filename: for downloads;
 * undefined keeps the document's. uses: number of downloads; undefined for any number. rate: bytes per
 * second; undefined for no limit.
 *
 * @typedef {object} Share
 * @property {string} id
 * @property {string} user
 * @property {string[]} path
 * @property {boolean} isFolder
 * @property {string} href
 * @property {Date} expires
 * @property {string | undefined} filename
 * @property {number | undefined} uses
 * @property {number | undefined} rate
 * @property {number} downloads - complete, or offloaded to a front end that does not report
 * @property {Map<string, number>} resumable - until when each client may resume, in milliseconds, by its address
 * @property {boolean} isRevoked
 */

/** @typedef {'active' | 'used up' | 'expired' | 'revoked'} ShareState */

const DAY_MS = 24 * 60 * 60 * 1000;
/** Seconds after its beginning in which a client may resume a download. */
const RESUME_WINDOW = 600;

export function createShares() {
  const store = memoryUses();
  const revocations = createRevocations({ store });
  /** @type {Map<string, Share>} */
  const shares = new Map();

  function forgetOld() {
    for (const { id, expires } of shares.values()) {
      if (expires.getTime() < Date.now() - DAY_MS) shares.delete(id);
    }
  }

  /**
   * For the option `allow`: notes until when a client may resume, for its page.
   *
   * @type {import('xsendfile').AllowFunction<import('express').Request>}
   */
  function noteClient(_file, { req, claims, status, confirmation, onFinish }) {
    const resumable = shares.get(claims?.id ?? '')?.resumable;
    const { ip = '', method } = req;
    const isFile = status === 200 || status === 206;
    const isDownload = method === 'GET' && isFile && confirmation !== 'missing';
    if (!resumable || !isDownload || Number(resumable.get(ip)) > Date.now()) return true;
    resumable.set(ip, Date.now() + RESUME_WINDOW * 1000);
    // Then its use is released.
    onFinish(({ kind, bytes }) => {
      if (bytes === 0 && ['aborted', 'failed', 'refused'].includes(kind)) resumable.delete(ip);
    });
    return true;
  }

  /** @param {import('xsendfile').Outcome} outcome */
  function noteDownload({ tokenId = '', method }) {
    const share = shares.get(tokenId);
    if (share && method === 'GET') share.downloads += 1;
  }

  // A front end's reports of the downloads that were offloaded to it.
  subscribe('xsendfile:delivery', (message) => {
    const { delivery, outcome } =
      /** @type {{ delivery: import('xsendfile').Delivery, outcome: import('xsendfile').Outcome }} */ (
        message
      );
    const isFile = delivery.status === 200 || delivery.status === 206;
    if (outcome.kind === 'offloaded' && delivery.complete && isFile) noteDownload(outcome);
  });

  return {
    /** For the option `allow` of authToken(): revoked links, and links without uses left, get 410. */
    allow: [revocations.allow, limitUses({ store, window: RESUME_WINDOW }), noteClient],

    /**
     * @param {import('xsendfile').UrlSigner} signer
     * @param {Pick<Share, 'user' | 'path' | 'isFolder' | 'expires' | 'filename' | 'uses' | 'rate'>} share
     */
    create(signer, share) {
      forgetOld();
      const id = randomBytes(9).toString('base64url');
      const { path, isFolder, expires, filename, uses, rate } = share;
      const claims = { id, expires, filename, uses, rate, prefix: isFolder };
      // Without the attribute `download` of a link, a form would show it.
      const disposition = uses === undefined ? undefined : 'attachment';
      const href = signer.sign(path, { ...claims, disposition });
      shares.set(id, { ...share, id, href, downloads: 0, resumable: new Map(), isRevoked: false });
      return id;
    },

    /** @param {string | undefined} id */
    get(id) {
      return id === undefined ? undefined : shares.get(id);
    },

    /** @param {string} user */
    listOf(user) {
      forgetOld();
      return [...shares.values()].filter((share) => share.user === user).reverse();
    },

    /**
     * @param {Share} share
     * @returns {Promise<ShareState>}
     */
    async stateOf({ id, expires, isRevoked, uses }) {
      if (isRevoked) return 'revoked';
      if (expires.getTime() < Date.now()) return 'expired';
      if (uses === undefined) return 'active';
      const time = expires.getTime();
      const another = {
        id,
        max: uses,
        expires: time,
        download: randomUUID(),
        downloadExpires: time,
      };
      return (await store.peek(another)) ? 'active' : 'used up';
    },

    /**
     * Until when a client may resume its download.
     *
     * @param {Share} share
     * @param {import('express').Request} req
     */
    resumableUntil({ resumable, expires }, { ip = '' }) {
      const until = Math.min(resumable.get(ip) ?? 0, expires.getTime());
      return until > Date.now() ? new Date(until) : undefined;
    },

    /** @param {Share} share */
    async revoke(share) {
      await revocations.revoke(share.id, share.expires);
      share.isRevoked = true;
    },

    /**
     * Counts downloads, for the list of links.
     *
     * @param {import('xsendfile').Outcome} outcome
     */
    count(outcome) {
      const { kind, downloadId } = outcome;
      // With an id, there will be a report.
      if (kind === 'sent' || (kind === 'offloaded' && !downloadId)) noteDownload(outcome);
    },
  };
}
