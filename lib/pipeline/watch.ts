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

  const idle = idleTimeoutMs === 0 ? undefined : setTimeout(onIdle, idleTimeoutMs).unref();
  function onIdle(): void {
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
