import { finished } from 'node:stream';
import type { HttpRequest, HttpResponse, Middleware, Outcome, XSendfileOptions } from '../index.js';
import { isRefusal } from '../shared/errors.js';

type Options = Pick<XSendfileOptions, 'fallthrough' | 'onFinish' | 'onRefused'>;

/** Makes the requests to a handler promises; see {@link observeExchanges}. */
export interface ObservedExchanges<Given> {
  /** The options for the handler. */
  readonly options: Given;
  /**
   * Gives a request to a handler with these options.
   *
   * @returns whether there was a response, when the exchange is over; false if the request is for the next
   * middleware.
   * @throws the error that the handler gives to `next`, as a rejection.
   */
  readonly handle: (handler: Middleware, req: HttpRequest, res: HttpResponse) => Promise<boolean>;
}

/**
 * Adds functions to the options of a handler that notice the end of a response. Refusals become errors for the
 * framework, unless `fallthrough` or `onRefused` handle them.
 */
export function observeExchanges<Own extends Options>(options: Own): ObservedExchanges<Own> {
  const { onFinish, onRefused, fallthrough } = options;
  const waiting = new WeakMap<HttpRequest, (outcome: Outcome) => void>();
  const observe: Options['onFinish'] = (outcome, context) => {
    waiting.get(context.req)?.(outcome);
    return onFinish?.(outcome, context);
  };
  const isCallable = onFinish === undefined || typeof onFinish === 'function';
  return {
    options: {
      ...options,
      // A wrong value stays, and the factory refuses it.
      onFinish: isCallable ? observe : onFinish,
      onRefused: onRefused ?? (fallthrough ? undefined : passOn),
    },
    handle: (handler, req, res) =>
      new Promise((resolve, reject) => {
        const answered = (): void => resolve(true);
        waiting.set(req, ({ kind }) => {
          // The outcome of a refusal comes first; `onRefused` or `next` handles it afterwards.
          if (kind !== 'refused' && kind !== 'failed') return answered();
          finished(res, answered);
          // The response to a HEAD request that the client resets emits nothing.
          if (req.httpVersionMajor === 2) req.once('close', answered);
        });
        handler(req, res, (error) => {
          if (error === undefined) resolve(false);
          else reject(withHeaders(error));
        });
      }),
  };
}

const passOn: XSendfileOptions['onRefused'] = (error, { next }) => next(error);

/** Adds headers to a refusal that keep the error page of a framework out of caches. */
export function withHeaders(error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const headers = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
  return Object.assign(error, { headers: { ...headers, ...error.headers } });
}
