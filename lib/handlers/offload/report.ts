import type { IncomingMessage, ServerResponse } from 'node:http';
import { createNext } from '../../pipeline/refusal.js';
import { codeOf } from '../../shared/code-of.js';
import { RefusedError } from '../../shared/errors.js';
import { stackOf } from '../../shared/stack.js';
import type { NextFunction, Outcome } from '../../types.js';
import type { Callback } from './call.js';

/** Tells the application how its call of `res.sendFile()` ended; only the first report counts. */
export interface Report {
  /** The front end has the file. */
  handedOver(): void;
  /** The exchange is over. */
  ended(outcome: Outcome): void;
  /** Nothing was written. */
  refused(error: unknown): void;
}

/**
 * @param callback - undefined if the call had none: errors go to `req.next()` then, as long as
 * nothing was written.
 */
export function createReport(
  req: IncomingMessage,
  res: ServerResponse,
  callback: Callback | undefined,
): Report {
  // Now, as Express does: later it may be that of another router.
  const { next: originalNext } = req as { next?: NextFunction };
  const next = createNext(req, res, originalNext);
  let isDone = false;

  function report(error: unknown): void {
    if (isDone || callback === undefined) return;
    isDone = true;
    // One that throws must neither be called again nor end the process: all too often it answers
    // to a client that has gone away in the middle of an answer.
    (async () => callback(error))().catch((thrown: unknown) => {
      if (!res.headersSent) return next(thrown || new RefusedError('ERR_XSENDFILE_INTERNAL'));
      process.emitWarning(`offload: the callback of res.sendFile() threw ${stackOf(thrown)}`, {
        code: 'XSENDFILE_OBSERVER_THREW',
      });
    });
  }

  return {
    handedOver() {
      // Else the client has gone away, and the outcome will say so.
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

/** What Express would say of an exchange that ended like this; undefined for a success. */
function errorOf({ kind, code, errno }: Outcome): Error | undefined {
  if (kind === 'aborted') {
    return Object.assign(new Error('Request aborted'), { code: 'ECONNABORTED' });
  }
  if (kind !== 'failed') return undefined;
  return Object.assign(new Error('The file could not be sent to its end'), {
    code: errno ?? code,
    status: 500,
    statusCode: 500,
  });
}

/** Applications compare with the codes of the operating system, and with that of a directory. */
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
