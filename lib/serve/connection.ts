import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * One `close` listener per connection, however many requests wait on it: a client that pipelines
 * may have dozens under way, and Node warns from the eleventh listener on.
 */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back when the connection of a request is closed.
 *
 * A response tells that of itself only once it is the connection's turn: one that waits behind
 * another in a pipeline is forgotten without an event.
 *
 * @returns a function that takes the callback back.
 */
function onConnectionClose(socket: Socket, callback: () => void): () => void {
  let callbacks = waiting.get(socket);
  if (callbacks === undefined) {
    const created = new Set<() => void>();
    socket.once('close', () => {
      for (const each of created) each();
    });
    waiting.set(socket, created);
    callbacks = created;
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

/** Whether nobody is there any more to get the answer. */
export function isGone(req: IncomingMessage, res: ServerResponse): boolean {
  return res.destroyed || req.socket.destroyed;
}

/** Whether a middleware is between us and the connection, which may keep what it is given. */
export function isWrapped(res: ServerResponse): boolean {
  return Object.hasOwn(res, 'write') || Object.hasOwn(res, 'end');
}

/**
 * Resolves when it is this answer's turn on its connection, or nobody is there any more.
 *
 * Otherwise a client that pipelines thousands of requests would have as many files open at a time.
 */
export function whenTurn(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (res.socket !== null || isGone(req, res)) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      res.off('socket', settle);
      cancel();
      resolve();
    };
    const cancel = onConnectionClose(req.socket, settle);
    res.once('socket', settle);
  });
}

/** Calls back once, when the answer is complete (true) or can no longer be completed (false). */
export function onceOver(
  req: IncomingMessage,
  res: ServerResponse,
  callback: (isComplete: boolean) => void,
): void {
  const settle = (): void => {
    res.off('finish', settle);
    res.off('close', settle);
    cancel();
    callback(res.writableFinished);
  };
  const cancel = onConnectionClose(req.socket, settle);
  res.once('finish', settle);
  res.once('close', settle);
  if (res.writableFinished || isGone(req, res)) settle();
}

/** Resolves when the answer is complete (true) or can no longer be completed (false). */
export function whenOver(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => onceOver(req, res, resolve));
}
