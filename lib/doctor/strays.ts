import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { addNote, type CanaryPlace } from './canary-directory.js';
import { MAX_RUN_MS } from './protocol.js';

/** Node's own: every request that arrives in this process, whoever answers it. */
const CHANNEL = 'http.server.request.start';

/**
 * Notes requests that ask the application for a canary by its place: a front end without the
 * internal location passes the location on to the application.
 */
export function watchForStrays(place: CanaryPlace): () => void {
  const onRequest = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    if (request.url?.includes(place.name)) void addNote(place, { stray: request.url });
  };
  subscribe(CHANNEL, onRequest);
  const stop = (): void => {
    clearTimeout(timer);
    unsubscribe(CHANNEL, onRequest);
  };
  const timer = setTimeout(stop, MAX_RUN_MS);
  timer.unref();
  return stop;
}
