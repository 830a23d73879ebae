import { callback, count, type Readers, readOptions } from '../../shared/option-reader.js';
import { ExpiringMap } from './expiring-map.js';
import type { ReleasedUse, RevocationStore, Use, UseStore } from './store.js';

/** Options of {@link memoryUses}. */
export interface MemoryUsesOptions {
  /**
   * Maximum number of used links, of downloads within their window, and of revoked links, each. When it
   * is reached, further ones get 503, until one of these expires.
   *
   * @default 100_000
   */
  readonly maxLinks?: number | undefined;
  /**
   * The clock, in milliseconds.
   *
   * @default `Date.now`
   */
  readonly now?: (() => number) | undefined;
}

const OPTIONS = {
  maxLinks: count(100_000),
  now: callback(() => Date.now()),
} satisfies Readers<MemoryUsesOptions>;

/**
 * Creates a store in memory: for a single process whose restart may forget the uses.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function memoryUses(options: MemoryUsesOptions = {}): UseStore & RevocationStore {
  const caller = 'memoryUses';
  const { maxLinks, now } = readOptions(caller, options, OPTIONS);
  /** By the id of the link. */
  const links = new ExpiringMap<{ expires: number; taken: number }>(maxLinks);
  const downloads = new ExpiringMap<{ readonly expires: number; requests: number }>(maxLinks);
  const revoked = new ExpiringMap<{ readonly expires: number }>(maxLinks);

  return Object.freeze({
    peek(use: Use) {
      const time = now();
      const isRunning = downloads.get(keyOf(use), time) !== undefined;
      return isRunning || (links.get(use.id, time)?.taken ?? 0) < use.max;
    },
    take(use: Use) {
      const time = now();
      const { id, expires, downloadExpires } = use;
      // Otherwise the link would be forgotten at once, and each of its uses would be the first.
      if (expires <= time) throw new Error(`${caller}: the link has expired by the clock here.`);
      const link = links.get(id, time) ?? { expires, taken: 0 };
      // Links with one id may expire at different times: the latest counts.
      link.expires = Math.max(link.expires, expires);
      const running = downloads.get(keyOf(use), time);
      if (running !== undefined) {
        running.requests += 1;
        return running.expires;
      }
      if (!(link.taken < use.max)) return false;
      links.set(id, link, time);
      downloads.set(keyOf(use), { expires: downloadExpires, requests: 1 }, time);
      link.taken += 1;
      return downloadExpires;
    },
    release(use: ReleasedUse) {
      const time = now();
      const running = downloads.get(keyOf(use), time);
      if (running?.expires !== use.downloadExpires) return;
      running.requests -= 1;
      if (running.requests > 0) return;
      downloads.delete(keyOf(use));
      const link = links.get(use.id, time);
      if (link !== undefined) link.taken -= 1;
    },
    revoke(id: string, expires: number) {
      const time = now();
      if (expires <= (revoked.get(id, time)?.expires ?? time)) return;
      revoked.set(id, { expires }, time);
    },
    isRevoked: (id: string) => revoked.get(id, now()) !== undefined,
  });
}

/** Ids may contain anything, so they cannot simply be joined with a separator. */
function keyOf({ id, download }: Pick<Use, 'id' | 'download'>): string {
  return JSON.stringify([id, download]);
}
