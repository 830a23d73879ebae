import type { RequestView } from '../shared/views.js';

/** `Sec-Purpose` of Fetch, and what older browsers and previews send. */
const FIELDS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];
/** One of the values, with or without parameters: `prefetch;prerender`. */
const EARLY = /(?:^|[\s,;])(?:prefetch|prerender|preview)(?:$|[\s,;])/i;

/** Whether a request announces that no user waits for its response, only perhaps will. */
export function isPrefetch({ headers }: Pick<RequestView, 'headers'>): boolean {
  return FIELDS.some((name) => EARLY.test(String(headers[name])));
}
