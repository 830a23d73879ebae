import { type BigIntStats, stat } from 'node:fs';

/** Asks the file system about a path, at most twice at a time however many requests want to know. */
export type SharedStat = (path: string) => Promise<BigIntStats>;

interface Waiting {
  /** Whom the next call answers, once the one under way has come back; none is waiting if undefined. */
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

  function submit(path: string, { resolve, reject }: Deferred): void {
    stat(path, { bigint: true }, (error, stats) => {
      const next = waiting.get(path)?.next;
      if (next === undefined) waiting.delete(path);
      else {
        waiting.set(path, { next: undefined });
        submit(path, next);
      }
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
      waiting.set(path, { next: undefined });
      submit(path, deferred);
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
