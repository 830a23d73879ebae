import { RefusedError } from '../../shared/errors.js';
import { Argument, optional, type Readers, readOptions } from '../../shared/option-reader.js';
import type { AllowFacts, AllowFunction, FileTarget } from '../../types.js';
import { decide, TIMEOUT, waitFor } from './ask-store.js';
import { memoryUses } from './memory.js';
import { markAsRemembering } from './outlive-links.js';
import { endOf, type RevocationStore, storeWith } from './store.js';

/** Options of {@link createRevocations}. */
export interface RevocationsOptions {
  /**
   * Store of the revocations. Processes that serve the same links must share it:
   * `redisUses(client)`.
   *
   * @default `memoryUses()`
   */
  readonly store?: RevocationStore | undefined;
  /**
   * Seconds to wait for the store; then the response is 503.
   *
   * @default 2
   */
  readonly timeout?: number | undefined;
}

/** Revokes links; see {@link createRevocations}. */
export interface Revocations {
  /**
   * Revokes all links with an id.
   *
   * @param id - the claim `id` of the links.
   * @param expires - when the last of them expires: a `Date`, or milliseconds since the epoch. The `resumeGrace` of
   * handlers that have `allow` is added; add it yourself elsewhere, such as in another process.
   * @throws TypeError (as a rejection) for a wrong argument, and {@link RefusedError}
   * `ERR_XSENDFILE_STORE_UNAVAILABLE` if the store fails: the links may still be valid then.
   */
  revoke(id: string, expires: Date | number): Promise<void>;
  /** For `allow`: refuses revoked links with 410, and all links with an id with 503 if the store fails. */
  readonly allow: AllowFunction;
}

/** Milliseconds; a smaller number of them is certainly one of seconds. */
const SMALLEST_TIME = 1e11;

const OPTIONS = {
  store: optional(storeWith<RevocationStore>('revoke', 'isRevoked')),
  timeout: TIMEOUT,
} satisfies Readers<RevocationsOptions>;

/**
 * Creates a list of revoked links, from which each link disappears when it has expired anyway.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 *
 * @example Revoke a link
 * ```ts
 * import { authToken } from 'xsendfile';
 * import { createRevocations } from 'xsendfile/uses';
 *
 * const revocations = createRevocations();
 * const downloads = authToken(secret, '/srv/files', { allow: revocations.allow });
 * await revocations.revoke('order-17', expires);
 * ```
 */
export function createRevocations(options: RevocationsOptions = {}): Revocations {
  const { store = memoryUses(), timeout } = readOptions('createRevocations', options, OPTIONS);
  const timeoutMs = timeout * 1000;
  let graceMs = 0;

  async function allow(
    _file: FileTarget,
    { claims, resumeGrace, isExpired }: AllowFacts,
  ): Promise<boolean> {
    const id = claims?.id;
    if (id === undefined) return true;
    // Called by a function of the application: `authToken()` could not announce it, and the store may have forgotten.
    if (isExpired && resumeGrace * 1000 > graceMs) {
      throw new RefusedError('ERR_XSENDFILE_TOKEN_EXPIRED');
    }
    const answer = (async (): Promise<unknown> => store.isRevoked(id))();
    if (await decide(answer, timeoutMs)) throw new RefusedError('ERR_XSENDFILE_TOKEN_REVOKED');
    return true;
  }

  return Object.freeze({
    async revoke(id: string, expires: Date | number) {
      if (typeof id !== 'string' || id === '') {
        throw new Argument('revoke', 'id').wrong('the id of a link', id);
      }
      const end = endOf(new Date(expires));
      // As a comparison that NaN fails, too.
      if (!(end >= SMALLEST_TIME)) {
        const expected = 'a Date, or milliseconds since the epoch';
        throw new Argument('revoke', 'expires').wrong(expected, expires);
      }
      await waitFor((async () => store.revoke(id, end + graceMs))(), timeoutMs);
    },
    allow: markAsRemembering(allow, (seconds) => {
      graceMs = Math.max(graceMs, seconds * 1000);
    }),
  } satisfies Revocations);
}
