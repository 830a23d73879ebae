import type { FrontEndServer } from '../../servers/names.js';
import type { Opened } from '../protocol.js';
import type { DiagnosisCode } from './diagnoses.js';
import type { Fetched, Session } from './session.js';

/** All checks, in the order of the report. */
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
  errors: 'errors of the front end',
  validators: 'ETag and Last-Modified',
  location: 'internal location',
  roots: 'one root for the location',
  slash: 'slash of the location',
  outside: 'files outside of the root',
  steering: 'control headers of clients',
  trace: 'TRACE',
  keepAlive: 'keep-alive',
  target: 'request path',
  remote: 'remote objects',
  direct: 'the application itself',
} as const;

export type CheckId = keyof typeof CHECKS;

/** The result of one check. */
export interface CheckResult {
  /** `warning`: it works, but the owner should know. */
  readonly status: 'ok' | 'failed' | 'warning' | 'skipped';
  /** Observation, and its meaning. */
  readonly message: string;
  /** Only with `failed` and `warning`, as `fix`. */
  readonly diagnosis?: DiagnosisCode;
  readonly fix?: string;
}

/** A result in the report. */
export interface Finding extends CheckResult {
  readonly check: CheckId;
}

/** State that all checks share. */
export interface Examination {
  readonly session: Session;
  readonly opened: Opened;
  /** Undefined if the Server header names none that is known. */
  readonly server: FrontEndServer | undefined;
  /** Whether this connection ends at the application. */
  readonly isDirect: boolean;
  /** The download that everything else is compared with. */
  readonly plain: Fetched;
  /** The same, as if the handshake had been right: its header shows what the front end opens. */
  readonly forced: Fetched;
  /** Resolves when the canaries are old enough for strong tags. */
  readonly settled: () => Promise<unknown>;
}

/** Something that is wrong, and what shows it. */
export interface Problem {
  readonly code: DiagnosisCode;
  /** The request that went wrong. @default the first download */
  readonly fetched?: Fetched;
  /** The items of several that failed. */
  readonly list?: readonly string[];
}

export type Check = (examination: Examination) => Verdict | Promise<Verdict>;
export type Verdict = CheckResult | Problem;

export function problem(code: DiagnosisCode, evidence: Omit<Problem, 'code'> = {}): Problem {
  return { code, ...evidence };
}

export function ok(message: string): CheckResult {
  return { status: 'ok', message };
}

export function skipped(message: string): CheckResult {
  return { status: 'skipped', message };
}
