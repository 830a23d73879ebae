import type { BodyPart } from '../http/multipart.js';
import type { Remembered, Representation } from '../representation/describe.js';
import type { RefusedError } from '../shared/errors.js';
import type { ApplicationView, Exchange, RequestView, ResponseView } from '../shared/views.js';
import type { Found, OpenedFile } from '../sources/source.js';
import type { FileTarget, Headers, Sender } from '../types.js';
import type { Plan } from './plan.js';

/** The parts of a refusal that the client sees. */
export type Answer = Pick<RefusedError, 'status' | 'message' | 'headers'>;

/** Writes the response to one request. The steps of the pipeline know requests and responses only by this interface. */
export interface Responder extends ApplicationView {
  readonly request: RequestView;
  readonly response: ResponseView;
  /** What hooks get: `{ req, res }`, or `{ request }`. */
  readonly exchange: Exchange;
  /** Whether the client disconnected, or the response was destroyed. */
  isGone(): boolean;
  /**
   * Resolves when the response is complete (true) or can no longer be completed (false).
   *
   * @param isObserved - with false, a response that the kernel has is complete.
   */
  over(isObserved: boolean): Promise<boolean>;
  /** Calls back once, when {@link Responder.over} resolves. */
  onceOver(callback: (isComplete: boolean) => void): void;
  /** Resolves when it is the turn of this response on its connection; undefined if there is nothing to wait for. */
  turn(): Promise<void> | undefined;
  /**
   * Opens a file within the limits of the connection.
   *
   * @param find - opens the file; with true, the bytes of a small one are certainly needed.
   */
  open(
    find: (isContentNeeded: boolean) => Promise<Found<OpenedFile>>,
    idleTimeoutMs: number,
  ): Promise<Found<OpenedFile>>;
  /**
   * Lets a sender respond.
   *
   * @throws errors of the sender and of `setHeaders`; nothing was written then. A later error is returned.
   */
  offload(sender: Sender, file: NamedFile): Promise<'offloaded' | 'declined' | { failed: unknown }>;
  /**
   * Sends a file from Node; resolves when the response has ended.
   *
   * @throws errors of `setHeaders`; nothing was written then.
   */
  send(head: PlannedHead, body: PlannedBody): Promise<TransferResult>;
  /** Adds a field to `Vary` of every response to this request. */
  varyBy(field: string): void;
  /** Sends a refusal; resolves as {@link Responder.over} does. */
  refuse(refusal: Answer): Promise<boolean>;
}

/** Additions of the application to the head of a response with a file. */
interface HeadOfApplication {
  /** Headers treated as set by the application. */
  readonly presets: Headers | undefined;
  /** Calls the hook with the response, or its headers. */
  readonly setHeaders: ((res: Exchange['res']) => void) | undefined;
}

/** The head of a response that Node sends. */
export interface PlannedHead extends HeadOfApplication {
  readonly plan: Plan;
  readonly representation: Representation;
  /** Cache of the most common heads; undefined if this one depends on the call. */
  readonly remembered: Remembered | undefined;
}

/** The body of a response that Node sends. */
export interface PlannedBody {
  readonly parts: readonly BodyPart[];
  /** Closed when it is no longer needed, which may be long before the client has everything. */
  readonly file: OpenedFile;
  /** Maximum bytes per second; undefined for no limit. */
  readonly rate: number | undefined;
  /** Milliseconds without progress after which the connection is closed; 0 for no limit. */
  readonly idleTimeoutMs: number;
  /** Whether the outcome has an observer, for which the end of the response is awaited. */
  readonly isObserved: boolean;
}

/** Result of the transfer of a body. */
export interface TransferResult {
  readonly kind: 'sent' | 'aborted' | 'failed';
  /** Bytes of the file written to the connection. */
  readonly bytes: number;
  /** Cause of a failure: the error of the file system, or undefined if the file was truncated. */
  readonly cause?: unknown;
  /** Whether it was aborted here, because the client had stopped reading. */
  readonly isTimedOut?: boolean;
}

/** A file for a front end to send. */
export interface NamedFile extends HeadOfApplication {
  readonly representation: Representation;
  /** Describes the file for the sender; created on demand. */
  readonly target: () => FileTarget;
  readonly acceptRanges: boolean;
  /** Bytes per second; undefined for no limit. */
  readonly rate: number | undefined;
  /** Headers with which the front end keeps that rate. */
  readonly rateHeaders: Headers;
  /** The header with the id of the download, if its delivery is to be reported. */
  readonly idHeaders: Headers | undefined;
  /** Whether the front end's configuration restores headers. */
  readonly restoresHeaders: boolean;
}
