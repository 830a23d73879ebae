/** Milliseconds between two sweeps, while there is room. */
const SWEEP_INTERVAL_MS = 60_000;
/** Milliseconds between two sweeps of a full map. */
const SWEEP_INTERVAL_FULL_MS = 1000;

/** Properties of each entry. */
interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** A map of entries that expire. It is bounded, and forgets no entry before its time. */
export class ExpiringMap<Entry extends Expiring> {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
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
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  #makeRoom(now: number): void {
    const interval = this.#isFull() ? SWEEP_INTERVAL_FULL_MS : SWEEP_INTERVAL_MS;
    if (now - this.#sweptAt >= interval) {
      this.#sweptAt = now;
      for (const [key, { expires }] of this.#entries) {
        if (expires <= now) this.#entries.delete(key);
      }
    }
    if (!this.#isFull()) return;
    throw new Error(
      `memoryUses: there are already ${this.#maxEntries} entries (maxLinks), and none has expired.`,
    );
  }

  #isFull(): boolean {
    return this.#entries.size >= this.#maxEntries;
  }
}
