import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** The parts of a request that the response depends on. A request of `node:http` has them. */
export interface RequestView {
  readonly method?: string | undefined;
  /** The request target below the mount path. */
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The whole request target, if a router has removed the mount path from `url`. */
  readonly originalUrl?: string | undefined;
  /** The mount path. */
  readonly baseUrl?: string | undefined;
  /** Parameters of a route. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** The state of a response that the application may have changed. A response of `node:http` has it. */
export interface ResponseView {
  readonly statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly locals?: Readonly<Record<string, unknown>>;
  getHeaderNames(): string[];
  getHeaders(): Readonly<Record<string, unknown>>;
}

/**
 * A request as functions of the application get it. Internally it has the types of `node:http`; only the application
 * sees those of its framework, or a `Request`.
 */
export interface ApplicationView {
  /** The argument of functions among the options. */
  readonly subject: IncomingMessage;
  /** The property of contexts that has the request: `{ req }`, or `{ request }`. */
  readonly named: { readonly req: IncomingMessage };
}

/** The request and the response as hooks get them; for the web entry, `{ request }`. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}
