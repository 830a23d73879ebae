import { type FileIdentity, isSameIdentity } from '../files/identity.js';
import type { CheckedFile } from '../files/root-directory.js';
import type { Representation } from '../representation/describe.js';
import { RefusedError, XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import type { AllowContext, AllowFunction, FileTarget } from '../types.js';
import { isGone, whenOver } from './connection.js';
import { type Delivery, targetOf } from './delivery.js';

/** Files that a request has been allowed, so that it is asked once if the sender declines. */
const allowed = new WeakMap<Delivery, FileIdentity>();

/**
 * Asks the application's `allow` functions, in their order, whether a request may have the file that was
 * found for it.
 *
 * @param status - the status that the response will have.
 * @returns false if the client disconnected before they had decided.
 * @throws {@link RefusedError} 404 if one of them refuses, or what one of them throws; nothing was
 * written then.
 */
export async function isAllowed(
  file: CheckedFile,
  representation: Representation,
  status: number,
  delivery: Delivery,
): Promise<boolean> {
  const { req, res, site, access, exchange } = delivery;
  const { allow } = site.config;
  const before = allowed.get(delivery);
  if (before !== undefined && isSameIdentity(before, file.identity)) return true;

  const target = targetOf(delivery, file, representation);
  const context: AllowContext = Object.freeze({
    req,
    claims: access?.claims,
    status,
    onFinish: exchange.observe,
    onDelivered: exchange.observeDelivery,
  });
  // What is decided too late has no effect, and neither has an error.
  await Promise.race([askAll(allow, target, context), whenOver(req, res)]);
  if (res.headersSent) {
    throw new XSendfileError(
      'ERR_XSENDFILE_HEADERS_SENT',
      'xsendfile: options.allow must only decide, but it has answered the request.',
    );
  }
  if (isGone(req, res)) return false;
  allowed.set(delivery, file.identity);
  return true;
}

async function askAll(
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
