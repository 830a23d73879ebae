import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome, XSendfileOptions } from '../../lib/index.js';
import { xsendfile } from '../../lib/index.js';
import { type RawRequest, type RawResponse, rawRequest } from './raw-request.js';
import { listen } from './servers.js';

/** What a response must be like; a header of `null` must be absent. */
export interface Expected {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  readonly body?: string | Buffer;
}

/** Compares a response with what was expected of it. */
export function expectResponse(response: RawResponse, expected: Expected): void {
  expect(response.status).toBe(expected.status);
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const actual = response.headers[name.toLowerCase()] ?? null;
    if (value instanceof RegExp)
      expect([name, actual]).toEqual([name, expect.stringMatching(value)]);
    else expect([name, actual]).toEqual([name, value]);
  }
  if (expected.body !== undefined) {
    expect(response.body.equals(Buffer.from(expected.body))).toBe(true);
  }
}

/** A handler behind a server of its own, the outcomes it reported, and a way to ask it. */
export interface Fixture {
  readonly port: number;
  readonly outcomes: Outcome[];
  request(request: RawRequest): Promise<RawResponse>;
  check(request: RawRequest, expected: Expected): Promise<RawResponse>;
}

/** Serves `root` on bare `node:http`, after `before` has had its way with the response. */
export async function createFixture(
  root: string,
  options: XSendfileOptions = {},
  before: (req: IncomingMessage, res: ServerResponse) => void = () => {},
): Promise<Fixture> {
  const outcomes: Outcome[] = [];
  const handler = xsendfile(root, {
    sender: 'serve',
    onFinish: (outcome) => outcomes.push(outcome),
    ...options,
  });
  return listenWith((req, res) => {
    before(req, res);
    handler(req, res);
  }, outcomes);
}

/** The same for any listener. */
export async function listenWith(
  listener: (req: IncomingMessage, res: ServerResponse) => void,
  outcomes: Outcome[] = [],
): Promise<Fixture> {
  const port = await listen(listener);
  const request = (raw: RawRequest): Promise<RawResponse> => rawRequest(port, raw);
  return {
    port,
    outcomes,
    request,
    async check(raw, expected) {
      const response = await request(raw);
      expectResponse(response, expected);
      return response;
    },
  };
}
