import type { RefusalCode } from '../../lib/index.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import type { RawResponse } from '../helpers/raw-request.js';
import type { Reply } from './site.js';

/** Headers that tell a front end what to send; no client may see one. */
const CONTROL_HEADER = /^(x-(?:accel|sendfile|send-file|lighttpd|litespeed|reproxy)[^:]*):/gim;

/** Fails if a response has a front end's control header, or one of the `secrets` anywhere. */
export function expectNoLeak({ head, body }: RawResponse, secrets: readonly string[]): void {
  expect(head.match(CONTROL_HEADER)).toBeNull();
  expect(secrets.filter((secret) => head.includes(secret) || body.includes(secret))).toEqual([]);
}

/**
 * The front end sent the file, and this process no byte of it: except for requests that h2o would
 * answer wrong.
 */
export function expectOffloaded(reply: Reply, name: FrontEndName): void {
  const req = reply.account?.req;
  if (name === 'h2o' && (req?.method === 'HEAD' || req?.headers['if-range'] !== undefined)) {
    expectOutcome(reply, { kind: 'sent', sender: 'serve' });
    return;
  }
  expectOutcome(reply, { kind: 'offloaded', status: 200, sender: name, bytes: 0 });
}

/** This process sent the file. */
export function expectSentHere(reply: Reply, bytes: number, status = 200): void {
  expectOutcome(reply, { kind: 'sent', status, sender: 'serve', bytes });
}

/** This process refused, in its own plain words. */
export function expectRefused(reply: Reply, status: number, code?: RefusalCode): void {
  expectOutcome(reply, { kind: 'refused', status, bytes: 0, ...(code && { code }) });
  expect(reply.status).toBe(status);
  expect(reply.headers).toMatchObject({
    'cache-control': 'no-store',
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  for (const name of ['etag', 'last-modified', 'content-disposition', 'accept-ranges']) {
    expect(reply.headers).not.toHaveProperty(name);
  }
}

/** The body, byte for byte; without megabytes of difference in the report. */
export function expectBody({ body, headers }: Reply, expected: Buffer): void {
  expect(headers['content-length']).toBe(String(expected.length));
  expect(body.length).toBe(expected.length);
  expect(body.equals(expected)).toBe(true);
}

/** Exactly one, like this. */
function expectOutcome({ account }: Reply, outcome: Readonly<Record<string, unknown>>): void {
  expect(account?.outcomes).toEqual([expect.objectContaining(outcome)]);
}
