import { createNext } from '../../respond/node/refusal.js';
import { RefusedError } from '../../shared/errors.js';
import { codeOf, stackOf } from '../../shared/thrown.js';
import type { Exchange } from '../../shared/views.js';
import { warn } from '../../shared/warning.js';
import type { NextFunction, Outcome } from '../../types.js';
import type { Callback } from './call.js';

/** Reports the result of a `res.sendFile()` call to the application; only the first report counts. */
export interface Report {
  /** The file was handed over to the front end. */
  handedOver(): void;
  /** The exchange is over. */
  ended(outcome: Outcome): void;
  /** The file was refused, and nothing was written. */
  refused(error: unknown): void;
}

/**
 * Creates the {@link Report} of a call.
 *
 * @param callback - undefined if the call had none: errors then go to `req.next()`, as long as nothing
 * was written.
 */
export function createReport(exchange: Exchange, callback: Callback | undefined): Report {
  const { req, res } = exchange;
  // Read now, as Express does: later it may belong to another router.
  const { next: originalNext } = req as { next?: NextFunction };
  const next = createNext(exchange, originalNext);
  let isDone = false;

  function report(error: unknown): void {
    if (isDone || callback === undefined) return;
    isDone = true;
    // A callback that throws must neither be called again nor end the process: many of them try to
    // respond after the client disconnected.
    (async () => callback(error))().catch((thrown: unknown) => {
      if (!res.headersSent) return next(thrown || new RefusedError('ERR_XSENDFILE_INTERNAL'));
      const message = `offload: the callback of res.sendFile() threw ${stackOf(thrown)}`;
      warn('XSENDFILE_OBSERVER_THREW', message);
    });
  }

  return {
    handedOver() {
      // Otherwise the client disconnected, and the outcome will report that.
      if (res.headersSent && !res.destroyed) report(undefined);
    },
    ended(outcome) {
      report(errorOf(outcome));
    },
    refused(cause) {
      const error = toExpressError(cause);
      if (callback !== undefined) report(error);
      else if (codeOf(error) === 'EISDIR') next();
      else next(error);
    },
  };
}

/** Returns the error that Express would report for this outcome; undefined for success. */
function errorOf({ kind, code, errno }: Outcome): Error | undefined {
  if (kind === 'aborted') {
    return Object.assign(new Error('Request aborted'), { code: 'ECONNABORTED' });
  }
  if (kind !== 'failed') return undefined;
  return Object.assign(new Error('The file could not be sent completely'), {
    code: errno ?? code,
    status: 500,
    statusCode: 500,
  });
}

/** Converts a refusal to Express's error: applications test for codes such as `ENOENT` and `EISDIR`. */
function toExpressError(cause: unknown): unknown {
  const { errno, status, expose, headers, message } = cause as {
    [key in 'errno' | 'status' | 'expose' | 'headers' | 'message']?: unknown;
  };
  const code = codeOf(cause) === 'ERR_XSENDFILE_NOT_A_FILE' ? 'EISDIR' : errno;
  if (typeof code !== 'string') return cause;
  return Object.assign(new Error(String(message), { cause }), {
    code,
    status,
    statusCode: status,
    expose,
    headers,
  });
}
