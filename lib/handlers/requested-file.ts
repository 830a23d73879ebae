import { join } from 'node:path';
import type { HandlerState } from '../pipeline/request-state.js';
import type { Responder } from '../pipeline/responder.js';
import type { RequestedFile } from '../pipeline/run.js';
import { rulesOf, segmentsOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { RefusedError, XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import type { ApplicationView } from '../shared/views.js';

/** Returns what authorizes requests by their path alone. */
export function authorizeByPath(state: HandlerState): (responder: Responder) => RequestedFile {
  const rules = rulesOf(state.config);
  return (responder) => ({
    segments: segmentsOf(responder, state.config.path, rules),
    within: confine(responder, state),
  });
}

/**
 * Returns the absolute path of the directory that the file must be in; undefined for the root.
 *
 * @throws {@link RefusedError} if the application names none, or none that can be below the root.
 */
export function confine(
  { subject }: Pick<ApplicationView, 'subject'>,
  { config, source }: HandlerState,
): string | undefined {
  const { within } = config;
  if (within === undefined) return undefined;
  const directory: unknown = within(subject);
  if (directory === undefined) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
  if (typeof directory !== 'string' && !Array.isArray(directory)) {
    throw new XSendfileError(
      'ERR_XSENDFILE_BAD_OPTION',
      `xsendfile: options.within must return a path, a list of names or undefined, got ${showType(directory)}.`,
    );
  }
  return join(source.root, ...sanitizePath(directory, rulesOf(config)));
}
