import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Exchange } from '../../shared/views.js';
import { isDirect } from './connection.js';

/**
 * Whether progress within a single write of a response can be seen: Node's timeouts of sockets look at what the
 * kernel has accepted. Not with TLS, which encrypts ahead, nor with HTTP/2, which counts the other streams, too;
 * and not if the application uses timeouts, which it must be able to rely on.
 */
export function canSeeProgress({ req, res }: Exchange): boolean {
  if (req.httpVersionMajor !== 1 || !isDirect(res)) return false;
  const socket: (Socket & { readonly server?: unknown }) | null = res.socket;
  if (socket === null || socket instanceof TLSSocket || socket.timeout) return false;
  const { server } = socket;
  if (!(server instanceof EventEmitter) || isAnyTimeoutHandled(req, res, server)) return false;
  // Node's own.
  return socket.listenerCount('timeout') === 1;
}

function isAnyTimeoutHandled(...emitters: readonly EventEmitter[]): boolean {
  return emitters.some((emitter) => emitter.listenerCount('timeout') > 0);
}

/** Node tells only that there was no progress since it last looked, so it looks several times. */
const LOOKS = 4;

/**
 * Calls back as soon as the current write, the last one of a response, has made no progress for this time, which is
 * exceeded by a quarter at most.
 */
export function whenStalled(res: ServerResponse, stalledMs: number, callback: () => void): void {
  const { socket } = res;
  if (socket === null) return;
  const lookMs = stalledMs / LOOKS;
  let looks = 0;
  let lookedAt = 0;
  const onTimeout = (): void => {
    // The application's, since a moment ago.
    if (socket.timeout !== lookMs) return;
    const now = performance.now();
    // Node says nothing as long as there is progress.
    looks = now - lookedAt < 1.5 * lookMs ? looks + 1 : 1;
    lookedAt = now;
    if (looks === LOOKS) callback();
    else socket.setTimeout(lookMs);
  };
  res.on('timeout', onTimeout);
  socket.setTimeout(lookMs);
  // Before Node sets the timeout of a connection that is kept alive.
  res.prependOnceListener('finish', () => {
    res.off('timeout', onTimeout);
    if (socket.timeout === lookMs) socket.setTimeout(0);
  });
}
