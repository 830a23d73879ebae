import type { FrontEndServer } from '../../protocol/control-headers.js';
import type { Opened } from '../protocol.js';
import type { Exchange, Session } from './session.js';

/** What is looked at, in the order of the report. */
export const CHECKS = {
  handshake: 'handshake',
  download: 'download',
  large: 'large file',
  names: 'difficult names',
  long: 'long path',
  written: 'permissions of new files',
  head: 'HEAD',
  range: 'range (206)',
  unsatisfiable: 'range (416)',
  ifRange: 'If-Range',
  notModified: 'not modified (304)',
  headers: 'headers of the application',
  validators: 'ETag and Last-Modified',
  location: 'internal location',
  slash: 'slash of the location',
  outside: 'files outside of the root',
  steering: 'control headers of clients',
  keepAlive: 'keep-alive',
  target: 'request path',
  direct: 'the application itself',
} as const;

export type CheckId = keyof typeof CHECKS;

/** `warning`: works, but somebody should know. */
export type Status = 'ok' | 'failed' | 'warning' | 'skipped';

/** The result of one check. */
export interface Finding {
  readonly check: CheckId;
  readonly status: Status;
  /** What was seen, in a sentence. */
  readonly says: string;
  /** What it is called; only of what is wrong. */
  readonly diagnosis?: string;
  readonly cure?: string;
}

/** What the rules decide by. */
export interface Symptoms {
  readonly check: CheckId;
  /** Undefined if the Server header names none that is known. */
  readonly server: FrontEndServer | undefined;
  readonly exchange: Exchange;
  readonly opened: Opened;
  /** Headers for front ends that came through to here. */
  readonly leaked: readonly string[];
  /** Whether this connection ends at the application. */
  readonly isDirect: boolean;
  /** Whether a second slash behind the location makes the file appear. */
  readonly helpsDoubledSlash: boolean;
  /** Whether the other encoding of the path makes the file appear. */
  readonly helpsRecoding: boolean;
  /** What did not work, of several things. */
  readonly list: readonly string[];
}

/** What all checks share. */
export interface Examination {
  readonly session: Session;
  readonly opened: Opened;
  readonly server: FrontEndServer | undefined;
  readonly isDirect: boolean;
  /** The download that everything else is compared with. */
  readonly plain: Exchange;
  /** The same, as if the handshake had been right: what the front end is told shows where it looks. */
  readonly told: Exchange;
  /** When the canaries are old enough for strong tags. */
  readonly settled: () => Promise<unknown>;
}

export function ok(check: CheckId, says: string): Finding {
  return { check, status: 'ok', says };
}

export function skipped(check: CheckId, says: string): Finding {
  return { check, status: 'skipped', says };
}
