import { type BigIntStats, stat } from 'node:fs';
import { submit } from './thread-pool.js';

/** Asks the file system about a path, at most twice at a time however many requests want to know. */
export type SharedStat = (path: string) => Promise<BigIntStats>;

interface Waiting {
  /** Whom the next call answers; undefined if nobody has asked since the one under way. */
  next: Deferred | undefined;
}

interface Deferred {
  readonly promise: Promise<BigIntStats>;
  readonly resolve: (stats: BigIntStats) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Shares calls of `stat` between requests for the same path.
 *
 * A request joins only a call that has not been submitted yet: one under way may have looked at the
 * file already. So what a request is told is never older than the request.
 */
export function createSharedStat(): SharedStat {
  const waiting = new Map<string, Waiting>();

  function ask(path: string): void {
    const state = waiting.get(path);
    if (state?.next === undefined) return;
    const { resolve, reject } = state.next;
    state.next = undefined;
    stat(path, { bigint: true }, (error, stats) => {
      if (state.next === undefined) waiting.delete(path);
      else submit(() => ask(path));
      if (error) reject(error);
      else resolve(stats);
    });
  }

  return (path) => {
    const state = waiting.get(path);
    if (state?.next !== undefined) return state.next.promise;
    const deferred = defer();
    if (state !== undefined) state.next = deferred;
    else {
      waiting.set(path, { next: deferred });
      submit(() => ask(path));
    }
    return deferred.promise;
  };
}

function defer(): Deferred {
  let resolve: Deferred['resolve'] = () => {};
  let reject: Deferred['reject'] = () => {};
  const promise = new Promise<BigIntStats>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
