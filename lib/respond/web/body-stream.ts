import { read } from 'node:fs';
import { fileChanged, type PumpSource, type Sink } from '../sink.js';
import { Watch } from '../watch.js';

/** Minimum size of the chunks of a file: web streams with smaller ones are several times slower. */
const SMALLEST_CHUNK_BYTES = 64 * 1024;

/**
 * The body of a `Response`, as a byte stream that its reader pulls: what is written waits until it is read, so that
 * at most one chunk is in memory.
 *
 * The exchange is over with the last chunk that was read; or as soon as the reader cancels, the signal is aborted, or
 * nothing is read for as long as the idle timeout.
 */
export class BodyStream implements Sink {
  readonly connection: Watch;
  readonly stream: ReadableStream<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #controller!: ReadableByteStreamController;
  /** Ends the current call of `pull()`; undefined if nobody reads. */
  #fulfil: (() => void) | undefined;

  /**
   * @param signal - of the request; undefined if it says nothing about the response.
   * @param idleTimeoutMs - milliseconds without a read after which the body ends; 0 for no limit.
   */
  constructor(signal: AbortSignal | undefined, idleTimeoutMs: number) {
    this.#signal = signal;
    this.connection = new Watch(idleTimeoutMs, () => this.abort());
    this.stream = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#controller = controller as ReadableByteStreamController;
        },
        pull: () => this.#pull(),
        cancel: () => this.#end(false),
      },
      { highWaterMark: 0 },
    );
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  maxWriteBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    // The stream takes the memory of what it is given, and these bytes are shared.
    return this.#enqueue(() => new Uint8Array(bytes));
  }

  async pump(
    { descriptor, range: { start, end }, throttle, chunkSize, inspect }: PumpSource,
    count: (bytes: number) => void,
  ): Promise<void> {
    for (let position = start; position <= end; ) {
      const most = Math.min(throttle.chunkBytes, end + 1 - position);
      const size = Math.max(chunkSize.next(most), SMALLEST_CHUNK_BYTES);
      const chunk = await readChunk(descriptor, Math.min(size, most), position);
      // The stream takes the memory of the chunk, and with it the length.
      const { length } = chunk;
      if (length === 0) throw fileChanged();
      await inspect?.(chunk, position);
      await throttle.take(length, this.connection);
      const began = performance.now();
      if (!(await this.#enqueue(() => chunk))) return;
      chunkSize.note(length, performance.now() - began);
      count(length);
      position += length;
    }
  }

  end(): void {
    this.#controller.close();
    // A reader with a buffer of its own still waits (Streams §4.7.4).
    this.#controller.byobRequest?.respond(0);
    this.#end(true);
  }

  abort(): void {
    if (this.connection.isOver()) return;
    this.#controller.error(new Error('The file could not be sent completely.'));
    this.#end(false);
  }

  /** Gives a chunk to the reader as soon as there is one; resolves with false if the exchange is over by then. */
  async #enqueue(chunk: () => Uint8Array): Promise<boolean> {
    const { connection } = this;
    while (this.#fulfil === undefined && !connection.isOver()) await connection.woken();
    const fulfil = this.#fulfil;
    if (connection.isOver() || fulfil === undefined) return false;
    this.#fulfil = undefined;
    this.#controller.enqueue(chunk());
    connection.refresh();
    fulfil();
    return true;
  }

  #pull(): Promise<void> | undefined {
    const { connection } = this;
    if (connection.isOver()) return undefined;
    connection.refresh();
    return new Promise((resolve) => {
      this.#fulfil = resolve;
      connection.wake();
    });
  }

  readonly #onAbort = (): void => {
    this.#end(false);
    // Servers that abort the signal cancel the body next. Hono's prints an error that comes before that.
    queueMicrotask(() => this.#controller.error(this.#signal?.reason));
  };

  #end(isComplete: boolean): void {
    if (this.connection.isOver()) return;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#fulfil?.();
    this.connection.settle(isComplete);
  }
}

function readChunk(descriptor: number, length: number, position: number): Promise<Uint8Array> {
  // Memory of its own, because the stream takes it.
  const buffer = Buffer.allocUnsafeSlow(length);
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, length, position, (error, bytesRead) =>
      error ? reject(error) : resolve(new Uint8Array(buffer.buffer, 0, bytesRead)),
    );
  });
}
