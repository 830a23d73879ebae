import { STATUS_CODES } from 'node:http';
import { embeddingHeaders } from '../../pipeline/embedding.js';
import type { Configuration } from '../../pipeline/options.js';
import type { Answer } from '../../pipeline/responder.js';
import { isRefusal, RefusedError } from '../../shared/errors.js';
import { PASSED_ON } from '../../shared/passed-on.js';
import { codeOf, stackOf, statusOf } from '../../shared/thrown.js';
import type { Exchange } from '../../shared/views.js';
import { warn } from '../../shared/warning.js';
import type { Embedding, NextFunction } from '../../types.js';
import { abortResponse } from './connection.js';
import { removeFileHeaders } from './response-head.js';

/**
 * Handles an error that occurred before anything was written: calls the application's `onRefused`, the
 * next middleware or its error handlers, or sends the refusal.
 *
 * Never throws.
 */
export function handleError(
  error: unknown,
  config: Pick<Configuration, 'fallthrough' | 'onRefused' | 'refusedEmbedding'>,
  exchange: Exchange,
  next: NextFunction | undefined,
): void {
  const proceed = createNext(exchange, next, config.refusedEmbedding);
  if (!isRefusal(error) || error.status === 500 || exchange.res.headersSent) {
    proceed(error);
  } else if (config.onRefused !== undefined) {
    const { onRefused } = config;
    // The hook may be asynchronous, or throw synchronously.
    (async () => onRefused(error, { ...exchange, next: proceed }))().catch((thrown: unknown) =>
      // Frameworks treat a falsy value as no error.
      proceed(thrown || new RefusedError('ERR_XSENDFILE_INTERNAL')),
    );
  } else if (config.fallthrough) {
    if (PASSED_ON.includes(error.status)) proceed();
    else proceed(error);
  } else {
    try {
      answerRefusal(exchange, error);
    } catch (thrown) {
      // Thrown by a middleware's listener while the head is written.
      proceed(thrown);
    }
  }
}

/** Sends the refusal's status and a line of text. */
export function answerRefusal({ req, res }: Exchange, { status, message, headers }: Answer): void {
  removeFileHeaders(res);
  // HTTP/2 has no reason phrase, and Node warns of one (RFC 9113 §8.3.2).
  if (req.httpVersionMajor === 1) res.statusMessage = STATUS_CODES[status] ?? '';
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

/** Returns a function that calls the application's `next`, or responds on bare `node:http`. It never throws. */
export function createNext(
  exchange: Exchange,
  next: NextFunction | undefined,
  embedding: Embedding = 'same-site',
): NextFunction {
  const { res } = exchange;
  return (error) => {
    try {
      if (next !== undefined) return error === undefined ? next() : next(error);
      if (!res.headersSent)
        answerRefusal(exchange, toAnswer(error, embeddingHeaders(embedding, res)));
      // A response started here cannot be completed; one that existed before belongs to the application.
      else if (codeOf(error) !== 'ERR_XSENDFILE_HEADERS_SENT') abortResponse(res);
    } catch (thrown) {
      // No caller is left to handle this, and the client must not wait forever.
      const what = next === undefined ? 'writing the response' : 'next()';
      warn('XSENDFILE_NEXT_THREW', `xsendfile: ${what} threw ${stackOf(thrown)}`);
      abortResponse(res);
    }
  };
}

function toAnswer(error: unknown, headers: Answer['headers']): Answer {
  if (isRefusal(error)) return error;
  const status = error === undefined ? 404 : (statusOf(error) ?? 500);
  return { status, message: STATUS_CODES[status] ?? 'Error', headers };
}
