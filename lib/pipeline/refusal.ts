import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { codeOf } from '../shared/code-of.js';
import { RefusedError } from '../shared/errors.js';
import { stackOf } from '../shared/stack.js';
import type { NextFunction } from '../types.js';
import { cutOff } from './connection.js';
import type { Configuration } from './options.js';
import { removeFileHeaders } from './write-head.js';

/** Statuses that `fallthrough` takes for "not mine" rather than for an error. */
const NOT_MINE: readonly number[] = [400, 403, 404, 405];

/**
 * Finds the way out for a request that an error has ended before anything was written: the
 * application's `onRefused`, the next middleware, its error handlers, or an answer from here.
 *
 * Never throws.
 */
export function handleError(
  error: unknown,
  config: Pick<Configuration, 'fallthrough' | 'onRefused'>,
  req: IncomingMessage,
  res: ServerResponse,
  next: NextFunction | undefined,
): void {
  const proceed = createNext(req, res, next);
  if (!(error instanceof RefusedError) || error.status === 500 || res.headersSent) {
    proceed(error);
  } else if (config.onRefused !== undefined) {
    const { onRefused } = config;
    // Asynchronous hooks are welcome, and so is one that throws at once.
    (async () => onRefused(error, { req, res, next: proceed }))().catch((thrown: unknown) =>
      // Nothing thrown would be no error.
      proceed(thrown || new RefusedError('ERR_XSENDFILE_INTERNAL')),
    );
  } else if (config.fallthrough) {
    if (NOT_MINE.includes(error.status)) proceed();
    else proceed(error);
  } else {
    try {
      answerRefusal(req, res, error);
    } catch (thrown) {
      // A middleware's listener, called while the head is written.
      proceed(thrown);
    }
  }
}

/** Answers with the refusal's status and a line of text. */
export function answerRefusal(
  req: IncomingMessage,
  res: ServerResponse,
  { status, message, headers }: RefusedError,
): void {
  removeFileHeaders(res);
  res.statusMessage = STATUS_CODES[status] ?? '';
  const body = `${message}\n`;
  res.writeHead(status, {
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

/** The application's `next`; on bare `node:http` an answer. What is returned never throws. */
export function createNext(
  req: IncomingMessage,
  res: ServerResponse,
  next: NextFunction | undefined,
): NextFunction {
  return (error) => {
    try {
      if (next !== undefined) return error === undefined ? next() : next(error);
      if (!res.headersSent) answerRefusal(req, res, toRefusal(error));
      // An answer that was begun here can no longer be given; one that was there before is none of ours.
      else if (codeOf(error) !== 'ERR_XSENDFILE_HEADERS_SENT') cutOff(res);
    } catch (thrown) {
      // No one is left to be told, and the client must not wait for ever.
      const what = next === undefined ? 'writing the response' : 'next()';
      process.emitWarning(`xsendfile: ${what} threw ${stackOf(thrown)}`);
      cutOff(res);
    }
  };
}

function toRefusal(error: unknown): RefusedError {
  if (error instanceof RefusedError) return error;
  return new RefusedError(
    error === undefined ? 'ERR_XSENDFILE_NOT_FOUND' : 'ERR_XSENDFILE_INTERNAL',
    { cause: error },
  );
}
