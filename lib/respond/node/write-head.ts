import type { PlannedHead } from '../../pipeline/responder.js';
import type { Exchange } from '../../shared/views.js';
import { rememberedHead } from '../remembered-head.js';
import { canWriteHeadDirectly, type ResponseHead, toRawHeaders } from './response-head.js';
import { weakenEtagIfCompressed } from './weaken-etag.js';

/**
 * Writes the head of a response with a file, or a part of it.
 *
 * @throws errors of `setHeaders`, and of middleware that replaces `writeHead()`; nothing was written then.
 */
export function writeHead(
  planned: PlannedHead,
  exchange: Exchange,
  headOf: () => ResponseHead,
): void {
  const { res } = exchange;
  const { plan, representation, presets, setHeaders } = planned;
  const { status, headers, framing } = plan;
  if (setHeaders !== undefined || presets !== undefined || !canWriteHeadDirectly(res)) {
    const head = headOf();
    const weakened = weakenEtagIfCompressed(plan, representation, exchange);
    const hook = setHeaders && (() => setHeaders(res));
    head.decide({ ...representation.headers, ...headers, ...weakened }, framing, hook);
    try {
      res.writeHead(status);
    } catch (error) {
      // The error page must not look like the file.
      if (!res.headersSent) head.reset();
      throw error;
    }
    return;
  }
  const list = rememberedHead(planned, () =>
    toRawHeaders(res, { ...representation.headers, ...headers, ...framing }),
  );
  res.writeHead(status, list);
}
