import { formatDisposition } from '../representation/content-disposition.js';
import { checkHeaderValue } from '../representation/header-value.js';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show, showType } from '../shared/option-checks.js';
import type { FileOverrides } from '../types.js';
import { isRate } from './options.js';

/** The check of each override; a type forces the list to be complete. */
const CHECKS: {
  readonly [key in keyof Required<FileOverrides>]: (value: unknown, caller: string) => unknown;
} = {
  contentDisposition: (value, caller) => formatDisposition(value, 'name', caller),
  contentType: (value, caller) => checkHeaderValue('Content-Type', value, caller),
  rate(value, caller) {
    if (isRate(value)) return;
    throw new BadOptionError(
      `xsendfile: ${caller}: rate must be a number of bytes per second, 1 or more, or undefined, got ${show(value)}.`,
    );
  },
  acceptRanges(value, caller) {
    if (typeof value === 'boolean') return;
    throw new BadOptionError(
      `xsendfile: ${caller}: acceptRanges must be true or false, got ${show(value)}.`,
    );
  },
};

/**
 * Checks that a method was called with a request, a response, and what to send.
 *
 * @param method - such as `send(req, res, path)`.
 * @throws {@link BadOptionError}
 */
export function checkArguments(args: readonly unknown[], method: string): void {
  const [req, res] = args;
  if (has(req, 'headers') && has(res, 'writeHead') && args.length > 2) return;
  const given = args.map((each) =>
    has(each, 'writeHead') ? 'a response' : has(each, 'headers') ? 'a request' : showType(each),
  );
  throw new BadOptionError(
    `xsendfile: ${method} was called with other arguments: ${given.join(', ')}. Give it all of them, in this order.`,
  );
}

function has(value: unknown, property: string): boolean {
  return typeof value === 'object' && value !== null && property in value;
}

/**
 * Checks the overrides of one call.
 *
 * @param caller - the method, such as `send()`.
 * @throws {@link BadOptionError}, or {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER` for a value that cannot be sent.
 */
export function checkOverrides(overrides: FileOverrides, caller: string): void {
  checkKnownKeys(`xsendfile: ${caller}`, overrides, Object.keys(CHECKS));
  for (const name of Object.keys(overrides) as (keyof FileOverrides)[]) {
    if (overrides[name] !== undefined) CHECKS[name](overrides[name], caller);
  }
}
