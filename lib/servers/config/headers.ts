import { CONTROL_HEADERS, HANDSHAKE_HEADER, removedHeaders } from '../headers.js';
import type { FrontEndSettings } from './options.js';
import type { Lines } from './text.js';

/** Changes of one server to the headers of requests. */
interface RequestHeaders {
  /** Sets the header of the handshake, and what goes with it. */
  readonly set: (handshake: string) => Lines[number];
  /** Comment on the headers that are removed, after directives that must come before these. */
  readonly comment: Lines[number];
  readonly remove: (name: string) => string;
  /** Headers that the server sets itself. @default none */
  readonly overwritten?: readonly string[];
  /** Headers that it sets with a handshake. @default the header of the handshake */
  readonly authenticating?: readonly string[];
}

/** The request headers: no client can authenticate as the front end, or choose what the application believes. */
export function requestHeaders(
  { handshake }: Pick<FrontEndSettings, 'handshake'>,
  { set, comment, remove, overwritten = [], authenticating = [HANDSHAKE_HEADER] }: RequestHeaders,
): Lines {
  const isSet = handshake !== undefined;
  return [
    isSet && [
      '# "I am the front end": overwrites what a client sends under that name.',
      set(handshake),
    ],
    comment,
    removedHeaders([...overwritten, ...(isSet ? authenticating : [])]).map(remove),
  ];
}

/**
 * The control headers in responses, each hidden by a directive.
 *
 * @param own - the one that the server itself removes.
 * @param opening - line before the directives.
 */
export function hideControlHeaders(
  hide: (name: string) => string,
  own?: string,
  opening?: string,
): Lines {
  return [
    '# If the application uses the header of another server, clients do not see it.',
    opening,
    CONTROL_HEADERS.filter((name) => name !== own).map(hide),
  ];
}
