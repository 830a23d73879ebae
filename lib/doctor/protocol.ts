import type { Traits } from '../servers/contract.js';
import {
  CHOICE_HEADERS,
  CONTROL_HEADERS,
  isControlHeader,
  nameForRestoring,
} from '../servers/headers.js';
import { TRAITS } from '../servers/names.js';

/**
 * Protocol between doctor and probe. Every request is a link of scheme hmac:
 *
 * `open/<run>`, `report/<run>` and `close/<run>` get JSON; `file/<run>/<id>/<mode>/<key>` gets a
 * canary; `echo/<run>/…` gets the request target as it arrived; `remote/<run>/<id>` gets the remote
 * object, and `object/<run>` what the store itself says about it.
 */

/** Purpose of the links, and the mark of the probe's JSON: both of this version. */
export const PROTOCOL = 'xsendfile-doctor-1';
/** The longest that a link may be valid, in seconds. */
export const MAX_LIFETIME = 60;
/** Lifetime of the doctor's links in seconds: clocks may differ a little. */
export const LIFETIME = 45;
/** After which canaries are removed in any case. */
export const MAX_RUN_MS = 180_000;

export const RUN = /^[0-9a-f]{32}$/;
export const DIRECTORY_PREFIX = 'xsendfile-doctor-';

const HOW_TO_SEND: readonly string[] = Object.values<Traits>(TRAITS)
  .flatMap(({ controls = [], restored = [], downloadIdHeader = [] }) =>
    [controls, restored.map(nameForRestoring), downloadIdHeader].flat(),
  )
  .map((name) => name.toLowerCase());

/**
 * Whether a header tells a server what to send. How to send it is another matter: the front end may
 * stand behind another that gets such headers.
 */
export function isSendingHeader(name: string): boolean {
  return isControlHeader(name) && !HOW_TO_SEND.includes(name.toLowerCase());
}

/**
 * Request header with a link `token/<run>`, of no other use: tells the doctor's requests from those of
 * others where the target is not a link.
 */
export const TOKEN_HEADER = 'Xsendfile-Doctor';

/**
 * How a canary is sent: `plain` as any file, by `handler.send()`; `withHeaders` with headers of the
 * application; `missing` with these, too; it and the others as if the request had the right handshake, with a header value that
 *
 * - `forced`: is the sender's;
 * - `doubled`: has a second slash after the location;
 * - `traversal`: leads out of a location that has no slash at its end, and back;
 * - `recoded`: is in the other of the two encodings;
 * - `missing`: names a file that does not exist;
 * - `outside`: names a file outside of the root that was made for this purpose.
 */
export const MODES = [
  'plain',
  'withHeaders',
  'forced',
  'doubled',
  'traversal',
  'recoded',
  'missing',
  'outside',
] as const;
export type Mode = (typeof MODES)[number];

/** Headers of a `withHeaders` response besides the handler's own. */
export const DRESS = {
  'Content-Disposition': 'attachment; filename="report.txt"',
  'Cache-Control': 'private, max-age=61',
  'Content-Security-Policy': "default-src 'none'",
  Vary: 'Cookie',
  'Content-Language': 'de',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Set-Cookie': ['xsendfile-doctor-1=a; Path=/-doctor', 'xsendfile-doctor-2=b; Path=/-doctor'],
} as const;

/** Request headers that clients could try to steer the application with. */
export const STEERING_HEADERS = [...CONTROL_HEADERS, ...CHOICE_HEADERS] as const;

/** Request headers by which clients could try to choose their address, and the one that the doctor tries. */
export const ADDRESS_HEADERS = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded'] as const;
export const CLAIMED_ADDRESS = '192.0.2.192';

/** A control header of a response. */
export interface SendingHeader {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** Request for a canary as the application received it, and its response. */
export interface Account {
  readonly id: string;
  /** Whether the request had a handshake; its value is not reported. */
  readonly handshake: boolean;
  /** Headers that arrived as a client sent them, although only a front end should set them. */
  readonly steering: readonly string[];
  /** Port at the other end of the connection. */
  readonly remotePort: number | undefined;
  readonly kind: string;
  readonly status: number;
  readonly sender: string | undefined;
  /** Header that instructed the front end to send; undefined without one. */
  readonly header: SendingHeader | undefined;
  /** Headers of {@link DRESS} that left the application, perhaps in a longer list. */
  readonly withHeaders: readonly string[];
}

/** Name and type of the remote object in the doctor's downloads: the front end must pass on both. */
export const REMOTE_NAME = 'doctor ä+50%.txt';
export const REMOTE_TYPE = 'text/x-xsendfile-doctor';
/** The first and the last byte of the range of it that is downloaded. */
export const REMOTE_PART = { start: 10, end: 19 } as const;

/** Response to `object`. */
export interface ObjectFacts {
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  /** The bytes of {@link REMOTE_PART}, as Base64. */
  readonly part: string;
}

/** Response to `open`, or `{ error }`: the reason why there are no canaries. */
export interface Opened {
  /** Absolute path of the handler's root. */
  readonly root: string;
  /** Name of the run's directory below it. */
  readonly directory: string;
  /** Keys of canaries that the file system does not support. */
  readonly missing: readonly string[];
  /** Whether the probe has a remote object. */
  readonly hasRemote?: boolean;
  /** Root of another handler whose sender has the same location. */
  readonly otherRoot?: string | undefined;
  /** First part of a canary's path that is closed to other users. */
  readonly closedTo: string | undefined;
}

/** Response to `report`. */
export interface RunReport {
  readonly accounts: readonly Account[];
  /** Targets that the front end requested instead of looking them up itself. */
  readonly strays: readonly string[];
}
