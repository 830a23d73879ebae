import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** The parts of a request that the response depends on. A request of `node:http` has them. */
export interface RequestView {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
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

/** The request and the response as functions of the application get them. */
export interface NativeExchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}
