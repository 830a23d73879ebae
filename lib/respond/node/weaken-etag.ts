import type { ServerResponse } from 'node:http';
import type { Plan } from '../../pipeline/plan.js';
import type { Representation } from '../../representation/describe.js';
import type { HeaderChanges } from '../../shared/headers.js';
import { isCompressible } from '../../shared/media-type.js';
import type { Exchange } from '../../shared/views.js';
import { isWriteWrapped } from './connection.js';

const UNCHANGED: HeaderChanges = Object.freeze({});

/**
 * Makes the ETag of a response weak if the middleware `compression` may pack its body, as nginx does.
 *
 * A strong ETag promises the same bytes (RFC 9110 §8.8.3.3): with it, a client could complete the packed
 * beginning of a file with a range of the file itself. Only the middleware knows whether it will pack the body, and
 * it decides when the head is written, so what it packs by default counts. Other files keep a strong ETag, and
 * their downloads can be resumed.
 */
export function weakenEtagIfCompressed(
  { status }: Plan,
  { type, headers, cacheControl, isEncoded }: Representation,
  { req, res }: Exchange,
): HeaderChanges {
  const { ETag: tag } = headers;
  if (typeof tag !== 'string' || !tag.startsWith('"')) return UNCHANGED;
  // Ranges are sent with no-transform.
  if ((status !== 200 && status !== 304) || isEncoded || !hasCompression(res)) return UNCHANGED;
  if (!acceptsAny(req.headers['accept-encoding']) || /no-transform/i.test(cacheControl ?? '')) {
    return UNCHANGED;
  }
  return isCompressible(type) ? { ETag: `W/${tag}` } : UNCHANGED;
}

/** Whether `compression` processes the response: it documents that it adds `res.flush()`. */
function hasCompression(res: ServerResponse & { readonly flush?: unknown }): boolean {
  return typeof res.flush === 'function' && isWriteWrapped(res);
}

/** Whether a client accepts any coding but `identity`; if in doubt, it does. */
function acceptsAny(acceptEncoding: string | undefined): boolean {
  return /gzip|br|deflate|zstd|\*/i.test(acceptEncoding ?? '');
}
