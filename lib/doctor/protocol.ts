import { CONTROL_HEADERS, isControlHeader, TUNING_HEADERS } from '../protocol/control-headers.js';

/**
 * What doctor and probe have to agree on. Every request is a link of scheme hmac:
 *
 * `open/<run>`, `report/<run>` and `close/<run>` answer with JSON; `file/<run>/<id>/<manner>/<key>`
 * sends a canary; `echo/<run>/…` says what arrived of what is behind the signed part.
 */

/** Other links of the same secret are none for the probe. */
export const PURPOSE = 'xsendfile-doctor-1';
/** Tells the probe's answers from those of others. */
export const PROTOCOL = 'xsendfile-doctor-1';
/** The longest that a link may be valid, in seconds. */
export const MAX_LIFETIME = 60;
/** How long the doctor's are: clocks may differ a little. */
export const LIFETIME = 45;
/** After which canaries are removed in any case. */
export const MAX_RUN_MS = 180_000;

export const RUN = /^[0-9a-f]{32}$/;
export const DIRECTORY_PREFIX = 'xsendfile-doctor-';

const TUNING: readonly string[] = TUNING_HEADERS.nginx.map((name) => name.toLowerCase());

/**
 * Whether a header tells a server what to send. How to send it is another matter: the front end may
 * stand behind an nginx that is told so.
 */
export function isSendingHeader(name: string): boolean {
  return isControlHeader(name) && !TUNING.includes(name.toLowerCase());
}

/**
 * Request header with a link `token/<run>`, of no other use: tells the doctor's requests from those of
 * others where the target is not a link.
 */
export const TOKEN_HEADER = 'Xsendfile-Doctor';

/** How a canary is sent. */
export type Manner =
  /** As any file, by `handler.send()`. */
  | 'plain'
  /** With headers of the application. */
  | 'dressed'
  /** As if the request had come with the right handshake. */
  | 'forced'
  /** The header's value has a second slash behind the location. */
  | 'doubled'
  /** The header's value leads out of a location that has no slash at its end, and back. */
  | 'traversal'
  /** The header's value in the other of the two encodings. */
  | 'recoded'
  /** The header names a file outside of the root that was made for this purpose. */
  | 'outside';

export const MANNERS: readonly string[] = [
  'plain',
  'dressed',
  'forced',
  'doubled',
  'traversal',
  'recoded',
  'outside',
] satisfies Manner[];

/** What a `dressed` answer carries besides the handler's own headers. */
export const DRESS = {
  'Content-Disposition': 'attachment; filename="report.txt"',
  'Cache-Control': 'private, max-age=61',
  'Content-Security-Policy': "default-src 'none'",
  Vary: 'Cookie',
  'Content-Language': 'de',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Set-Cookie': ['xsendfile-doctor-1=a; Path=/-doctor', 'xsendfile-doctor-2=b; Path=/-doctor'],
} as const;

/** Request headers that clients could try to steer the application with. */
export const STEERING_HEADERS = [...CONTROL_HEADERS, 'X-Sendfile-Type', 'X-Accel-Mapping'] as const;

/** What the application saw of one request for a canary, and how it answered. */
export interface Account {
  readonly id: string;
  readonly method: string;
  /** Whether the request had a handshake; its value stays where it is. */
  readonly handshake: boolean;
  /** Which headers arrived that only a front end should set. */
  readonly steering: readonly string[];
  /** Port at the other end of the connection. */
  readonly remotePort: number | undefined;
  readonly kind: string;
  readonly status: number;
  readonly sender: string | undefined;
  /** By which the front end was told what to send; undefined if it was not. */
  readonly header: { readonly name: string; readonly value: string } | undefined;
  /** Which headers of {@link DRESS} left the application with the value that is there. */
  readonly dressed: readonly string[];
}

/** Answer to `open`. */
export interface Opened {
  readonly protocol: typeof PROTOCOL;
  /** Why there are no canaries; nothing else is there then. */
  readonly error?: string;
  /** Absolute path of the handler's root. */
  readonly root: string;
  /** Name of the run's directory below it. */
  readonly directory: string;
  /** Keys of canaries that the file system would not take. */
  readonly missing: readonly string[];
  /** First part of a canary's path that is not for every user of the machine. */
  readonly closedTo: string | undefined;
}

/** Answer to `report`. */
export interface RunReport {
  readonly protocol: typeof PROTOCOL;
  readonly accounts: readonly Account[];
  /** Targets of requests from the front end for what only itself should have looked for. */
  readonly strays: readonly string[];
}

/** Answer to `echo`. */
export interface Echo {
  readonly protocol: typeof PROTOCOL;
  /** The request target as it arrived. */
  readonly target: string;
}
