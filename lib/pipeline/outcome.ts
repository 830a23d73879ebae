import { channel } from 'node:diagnostics_channel';
import { callObserver } from '../shared/call-observer.js';
import { type ErrorCode, isRefusal, isXSendfileError } from '../shared/errors.js';
import { statusOf } from '../shared/thrown.js';
import type { Delivery, Outcome, XSendfileOptions } from '../types.js';
import type { Responder } from './responder.js';
import type { Trace } from './tracing.js';

/**
 * Name of the diagnostics channel that publishes `{ outcome, req, res }` for each request.
 *
 * An error thrown by a subscriber is an uncaught exception, as on every diagnostics channel; it does not
 * affect the request.
 */
const OUTCOME_CHANNEL = 'xsendfile:outcome';

const outcomes = channel(OUTCOME_CHANNEL);

/** Fields of an outcome that are known before the exchange is over. */
type Known = Partial<Pick<Outcome, 'path' | 'size' | 'sender' | 'tokenId' | 'downloadId'>>;

/** Fields of an outcome that are known when the exchange is over. */
export type Ending = Pick<Outcome, 'kind' | 'status'> &
  Partial<Pick<Outcome, 'errno' | 'bytes' | 'range' | 'member'>> & { readonly code?: ErrorCode };

/** Collects the outcome of one request, and publishes it once. */
export interface OutcomeRecorder {
  /** Whether the outcome has an observer: the caller, a function of the application or a subscriber. */
  isObserved(): boolean;
  /** Calls the function once with the outcome, at once if there is one. Its errors become warnings. */
  readonly observe: (observer: (outcome: Outcome) => void) => void;
  /** Calls the function once with the delivery, if it is reported. Its errors become warnings. */
  readonly observeDelivery: (observer: (delivery: Delivery) => void) => void;
  /** Returns the id of the download, which the first call creates; undefined without reports. */
  downloadId(): string | undefined;
  record(known: Known): void;
  /**
   * The first call publishes the outcome; later ones return it.
   *
   * @param error - cause of the ending, for traces.
   */
  end(ending: Ending, error?: unknown): Outcome;
}

/** Starts recording the outcome of a request, and its time. */
export function recordOutcome(
  responder: Pick<Responder, 'request' | 'exchange'>,
  { onFinish, reports }: Pick<XSendfileOptions, 'onFinish' | 'reports'>,
  isAwaited = true,
  trace: Trace | undefined = undefined,
): OutcomeRecorder {
  const startedAt = Date.now();
  const started = performance.now();
  const known: Known = {};
  let outcome: Outcome | undefined;
  let observers: readonly ((outcome: Outcome) => void)[] = [];
  let deliveryObservers: readonly ((delivery: Delivery) => void)[] = [];
  const isObserved =
    isAwaited ||
    onFinish !== undefined ||
    reports !== undefined ||
    trace !== undefined ||
    outcomes.hasSubscribers;
  return {
    isObserved: () => isObserved || observers.length > 0,
    observe(observer) {
      const ended = outcome;
      if (ended === undefined) observers = [...observers, observer];
      // The client may disconnect while the application decides.
      else callObserver('an observer', () => observer(ended));
    },
    observeDelivery(observer) {
      deliveryObservers = [...deliveryObservers, observer];
    },
    downloadId() {
      if (reports !== undefined && known.downloadId === undefined) {
        Object.assign(known, { downloadId: reports.begin() });
      }
      return known.downloadId;
    },
    record: (more) => void Object.assign(known, more),
    end(ending, error) {
      if (outcome === undefined) {
        const { kind, status, bytes = 0, ...details } = ending;
        const { tokenId, downloadId } = known;
        const ended: Outcome = Object.freeze({
          kind,
          status,
          method: responder.request.method ?? '',
          path: known.path,
          size: known.size,
          bytes,
          ...details,
          sender: known.sender,
          ...(tokenId === undefined ? {} : { tokenId }),
          ...(downloadId === undefined ? {} : { downloadId }),
          startedAt: new Date(startedAt),
          durationMs: performance.now() - started,
        });
        outcome = ended;
        for (const observer of observers) callObserver('an observer', () => observer(ended));
        publish(ended, responder, onFinish);
        trace?.(ended, error);
        if (downloadId !== undefined) {
          callObserver('options.reports', () => reports?.end(ended, deliveryObservers));
        }
      }
      return outcome;
    },
  };
}

/** Returns the ending of an exchange for an error. */
export function endingOf(error: unknown): Ending {
  if (isRefusal(error)) {
    return {
      kind: error.status === 500 ? 'failed' : 'refused',
      status: error.status,
      code: error.code,
      ...(error.errno === undefined ? {} : { errno: error.errno }),
    };
  }
  const status = statusOf(error) ?? 500;
  return {
    kind: status < 500 ? 'refused' : 'failed',
    status,
    code: isXSendfileError(error) ? error.code : 'ERR_XSENDFILE_INTERNAL',
  };
}

function publish(
  outcome: Outcome,
  { exchange }: Pick<Responder, 'exchange'>,
  onFinish: XSendfileOptions['onFinish'],
): void {
  if (onFinish !== undefined) callObserver('onFinish', () => onFinish(outcome, exchange));
  if (outcomes.hasSubscribers) outcomes.publish({ outcome, ...exchange });
}
