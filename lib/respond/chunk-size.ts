import { LARGEST_BUFFER, SMALLEST_BUFFER } from '../shared/buffer-pool.js';

/** First chunk of every transfer, and the largest one until the client has proved to be fast. */
const USUAL_CHUNK_BYTES = 256 * 1024;
/**
 * The kernels of both sides buffer about four megabytes, whether or not the client reads: only a client that
 * has received more is known to be fast, and gets chunks of {@link LARGEST_BUFFER}.
 */
const PROVEN_AFTER_BYTES = 6 * 1024 * 1024;
/** Maximum size of the chunks of all transfers together, in bytes, as long as each has at least the smallest. */
const ALL_CHUNKS_BYTES = 16 * 1024 * 1024;
/** A client that accepts a chunk within this time, in milliseconds, gets larger ones. */
const FAST_MS = 30;
/** One that takes longer gets the smallest: a thousand slow clients must not use a megabyte each. */
const SLOW_MS = 300;

/** Number of running transfers of files. */
let transfers = 0;

/** Chooses the size of the chunks of one transfer: the faster the client, and the fewer the transfers, the larger. */
export class ChunkSize {
  #bytes = USUAL_CHUNK_BYTES;
  #sentBytes = 0;
  #isCounted = false;

  /**
   * Returns the size of a buffer for the next chunk, in bytes: a power of two.
   *
   * @param most - maximum bytes of the chunk.
   */
  next(most: number): number {
    if (!this.#isCounted) transfers += 1;
    this.#isCounted = true;
    const bufferBytes = Math.max(SMALLEST_BUFFER, 2 ** Math.ceil(Math.log2(most)));
    return Math.min(this.#bytes, fairShare(), bufferBytes);
  }

  /** Notes that the client took so many milliseconds for so many bytes. */
  note(bytes: number, elapsedMs: number): void {
    this.#sentBytes += bytes;
    const largest = this.#sentBytes < PROVEN_AFTER_BYTES ? USUAL_CHUNK_BYTES : LARGEST_BUFFER;
    if (elapsedMs < FAST_MS) this.#bytes = Math.min(this.#bytes * 4, largest);
    else if (elapsedMs > SLOW_MS) this.#bytes = SMALLEST_BUFFER;
  }

  /** Must be called when the transfer is over. */
  release(): void {
    if (this.#isCounted) transfers -= 1;
    this.#isCounted = false;
  }
}

/** Returns one transfer's share of the memory, as a size of buffers. */
function fairShare(): number {
  const share = 2 ** Math.floor(Math.log2(ALL_CHUNKS_BYTES / transfers));
  return Math.min(Math.max(share, SMALLEST_BUFFER), LARGEST_BUFFER);
}
