import { validateHeaderValue } from 'node:http';
import { XSendfileError } from '../shared/errors.js';

/**
 * The value, if it can be sent.
 *
 * @throws {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER` naming the header, the value and who gave it.
 */
export function checkHeaderValue(header: string, value: unknown, source: string): string {
  if (typeof value === 'string') {
    try {
      validateHeaderValue(header, value);
      return value;
    } catch {
      // Answered below: Node's own error does not say where the value comes from.
    }
  }
  throw badHeader(header, value, source);
}

export function badHeader(header: string, value: unknown, source: string): XSendfileError {
  const shown = JSON.stringify(value) ?? String(value);
  return new XSendfileError(
    'ERR_XSENDFILE_BAD_HEADER',
    `xsendfile: ${source} gave ${shown}, which cannot be sent as ${header}.`,
  );
}
