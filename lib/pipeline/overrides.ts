import { formatDisposition } from '../representation/content-disposition.js';
import { checkHeaderValue } from '../representation/header-value.js';
import { BadOptionError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import {
  checked,
  optional,
  type Reader,
  type Readers,
  readOptions,
} from '../shared/option-reader.js';
import type { FileOverrides } from '../types.js';
import { isRate } from './options.js';

const OVERRIDES = {
  contentDisposition: header((value, method) => formatDisposition(value, 'name', method)),
  contentType: header((value, method) => checkHeaderValue('Content-Type', value, method)),
  rate: checked('a number of bytes per second, 1 or more, or undefined', isRate),
  acceptRanges: checked('true or false', (value) => typeof value === 'boolean'),
} satisfies Readers<FileOverrides>;

/** Checks the value of a header; the error names the method alone. */
function header(check: (value: unknown, method: string) => string): Reader<string | undefined> {
  return optional((value, { caller }) => check(value, caller.replace('xsendfile: ', '')));
}

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
  readOptions(`xsendfile: ${caller}`, overrides, OVERRIDES);
}
