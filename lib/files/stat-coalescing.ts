import { type BigIntStats, stat } from 'node:fs';
import { inThreadPool } from './fs-batch.js';

/** Stats a path, once for all requests that arrive together. */
export type SharedStat = (path: string) => Promise<BigIntStats>;

/**
 * Shares calls of `stat` between requests for the same path.
 *
 * A request joins only a call that has not been submitted yet, because a submitted one may already have read
 * the inode. So the result is never older than the request.
 */
export function createSharedStat(): SharedStat {
  const joinable = new Map<string, Promise<BigIntStats>>();
  return (path) => {
    let call = joinable.get(path);
    if (call === undefined) {
      call = inThreadPool((callback) => {
        joinable.delete(path);
        stat(path, { bigint: true }, callback);
      });
      joinable.set(path, call);
    }
    return call;
  };
}
