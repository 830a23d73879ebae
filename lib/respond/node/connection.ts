import { ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Exchange } from '../../shared/views.js';

/**
 * Callbacks of waiting requests, with one `close` listener per connection: a client may pipeline dozens
 * of requests, and Node warns from the eleventh listener on.
 */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back when the connection of a request is closed.
 *
 * A response emits `close` only once it is its turn on the connection; one that waits behind another in
 * a pipeline is dropped without an event.
 *
 * @returns a function that removes the callback.
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

/** Whether the client disconnected, or the response was destroyed. */
export function isGone({ req, res }: Exchange): boolean {
  return res.destroyed || req.socket.destroyed;
}

/** Node's own methods, at the time of loading. */
const { writeHead, write, end } = ServerResponse.prototype;
const http2: Readonly<Record<'writeHead' | 'write' | 'end', unknown>> =
  Http2ServerResponse.prototype;

/**
 * Whether the application or a middleware has replaced Node's body methods, on the response or on one of
 * its prototypes: replacements may keep or change the body.
 */
export function isBodyWrapped(res: ServerResponse): boolean {
  return isWriteWrapped(res) || res.end !== (res.write === write ? end : http2.end);
}

/** Whether `write()` is replaced: compression must replace it, observers of the end need not. */
export function isWriteWrapped(res: ServerResponse): boolean {
  return res.write !== write && res.write !== http2.write;
}

/** Whether `writeHead()` is replaced: a replacement may not support flat lists of headers. */
export function isHeadWrapped(res: ServerResponse): boolean {
  return res.writeHead !== writeHead && res.writeHead !== http2.writeHead;
}

/**
 * Whether written buffers go directly to the kernel, or are copied on the way, so that they may be
 * reused as soon as Node reports them as written.
 *
 * A stream in place of a connection, or a subclass, may keep a buffer for longer.
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
 * Aborts a response that cannot be completed, so that the client does not mistake it for complete.
 * HTTP/1.1 closes the connection; for HTTP/1.0 it is reset, because without a length an orderly end of the connection is
 * that of the body. HTTP/2 resets the stream with an error, because without one it would
 * look like a normal end.
 */
export function abortResponse(res: ServerResponse): void {
  const response: object = res;
  if (response instanceof Http2ServerResponse) {
    response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else if (res.req.httpVersionMinor === 0 && isPlainTcp(res.socket)) {
    res.socket.resetAndDestroy();
  }
  res.destroy();
}

/** Whether a connection can be reset; TLS marks its own end, which is missing if it is truncated. */
function isPlainTcp(socket: Socket | null): socket is Socket {
  return (
    socket instanceof Socket && !(socket instanceof TLSSocket) && socket.remotePort !== undefined
  );
}

/**
 * Whether everything written to the current response has been handed to the kernel. For HTTP/2 this is
 * unknown: data that waits for the client's window has not reached the connection yet.
 */
export function isFlushed({ req, res }: Exchange): boolean {
  return req.httpVersionMajor === 1 && res.socket === req.socket && req.socket.writableLength === 0;
}

/**
 * Maximum number of requests on one connection that wait for their turn. Node stops reading from a
 * connection only when responses accumulate, but waiting requests have not written any: without a limit,
 * one client could exhaust the memory.
 */
const MAX_WAITING = 1000;

/**
 * Resolves when it is this response's turn on its connection, or the client has disconnected. A
 * connection on which too many requests wait is destroyed.
 *
 * Otherwise a client that pipelines thousands of requests would have as many files open at once.
 */
export function whenTurn(exchange: Exchange): Promise<void> {
  const { req, res } = exchange;
  if (res.socket !== null || isGone(exchange)) return Promise.resolve();
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

/**
 * Whether everything was written. Over HTTP/2, `writableFinished` is not reliable: Node ends the stream of a HEAD
 * request before there is a response, and any stream that the client resets.
 */
function isComplete(res: ServerResponse): boolean {
  const response: object = res;
  if (!(response instanceof Http2ServerResponse)) return res.writableFinished;
  const { headersSent, writableFinished, aborted, rstCode } = response.stream;
  return headersSent && writableFinished && !aborted && rstCode === constants.NGHTTP2_NO_ERROR;
}

/** Calls back once, when the response is complete (true) or can no longer be completed (false). */
export function onceOver(exchange: Exchange, callback: (isAllWritten: boolean) => void): void {
  const { req, res } = exchange;
  const settle = (isAllWritten: boolean): void => {
    res.off('finish', onEnd);
    res.off('close', onEnd);
    cancel();
    callback(isAllWritten);
  };
  // What a destroyed connection of HTTP/1 had not written yet counts as finished for Node.
  const onEnd = (): void =>
    settle(isComplete(res) && !(res instanceof ServerResponse && isGone(exchange)));
  // Over HTTP/2, this is the stream: the response to a HEAD request that the client resets emits nothing.
  const cancel = onConnectionClose(req.socket, onEnd);
  res.once('finish', onEnd);
  res.once('close', onEnd);
  if (isComplete(res) || isGone(exchange)) settle(isComplete(res));
}

/** Resolves when the response is complete (true) or can no longer be completed (false). */
export function whenOver(exchange: Exchange): Promise<boolean> {
  return new Promise((resolve) => onceOver(exchange, resolve));
}
