import type { Outcome } from '../types.js';

/** Registered, because the ESM and the CommonJS build have separate modules. */
const KEY = Symbol.for('xsendfile.outcome');

/** A response with its outcome: a `WeakMap` of them would cost the garbage collector more than the response. */
interface Observed {
  [KEY]?: Promise<Outcome>;
}

/** Records the outcome that {@link outcomeOf} returns. */
export function recordOutcomeOf(response: Response & Observed, outcome: Promise<Outcome>): void {
  response[KEY] = outcome;
}

/**
 * Returns the outcome of a response, as soon as the response has ended: its body was read, cancelled or aborted.
 *
 * @param response - what a handler, or a method of it, returned. A copy that a framework has made is not known.
 * @throws TypeError (as a rejection) for any other response.
 *
 * @example Log what a client got
 * ```ts
 * import { outcomeOf, xsendfile } from 'xsendfile/web';
 *
 * const files = xsendfile('/srv/files');
 * async function report(request: Request): Promise<Response> {
 *   const response = await files.send(request, 'report.pdf');
 *   void outcomeOf(response).then(({ kind, bytes }) => console.log(kind, bytes));
 *   return response;
 * }
 * ```
 */
export async function outcomeOf(response: Response): Promise<Outcome> {
  const outcome = (response as Observed | undefined)?.[KEY];
  if (outcome !== undefined) return outcome;
  throw new TypeError(
    'outcomeOf: this is not a response of a handler. Pass the one that it returned: frameworks make copies.',
  );
}
