/** Milliseconds between two sweeps, while there is room. */
const SWEEP_INTERVAL_MS = 60_000;

/** What an entry must have. */
interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** A map of entries that expire. It is bounded, and forgets no entry before its time. */
export class ExpiringMap<Entry extends Expiring> {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  #nextSweep = 0;
  /** No entry expires before this. */
  #earliest = Number.POSITIVE_INFINITY;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the entry, unless it has expired. */
  get(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expires > now ? entry : undefined;
  }

  /** @throws Error if the map is full of entries that have not expired. */
  set(key: string, entry: Entry, now: number): void {
    if (!this.#entries.has(key)) this.#makeRoom(now);
    this.#entries.set(key, entry);
    this.#earliest = Math.min(this.#earliest, entry.expires);
  }

  /** Links expire at whole seconds, so even a full map is swept only once a second. */
  #makeRoom(now: number): void {
    const isFull = this.#entries.size >= this.#maxEntries;
    if (now >= (isFull ? this.#earliest : this.#nextSweep)) this.#sweep(now);
    if (this.#entries.size < this.#maxEntries) return;
    throw new Error(
      `memoryUses: there are already ${this.#maxEntries} links (maxLinks), and none has expired.`,
    );
  }

  #sweep(now: number): void {
    this.#nextSweep = now + SWEEP_INTERVAL_MS;
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const [key, { expires }] of this.#entries) {
      if (expires <= now) this.#entries.delete(key);
      else this.#earliest = Math.min(this.#earliest, expires);
    }
  }
}
