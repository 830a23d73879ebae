import type { Outcome, RequestContext, XSendfileWebOptions } from '../../lib/web/index.js';
import { xsendfile } from '../../lib/web/index.js';
import { type Expected, expectResponse } from '../helpers/check.js';
import type { RawRequest, RawResponse } from '../helpers/raw-request.js';
import type { Fetch, Site, Way } from './ways.js';

/** A handler, the outcomes it reported, and a way to ask it. */
export interface WebFixture extends Site {
  readonly outcomes: Outcome[];
  /** What the promise of the handler was rejected with. */
  readonly errors: unknown[];
  check(request: RawRequest, expected: Expected): Promise<RawResponse>;
}

/** Serves the files of a root at `/files`. */
export async function createWebFixture(
  way: Way,
  root: string,
  options: XSendfileWebOptions<boolean> = {},
): Promise<WebFixture> {
  const outcomes: Outcome[] = [];
  const onFinish = (outcome: Outcome, _context: RequestContext) => void outcomes.push(outcome);
  return openFixture(way, xsendfile(root, { prefix: '/files', onFinish, ...options }), outcomes);
}

/** The same for any function; its errors become responses as applications make them. */
export async function openFixture(
  way: Way,
  fetch: Fetch,
  outcomes: Outcome[] = [],
): Promise<WebFixture> {
  const errors: unknown[] = [];
  const { port, ask } = await way.open(async (request) => {
    try {
      return await fetch(request);
    } catch (error) {
      errors.push(error);
      const { status = 500, message } = error as { status?: number; message?: string };
      return new Response(`error: ${message}`, { status });
    }
  });
  return {
    port,
    ask,
    outcomes,
    errors,
    async check(request, expected) {
      const response = await ask(request);
      expectResponse(response, expected);
      return response;
    },
  };
}
