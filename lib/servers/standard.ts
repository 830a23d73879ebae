import { type Readers, readOptions } from '../shared/option-reader.js';
import { encodeUnlessControl } from '../shared/path-encoding.js';
import type { Sender } from '../types.js';
import { createHeaderSender, type Traits } from './contract.js';
import { type FrontEndRootOptions, pathForFrontEnd } from './front-end-root.js';

/** Options of {@link standardSender}. */
export interface StandardSenderOptions extends FrontEndRootOptions {}

const TRAITS: Traits = {
  name: 'standard',
  // For any front end, as in wsgi-xsendfile.
  header: 'X-Sendfile',
  passesContentEncoding: true,
  needsValidators: true,
  announcesRanges: false,
};

const OPTIONS = { frontendRoot: pathForFrontEnd } satisfies Readers<StandardSenderOptions>;

/**
 * Creates a sender with `X-Sendfile` and the percent-encoded absolute path, like the default sender of
 * wsgi-xsendfile.
 *
 * For servers that decode the path (lighttpd, mod_xsendfile 1.0). This process sends files with
 * control characters in their names: lighttpd would replace these with `_`, and might send another file.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function standardSender(options: StandardSenderOptions = {}): Sender {
  const { frontendRoot: path } = readOptions('standardSender', options, OPTIONS);
  return createHeaderSender(TRAITS, { path, encode: encodeUnlessControl });
}
