import type { IncomingMessage, ServerResponse } from 'node:http';
import { cutOff, onceOver } from './connection.js';

/** A connection that bytes are given to. */
export interface WatchedConnection {
  /** Resolves when the answer is complete (true) or can no longer be (false). */
  readonly over: Promise<boolean>;
  isOver(): boolean;
  isTimedOut(): boolean;
  /** To be given what write() said; resolves when more can be written, or nothing more at all. */
  accepted(isRoomLeft: boolean): Promise<void>;
  /**
   * Waits for so many milliseconds, which do not count as idle; resolves with false as soon as the exchange
   * is over.
   */
  pause(ms: number): Promise<boolean>;
  /**
   * Waits for a source of bytes: the idle timeout is its own meanwhile, and its end is `'late'`. Resolves
   * with undefined as soon as the exchange is over; rejects with the source.
   */
  await<T>(bytes: Promise<T>): Promise<T | 'late' | undefined>;
}

/** @param idleTimeoutMs - after so long without progress the connection is destroyed; 0 for never. */
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
    cutOff(res);
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
      if (isOver) return undefined;
      idle?.refresh();
      try {
        return await new Promise<T | 'late' | undefined>((resolve, reject) => {
          onLate = () => resolve('late');
          wake = () => {
            if (isOver) resolve(undefined);
          };
          bytes.then(resolve, reject);
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
