import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { CanaryPlace } from './canary-directory.js';
import { addNote } from './run-record.js';

/** Node's own: every request that arrives in this process, whatever handles it. */
const CHANNEL = 'http.server.request.start';

/**
 * Notes requests that ask the application for a canary by its place: a front end without the
 * internal location passes the location on to the application.
 *
 * @param isDoctors - whether a request is the doctor's; those of others are not noted.
 * @returns what ends it.
 */
export function watchForStrays(
  place: CanaryPlace,
  isDoctors: (request: IncomingMessage) => boolean,
): () => void {
  const onRequest = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    if (request.url?.includes(place.name) && isDoctors(request)) {
      void addNote(place.record, { stray: request.url });
    }
  };
  subscribe(CHANNEL, onRequest);
  return () => unsubscribe(CHANNEL, onRequest);
}
