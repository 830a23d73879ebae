import { MAX_LIFETIME, MAX_RUN_MS } from '../protocol.js';

const MAX_RUNS = 4;

interface Run {
  /** Milliseconds since the epoch at which it is over in any case. */
  readonly end: number;
  isOver: boolean;
  stopWatching: () => void;
}

/** The examinations of one probe, each of which happens once: a link may be sent again by others. */
export class Runs {
  readonly #runs = new Map<string, Run>();

  /** @returns why the run cannot begin; undefined if it has. */
  begin(run: string): string | undefined {
    const now = Date.now();
    for (const [name, { end }] of this.#runs) {
      // As long as a link may be valid, the run is remembered.
      if (end + MAX_LIFETIME * 1000 < now) this.#runs.delete(name);
    }
    if (this.#runs.has(run)) return 'this examination has begun already. Begin another one.';
    const running = [...this.#runs.values()].filter(({ end, isOver }) => !isOver && end > now);
    if (running.length >= MAX_RUNS) {
      return `there are ${MAX_RUNS} examinations already. Wait until they are over, three minutes at most.`;
    }
    this.#runs.set(run, { end: now + MAX_RUN_MS, isOver: false, stopWatching: () => {} });
    return undefined;
  }

  /** @param stop - to be called when the run is over. */
  watch(run: string, stop: () => void): void {
    const begun = this.#runs.get(run);
    if (begun === undefined || begun.isOver) stop();
    else begun.stopWatching = stop;
  }

  end(run: string): void {
    const begun = this.#runs.get(run);
    if (begun === undefined) return;
    begun.isOver = true;
    begun.stopWatching();
  }
}
