import { type Reader, withMethods } from '../../shared/option-reader.js';

/** A download that a link is used for. All times are milliseconds since the epoch. */
export interface Use {
  /** The `id` of the link: any string. Links with the same id share their uses. */
  readonly id: string;
  /** Number of downloads that the link is for; 0 once it has expired, when only a stored download may go on. */
  readonly max: number;
  /** Time until which the link must be remembered: it has expired then, and can no longer be resumed. */
  readonly expires: number;
  /** Identifies the download of the link: at most 64 letters, digits, `-` and `_`. */
  readonly download: string;
  /** Time until which the download must be remembered; not after `expires`. */
  readonly downloadExpires: number;
}

/** A download with a request that delivered nothing. */
export type ReleasedUse = Pick<Use, 'id' | 'download' | 'downloadExpires'>;

/**
 * Counts the uses of links. Errors, rejections and any other results than the ones below give 503,
 * so a store must throw if it cannot store a use.
 *
 * Each method must be atomic, also for several processes that share the store.
 */
export interface UseStore {
  /**
   * If the download is stored, adds one request to it. Otherwise, if fewer than `max` uses are taken, it takes one,
   * and stores the download with one request. In both cases, it returns the time until which the download is stored:
   * the `downloadExpires` of the first request. If all uses are taken, it returns false.
   */
  take(use: Use): number | false | Promise<number | false>;
  /** Returns whether `take()` would return a time, and changes nothing. */
  peek(use: Use): boolean | Promise<boolean>;
  /**
   * Subtracts one request, which delivered nothing, from the download that is stored until exactly `downloadExpires`,
   * as `take()` returned it. If no request is left, it deletes the download and releases its use. It does nothing if
   * the download is not stored, or until another time: then it is a later download of the same client, which keeps
   * its use.
   */
  release(use: ReleasedUse): unknown;
}

/** Stores which links are revoked; throws if it cannot. Times are milliseconds since the epoch. */
export interface RevocationStore {
  /** Stores until `expires` that the links with this id are revoked. */
  revoke(id: string, expires: number): unknown;
  /** Returns whether the links with this id are revoked. */
  isRevoked(id: string): boolean | Promise<boolean>;
}

/** Returns the time from which a link is no longer valid, in milliseconds: the end of its last second. */
export function endOf(expires: Date): number {
  return expires.getTime() + 1000;
}

/** Reads a store, which has these methods. */
export function storeWith<Store extends object>(
  ...methods: readonly (keyof Store & string)[]
): Reader<Store> {
  const expected = `memoryUses(), redisUses(client), or an object with ${methods.join(', ')}`;
  return withMethods(expected, ...methods);
}
