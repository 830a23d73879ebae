import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { MAX_RUN_MS } from '../protocol.js';
import type { CanaryPlace } from './canary-place.js';
import { addNote } from './notes.js';

/** Node's own: every request that arrives in this process, whoever answers it. */
const CHANNEL = 'http.server.request.start';

/** Anybody can send such requests; the doctor causes a few. */
const MAX_STRAYS = 200;

/**
 * Notes requests that ask the application for a canary by its place: a front end without the
 * internal location passes the location on to the application.
 */
export function watchForStrays(place: CanaryPlace): () => void {
  let noted = 0;
  const onRequest = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    const { url } = request;
    if (noted >= MAX_STRAYS || url === undefined || !url.includes(place.name)) return;
    noted += 1;
    void addNote(place, { stray: url });
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
