import { validateHeaderValue } from 'node:http';
import { types } from 'node:util';
import { XSendfileError } from '../shared/errors.js';

/**
 * Returns the value if it can be sent.
 *
 * @throws {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER` naming the header, the value and its source.
 */
export function checkHeaderValue(header: string, value: unknown, source: string): string {
  if (typeof value === 'string') {
    try {
      validateHeaderValue(header, value);
      return value;
    } catch {
      // Node's error does not name the source of the value; ours is thrown below.
    }
  }
  throw badHeader(header, value, source);
}

/** Creates the error for a header value that cannot be sent. */
export function badHeader(
  header: string,
  value: unknown,
  source: string,
  fix = '',
): XSendfileError {
  const shown = types.isPromise(value) ? 'a promise' : (JSON.stringify(value) ?? String(value));
  return new XSendfileError(
    'ERR_XSENDFILE_BAD_HEADER',
    `xsendfile: ${source} gave ${shown}, which cannot be sent as ${header}.${fix}`,
  );
}
