import { toFileInfo } from '../representation/file-info.js';
import { XSendfileError } from '../shared/errors.js';
import { show } from '../shared/option-checks.js';
import type { Found } from '../sources/source.js';
import { isRate } from './options.js';
import type { RequestState } from './request-state.js';

/**
 * The rate for a file, in whole bytes per second: of this call, of the link, or of the option, in this
 * order; undefined for no limit.
 *
 * @throws {@link XSendfileError} for a wrong value, and errors of the option function.
 */
export function rateFor(
  { file, segments }: Found,
  { responder, handler, overrides, access }: RequestState,
): number | undefined {
  const { rate: option } = handler.config;
  const rate =
    overrides.rate ??
    access?.claims.rate ??
    (typeof option === 'function'
      ? option(toFileInfo(handler.source.root, segments, file), responder.subject)
      : option);
  if (rate === undefined) return undefined;
  if (isRate(rate)) return Math.floor(rate);
  throw new XSendfileError(
    'ERR_XSENDFILE_BAD_OPTION',
    `xsendfile: rate must be a number of bytes per second, 1 or more, or undefined for no limit, got ${show(rate)}.`,
  );
}
