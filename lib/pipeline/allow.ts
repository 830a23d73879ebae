import type { Representation } from '../representation/describe.js';
import { RefusedError, XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import { isSameIdentity } from '../sources/identity.js';
import type { Found } from '../sources/source.js';
import type { AllowContext, AllowFunction, FileTarget } from '../types.js';
import { type RequestState, targetOf } from './request-state.js';

/**
 * Asks the application's `allow` functions, in their order, whether a request may have the file that was
 * found for it; once for each version of it.
 *
 * @param status - the status that the response will have.
 * @returns false if the client disconnected before they had decided.
 * @throws {@link RefusedError} 404 if one of them refuses, or what one of them throws; nothing was
 * written then.
 */
export async function isAllowed(
  found: Found,
  representation: Representation,
  status: number,
  state: RequestState,
): Promise<boolean> {
  const { responder, handler, access, recorder, allowed } = state;
  const { allow } = handler.config;
  const { identity } = found.file;
  if (allow.length === 0 || (allowed && isSameIdentity(allowed, identity))) return true;

  const target = targetOf(state, found, representation);
  const context: AllowContext = Object.freeze({
    ...responder.named,
    claims: access?.claims,
    clientAddress: access?.clientAddress,
    resumeGrace: access?.resumeGrace ?? 0,
    isExpired: access?.expired !== undefined,
    confirmation: access?.confirming?.given,
    confirmationId: access?.confirming?.id,
    status,
    onFinish: recorder.observe,
    onDelivered: recorder.observeDelivery,
  });
  state.unconfirmed = target;
  // What is decided too late has no effect, and neither has an error.
  await Promise.race([askAll(allow, target, context), responder.over(true)]);
  if (responder.response.headersSent) {
    throw new XSendfileError(
      'ERR_XSENDFILE_HEADERS_SENT',
      'xsendfile: options.allow must only decide, but it has sent a response.',
    );
  }
  if (responder.isGone()) return false;
  if (access?.confirming?.given === 'missing') throw new RefusedError('ERR_XSENDFILE_UNCONFIRMED');
  state.allowed = identity;
  return true;
}

/**
 * Asks the functions of the application in their order.
 *
 * @throws {@link RefusedError} 404 if one of them refuses, or what one of them throws.
 */
export async function askAll(
  functions: readonly AllowFunction[],
  file: FileTarget,
  context: AllowContext,
): Promise<void> {
  for (const allow of functions) {
    const answer: unknown = await allow(file, context);
    if (answer === false) throw new RefusedError('ERR_XSENDFILE_NOT_ALLOWED');
    // A forgotten `return` must neither publish a file nor look like a decision.
    if (answer !== true) {
      throw new XSendfileError(
        'ERR_XSENDFILE_BAD_ALLOW',
        `xsendfile: options.allow must return true or false, or a promise of one, got ${showType(answer)}.`,
      );
    }
  }
}
