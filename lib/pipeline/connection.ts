import { type IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';

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

/** Node's own methods, as they were when this was loaded. */
const { writeHead, write, end } = ServerResponse.prototype;
const http2: Readonly<Record<'writeHead' | 'write' | 'end', unknown>> =
  Http2ServerResponse.prototype;

/**
 * Whether the application or a middleware has put methods of its own in place of Node's, on the
 * response or on one of its prototypes: they may keep the body that they are given, or change it.
 */
export function isBodyWrapped(res: ServerResponse): boolean {
  return isWriteWrapped(res) || res.end !== (res.write === write ? end : http2.end);
}

/** The same for `write()` alone: what compresses a body has to replace it, what only waits for its end has not. */
export function isWriteWrapped(res: ServerResponse): boolean {
  return res.write !== write && res.write !== http2.write;
}

/** The same for the head: such a method may not know flat lists of headers. */
export function isHeadWrapped(res: ServerResponse): boolean {
  return res.writeHead !== writeHead && res.writeHead !== http2.writeHead;
}

/**
 * Whether what is written goes to the kernel, or is copied on its way there, so that a buffer may be
 * used again once Node says that it was written.
 *
 * A stream that stands for a connection may keep a buffer for longer, and so may a subclass.
 */
export function isDirect(res: ServerResponse): boolean {
  if (isBodyWrapped(res)) return false;
  if (res.write !== write) {
    const { stream } = res as unknown as { stream: Writable };
    return stream.write === Writable.prototype.write;
  }
  const { socket } = res;
  if (socket === null || Object.hasOwn(socket, 'write') || Object.hasOwn(socket, '_write')) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(socket);
  return prototype === Socket.prototype || prototype === TLSSocket.prototype;
}

/**
 * Ends a response that cannot be completed, so that the client does not take what it has for the whole.
 * HTTP/1 closes the connection; HTTP/2 resets the stream with an error, without which it would look
 * like an end.
 */
export function cutOff(res: ServerResponse): void {
  const response: object = res;
  if (response instanceof Http2ServerResponse) {
    response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
  res.destroy();
}

/**
 * Whether the kernel has taken all that was written of a response whose turn it is. A stream of HTTP/2
 * does not tell: what waits for the client's window is not with the connection yet.
 */
export function isFlushed(req: IncomingMessage, res: ServerResponse): boolean {
  return req.httpVersionMajor === 1 && res.socket === req.socket && req.socket.writableLength === 0;
}

/**
 * Requests of one connection that may wait for their turn. Node stops reading from a connection only
 * when responses pile up, and requests that wait have written none: without a bound, one client could
 * fill the memory.
 */
const MAX_WAITING = 1000;

/**
 * Resolves when it is this response's turn on its connection, or the client has disconnected. A
 * connection on which too many requests wait is destroyed.
 *
 * Otherwise a client that pipelines thousands of requests would have as many files open at a time.
 */
export function whenTurn(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (res.socket !== null || isGone(req, res)) return Promise.resolve();
  if ((waiting.get(req.socket)?.size ?? 0) >= MAX_WAITING) {
    req.socket.destroy();
    return Promise.resolve();
  }
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
