/** Watches a response for its end, and for a client, or a source, that is idle. */
export class Watch {
  /** Resolves when the response is complete (true), or can no longer be completed (false). */
  readonly over: Promise<boolean>;
  readonly #abort: () => void;
  readonly #idle: NodeJS.Timeout | undefined;
  #settle!: (isComplete: boolean) => void;
  #isOver = false;
  #isTimedOut = false;
  #isPaused = false;
  /** Continues what waits for the client, or for the end. */
  #wake: (() => void) | undefined;
  #onLate: (() => void) | undefined;

  /**
   * @param idleTimeoutMs - milliseconds without progress after which the response is aborted; 0 for no limit.
   * @param abort - aborts the response.
   */
  constructor(idleTimeoutMs: number, abort: () => void) {
    this.#abort = abort;
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (idleTimeoutMs > 0) this.#idle = setTimeout(() => this.#onIdle(), idleTimeoutMs).unref();
  }

  isOver(): boolean {
    return this.#isOver;
  }

  isTimedOut(): boolean {
    return this.#isTimedOut;
  }

  /** Starts the idle timeout again. */
  refresh(): void {
    this.#idle?.refresh();
  }

  /** Continues what waits for the client. */
  wake(): void {
    this.#wake?.();
  }

  /** Resolves when the client can take more, or the exchange is over. */
  woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends the watch: the response is complete, or can no longer be completed. */
  settle(isComplete: boolean): void {
    this.#isOver = true;
    clearTimeout(this.#idle);
    this.#wake?.();
    this.#settle(isComplete);
  }

  /** Aborts the response, whose client has been idle for too long. */
  timeOut(): void {
    this.#isTimedOut = true;
    this.#abort();
  }

  /** Waits for so many milliseconds, which do not count as idle; resolves with false as soon as the exchange is over. */
  async pause(ms: number): Promise<boolean> {
    if (this.#isOver) return false;
    this.#isPaused = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        // A client that can take more does not end the pause.
        if (!this.#isOver) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#isPaused = false;
    this.refresh();
    return !this.#isOver;
  }

  /**
   * Waits for bytes of a source. The idle timeout applies to the source meanwhile: when it expires, this resolves with
   * `'late'`. Resolves with undefined as soon as the exchange is over, and rejects if `bytes` does.
   */
  async await<T>(bytes: Promise<T>): Promise<T | 'late' | undefined> {
    this.refresh();
    try {
      return await new Promise<T | 'late' | undefined>((resolve, reject) => {
        this.#onLate = () => resolve('late');
        this.#wake = () => {
          if (this.#isOver) resolve(undefined);
        };
        bytes.then(resolve, reject);
        this.#wake();
      });
    } finally {
      this.#onLate = undefined;
      this.refresh();
    }
  }

  #onIdle(): void {
    if (this.#onLate !== undefined) this.#onLate();
    else if (this.#isPaused) this.refresh();
    else this.timeOut();
  }
}
