import { type BigIntStats, stat, statSync } from 'node:fs';
import { inThreadPool } from './fs-batch.js';
import { localDeviceOf } from './local-device.js';

/**
 * Stats a path, once for all requests that arrive together.
 *
 * @param known - the device of the file, and when it was last found, in milliseconds since the epoch.
 */
export type SharedStat = (path: string, known: KnownFile) => Promise<BigIntStats>;

/** Properties of a file that has been found before. */
interface KnownFile {
  readonly dev: bigint;
  readonly foundAtMs: number;
}

/** Milliseconds for which the kernel is expected to have the metadata of a file in memory. */
const WARM_MS = 5000;

/**
 * Shares calls of `stat` between requests for the same path below a root.
 *
 * A request joins only a call that has not been submitted yet, because a submitted one may already have read
 * the inode. So the result is never older than the request.
 *
 * If the file was found a moment ago on a local file system, the call is made synchronously: then it only copies
 * from the kernel's memory, and a thread would take many times as long. A {@link Fuse} limits the damage
 * if that is wrong.
 */
export function createSharedStat(root: string): SharedStat {
  const joinable = new Map<string, Promise<BigIntStats>>();
  const localDevice = localDeviceOf(root);
  const fuse = new Fuse();
  return (path, { dev, foundAtMs }) => {
    let call = joinable.get(path);
    if (call === undefined) {
      const isWarm = dev === localDevice && Date.now() - foundAtMs < WARM_MS;
      call = inThreadPool((callback) => {
        joinable.delete(path);
        if (isWarm && fuse.isIntact()) fuse.measure(() => callback(null, statSync(path, BIGINT)));
        else stat(path, BIGINT, callback);
      });
      joinable.set(path, call);
    }
    return call;
  };
}

const BIGINT = { bigint: true } as const;

/** A call that takes longer, in milliseconds, has waited for a disk or a network. */
const SLOW_MS = 20;
const MAX_SLOW_CALLS = 3;
const FUSE_MS = 60_000;

/** Blows after three slow calls within a minute, and is replaced a minute after the last one. */
class Fuse {
  #slowCallsAtMs: readonly number[] = [];

  isIntact(): boolean {
    if (this.#slowCallsAtMs.length < MAX_SLOW_CALLS) return true;
    return performance.now() - (this.#slowCallsAtMs.at(-1) ?? 0) > FUSE_MS;
  }

  measure(call: () => void): void {
    const began = performance.now();
    try {
      call();
    } finally {
      const ended = performance.now();
      if (ended - began > SLOW_MS) {
        const recent = this.#slowCallsAtMs.filter((atMs) => ended - atMs < FUSE_MS);
        this.#slowCallsAtMs = [...recent, ended].slice(-MAX_SLOW_CALLS);
      }
    }
  }
}
