import type { IncomingMessage, ServerResponse } from 'node:http';
import { abortResponse, onceOver } from './connection.js';

/** Maximum bytes per write of content in memory: a larger write would look like no progress. */
export const SINGLE_WRITE_BYTES = 128 * 1024;

/** The connection of a response, watched for its end and for idle clients. */
export interface WatchedConnection {
  /** Resolves when the response is complete (true), or can no longer be completed (false). */
  readonly over: Promise<boolean>;
  isOver(): boolean;
  isTimedOut(): boolean;
  /** Takes the result of write(); resolves when more can be written, or the exchange is over. */
  accepted(isRoomLeft: boolean): Promise<void>;
  /**
   * Waits for so many milliseconds, which do not count as idle; resolves with false as soon as the exchange
   * is over.
   */
  pause(ms: number): Promise<boolean>;
  /**
   * Waits for bytes of a source. The idle timeout applies to the source meanwhile: when it expires, this
   * resolves with `'late'`. Resolves with undefined as soon as the exchange is over, and rejects if `bytes` does.
   */
  await<T>(bytes: Promise<T>): Promise<T | 'late' | undefined>;
}

/** @param idleTimeoutMs - milliseconds without progress after which the connection is destroyed; 0 for no limit. */
export function watch(
  req: IncomingMessage,
  res: ServerResponse,
  idleTimeoutMs: number,
): WatchedConnection {
  let isOver = false;
  let isTimedOut = false;
  let wake: (() => void) | undefined;
  let isPaused = false;
  let onLate: (() => void) | undefined;

  const idle = idleTimeoutMs === 0 ? undefined : setTimeout(onIdle, idleTimeoutMs).unref();
  function onIdle(): void {
    if (onLate !== undefined) {
      onLate();
      return;
    }
    if (isPaused) {
      idle?.refresh();
      return;
    }
    isTimedOut = true;
    abortResponse(res);
  }
  function onDrain(): void {
    idle?.refresh();
    wake?.();
  }
  res.on('drain', onDrain);
  const over = new Promise<boolean>((resolve) => {
    onceOver(req, res, (isComplete) => {
      isOver = true;
      clearTimeout(idle);
      res.off('drain', onDrain);
      wake?.();
      resolve(isComplete);
    });
  });
  return {
    over,
    isOver: () => isOver,
    isTimedOut: () => isTimedOut,
    async pause(ms) {
      if (isOver) return false;
      isPaused = true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          // A `drain` of an earlier write does not end the pause.
          if (!isOver) return;
          clearTimeout(timer);
          resolve();
        };
      });
      isPaused = false;
      idle?.refresh();
      return !isOver;
    },
    async await<T>(bytes: Promise<T>) {
      idle?.refresh();
      try {
        return await new Promise<T | 'late' | undefined>((resolve, reject) => {
          onLate = () => resolve('late');
          wake = () => {
            if (isOver) resolve(undefined);
          };
          bytes.then(resolve, reject);
          wake();
        });
      } finally {
        onLate = undefined;
        idle?.refresh();
      }
    },
    async accepted(isRoomLeft) {
      if (isRoomLeft) idle?.refresh();
      else if (!isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
