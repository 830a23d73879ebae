import { RESOURCE_POLICIES, RESOURCE_POLICY } from '../shared/embedding.js';
import { isRefusal, RefusedError } from '../shared/errors.js';
import type { RequestView, ResponseView } from '../shared/views.js';
import type { Embedding } from '../types.js';

/** The sites that a policy admits, as `Sec-Fetch-Site` states them; `none` is the user. */
const ADMITTED: { readonly [policy in Exclude<Embedding, 'any'>]: readonly string[] } = {
  'same-origin': ['same-origin', 'none'],
  'same-site': ['same-origin', 'same-site', 'none'],
};

/**
 * Refuses requests that pages of other sites make, unless the user follows a link there. Clients that are not
 * browsers, and old ones, state no site.
 *
 * @throws {@link RefusedError}
 */
export function checkEmbedding(
  policy: Embedding,
  { headers }: RequestView,
  response: ResponseView,
): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || policy === 'any' || ADMITTED[policy].includes(String(site))) return;
  const mode = headers['sec-fetch-mode'];
  // A frame navigates, too.
  if (mode === 'navigate' && headers['sec-fetch-dest'] === 'document') return;
  if (mode === 'cors' && response.getHeaderNames().includes('access-control-allow-origin')) return;
  throw new RefusedError('ERR_XSENDFILE_CROSS_SITE');
}

/** Returns the header that responses without a file have, too; none if the application has set it. */
export function embeddingHeaders(
  policy: Embedding,
  response: Pick<ResponseView, 'getHeaderNames'>,
): Readonly<Record<string, string>> {
  const isSet = response.getHeaderNames().includes(RESOURCE_POLICY.toLowerCase());
  return isSet ? {} : { [RESOURCE_POLICY]: RESOURCE_POLICIES[policy] };
}

/** Adds that header to a refusal, whoever answers it. */
export function withEmbedding<Thrown>(
  error: Thrown,
  policy: Embedding,
  response: ResponseView,
): Thrown {
  if (!isRefusal(error)) return error;
  const headers = { ...embeddingHeaders(policy, response), ...error.headers };
  return Object.assign(error, { headers });
}
