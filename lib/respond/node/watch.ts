import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WatchedConnection } from '../sink.js';
import { abortResponse, onceOver } from './connection.js';

/** The connection of a response of Node. */
export interface NodeConnection extends WatchedConnection {
  /** Takes the result of write(); resolves when more can be written, or the exchange is over. */
  accepted(isRoomLeft: boolean): Promise<void>;
  /** Ends the connection, whose client has been idle for too long. */
  timeOut(): void;
}

/** @param idleTimeoutMs - milliseconds without progress after which the connection is destroyed; 0 for no limit. */
export function watch(
  req: IncomingMessage,
  res: ServerResponse,
  idleTimeoutMs: number,
): NodeConnection {
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
    timeOut();
  }
  function timeOut(): void {
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
    timeOut,
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
