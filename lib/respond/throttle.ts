/** Seconds of the rate in one chunk: short enough to look smooth. */
const CHUNK_SECONDS = 0.05;

/** Limits the bytes per second of one transfer, as a token bucket. */
export interface Throttle {
  /** Maximum bytes for one call of {@link Throttle.take}. */
  readonly chunkBytes: number;
  /** Resolves when so many bytes may be written, or the exchange is over. */
  take(bytes: number, connection: { pause(ms: number): Promise<boolean> }): Promise<void>;
}

/**
 * @param rate - bytes per second, 1 or more; undefined for no limit.
 * @param maxBytes - returns the maximum bytes of a chunk at the moment.
 */
export function createThrottle(rate: number | undefined, maxBytes: () => number): Throttle {
  if (rate === undefined) {
    return {
      get chunkBytes() {
        return maxBytes();
      },
      async take() {},
    };
  }
  const chunkBytes = Math.max(1, Math.floor(rate * CHUNK_SECONDS));
  // Two chunks, so that a timer that is late costs no throughput.
  const capacity = 2 * chunkBytes;
  let tokens = chunkBytes;
  let filledAt = performance.now();
  const fill = (): void => {
    const now = performance.now();
    tokens = Math.min(capacity, tokens + ((now - filledAt) / 1000) * rate);
    filledAt = now;
  };
  return {
    get chunkBytes() {
      return Math.min(chunkBytes, maxBytes());
    },
    async take(bytes, connection) {
      fill();
      // A client that reads more slowly than the rate needs no timer.
      while (tokens < bytes) {
        if (!(await connection.pause(((bytes - tokens) / rate) * 1000))) return;
        fill();
      }
      tokens -= bytes;
    },
  };
}
