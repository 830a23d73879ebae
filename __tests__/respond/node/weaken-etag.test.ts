import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import compression from 'compression';
import type { Plan } from '../../../lib/pipeline/plan.js';
import type { Representation } from '../../../lib/representation/describe.js';
import { weakenEtagIfCompressed } from '../../../lib/respond/node/weaken-etag.js';

interface Given {
  readonly accepts?: string;
  readonly status?: number;
  readonly tag?: string;
  readonly type?: string;
  readonly isEncoded?: boolean;
  readonly cacheControl?: string;
  /** What else than `compression` is there. */
  readonly middleware?: (res: ServerResponse) => void;
}

function changesFor({ accepts = 'gzip', status = 200, tag = '"a"', ...rest }: Given): object {
  const { type = 'text/plain; charset=utf-8', isEncoded = false, cacheControl, middleware } = rest;
  const req = new IncomingMessage(new Socket());
  if (accepts !== '') req.headers['accept-encoding'] = accepts;
  const res = new ServerResponse(req);
  if (middleware !== undefined) middleware(res);
  else compression()(req as never, res as never, () => {});
  const headers = tag === '' ? {} : { ETag: tag };
  const representation = { type, headers, cacheControl, isEncoded } as Representation;
  return weakenEtagIfCompressed({ status } as Plan, representation, { req, res });
}

describe('weakenEtagIfCompressed(plan, representation, exchange)', () => {
  it.each<[string, Given]>([
    ['a text', {}],
    ['a status without a body', { status: 304 }],
    ['Brotli', { accepts: 'br' }],
    ['deflate', { accepts: 'Deflate' }],
    ['Zstandard', { accepts: 'identity, zstd;q=0.5' }],
    ['any coding', { accepts: '*' }],
    ['another Cache-Control', { cacheControl: 'private, no-cache' }],
    ['an unknown type with a known suffix', { type: 'application/x.own+json' }],
  ])('weakens it for %s', (_title, given) => {
    expect(changesFor(given)).toStrictEqual({ ETag: 'W/"a"' });
  });

  it.each<[string, Given]>([
    ['a client that accepts no coding', { accepts: '' }],
    ['a client that accepts identity only', { accepts: 'identity' }],
    ['a range', { status: 206 }],
    ['a status of the application', { status: 404 }],
    ['a tag that is weak', { tag: 'W/"a"' }],
    ['no tag', { tag: '' }],
    ['a file that is compressed', { type: 'image/png' }],
    ['a response that is encoded', { isEncoded: true }],
    ['no-transform', { cacheControl: 'public, No-Transform' }],
    ['no middleware', { middleware: () => {} }],
    [
      'a middleware without flush()',
      { middleware: (res) => void Object.assign(res, { write: () => true }) },
    ],
    [
      'flush() of another middleware',
      { middleware: (res) => void Object.assign(res, { flush() {} }) },
    ],
  ])('keeps it for %s', (_title, given) => {
    expect(changesFor(given)).toStrictEqual({});
  });
});
