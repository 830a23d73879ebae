import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show } from '../shared/option-checks.js';
import { ExpiringMap } from './expiring-map.js';
import type { RevocationStore, Use, UseStore } from './store.js';

/** Options of {@link memoryUses}. */
export interface MemoryUsesOptions {
  /**
   * Maximum number of links that have been used and have not expired. When it is reached, further links
   * with `uses` get 503, until one of these expires.
   *
   * @default 100_000
   */
  readonly maxLinks?: number | undefined;
  /**
   * The clock, in milliseconds.
   *
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

/** Uses of the links with one id. */
interface Link {
  expires: number;
  taken: number;
  /** Running downloads, in the order of their first requests. */
  readonly downloads: Map<string, { readonly expires: number; requests: number }>;
}

/**
 * Creates a store in the memory of this process: for a single process whose restart may forget the
 * uses.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function memoryUses(options: MemoryUsesOptions = {}): UseStore & RevocationStore {
  const caller = 'memoryUses';
  checkKnownKeys(caller, options, ['maxLinks', 'now']);
  const { maxLinks = 100_000, now = Date.now } = options;
  if (!Number.isSafeInteger(maxLinks) || maxLinks < 1) {
    throw new BadOptionError(
      `${caller}: maxLinks must be a whole number, 1 or more, got ${show(maxLinks)}.`,
    );
  }
  if (typeof now !== 'function') {
    throw new BadOptionError(`${caller}: now must be a function, got ${show(now)}.`);
  }
  const links = new ExpiringMap<Link>(maxLinks);
  const revoked = new ExpiringMap<{ readonly expires: number }>(maxLinks);

  /** Forgets the downloads whose window has ended. */
  function linkOf(id: string, time: number): Link {
    const link = links.get(id, time) ?? { expires: 0, taken: 0, downloads: new Map() };
    for (const [download, { expires }] of link.downloads) {
      if (expires > time) break;
      link.downloads.delete(download);
    }
    return link;
  }

  return Object.freeze({
    peek({ id, max, download }: Use) {
      const { taken, downloads } = linkOf(id, now());
      return downloads.has(download) || taken < max;
    },
    take({ id, max, expires, download, downloadExpires }: Use) {
      const time = now();
      // Otherwise the link would be forgotten at once, and each of its uses would be the first.
      if (expires <= time) throw new Error(`${caller}: the link has expired by the clock here.`);
      const link = linkOf(id, time);
      const running = link.downloads.get(download);
      if (running !== undefined) {
        running.requests += 1;
        return true;
      }
      if (!(link.taken < max)) return false;
      link.expires = Math.max(link.expires, expires);
      links.set(id, link, time);
      link.taken += 1;
      link.downloads.set(download, { expires: downloadExpires, requests: 1 });
      return true;
    },
    giveBack({ id, download }: Pick<Use, 'id' | 'download'>) {
      const link = links.get(id, now());
      if (link?.downloads.get(download)?.requests !== 1) return;
      link.downloads.delete(download);
      link.taken -= 1;
    },
    revoke(id: string, expires: number) {
      const time = now();
      if (expires <= (revoked.get(id, time)?.expires ?? time)) return;
      revoked.set(id, { expires }, time);
    },
    isRevoked: (id: string) => revoked.get(id, now()) !== undefined,
  });
}
