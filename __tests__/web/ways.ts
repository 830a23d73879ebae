import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { H3, toNodeHandler } from './h3.js';

/** A function of an application: undefined stands for "not mine". */
export type Fetch = (request: Request) => Promise<Response | undefined>;

/** A way in which requests come to a handler, and its responses to a client. */
export interface Way {
  readonly name: string;
  /** Whether a connection carries the response. */
  readonly hasConnection: boolean;
  /** Targets that never get to the handler. */
  readonly refusesItself: readonly string[];
  /** Starts a server, if there is one; the function it resolves with sends a request. */
  readonly open: (fetch: Fetch) => Promise<Site>;
}

/** What answers requests; the port is 0 if there is no server. */
export interface Site {
  readonly port: number;
  ask(request: RawRequest): Promise<RawResponse>;
}

/** The body of the response to what is not for the handler. */
export const NEXT = 'the next handler';

const orNext =
  (fetch: Fetch) =>
  async (request: Request): Promise<Response> =>
    (await fetch(request)) ?? new Response(NEXT, { status: 404 });

function bare(name: string, create: (target: string, init: RequestInit) => Request): Way {
  return {
    name,
    hasConnection: false,
    refusesItself: [],
    open: async (fetch) => ({
      port: 0,
      async ask({ target, method = 'GET', headers = {}, body }) {
        const init = { method, headers, ...(body === undefined ? {} : { body }) };
        return toRaw(await orNext(fetch)(create(target, init)));
      },
    }),
  };
}

async function toRaw(response: Response): Promise<RawResponse> {
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) headers[name] = value;
  const body = Buffer.from(await response.arrayBuffer());
  // Not of the object, which has only the last cookie.
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${response.status}\r\n${lines.join('')}`;
  return {
    status: response.status,
    headers,
    head,
    body,
    raw: Buffer.concat([Buffer.from(`${head}\r\n`), body]),
  };
}

function served(
  name: string,
  refusesItself: readonly string[],
  listenerOf: (fetch: Fetch) => RequestListener,
): Way {
  return {
    name,
    hasConnection: true,
    refusesItself,
    async open(fetch) {
      const port = await listen(listenerOf(fetch));
      return { port, ask: (request) => rawRequest(port, request) };
    },
  };
}

export const WAYS: readonly Way[] = [
  bare('Response in Node', (target, init) => new Request(`http://localhost${target}`, init)),
  bare('Response in a runtime that leaves the URL as it is', (target, init) =>
    Object.defineProperty(new Request('http://localhost', init), 'url', {
      value: `http://localhost${target}`,
    }),
  ),
  served('Hono', [], (fetch) => {
    const app = new Hono();
    app.all('*', (c) => orNext(fetch)(c.req.raw));
    return getRequestListener(app.fetch);
  }),
  served('h3', ['/files/%ff'], (fetch) => {
    const app = new H3();
    app.all('/**', (event) => orNext(fetch)(event.req as Request));
    return toNodeHandler(app.fetch as never) as RequestListener;
  }),
];
