import { type Readers, readOptions } from '../../shared/option-reader.js';
import { encodeUnlessControl } from '../../shared/path-encoding.js';
import type { Sender } from '../../types.js';
import { createHeaderSender } from '../contract.js';
import { type FrontEndRootOptions, pathForFrontEnd } from '../front-end-root.js';
import { lighttpd } from './traits.js';

/** Options of {@link lighttpdSender}. */
export interface LighttpdSenderOptions extends FrontEndRootOptions {}

const OPTIONS = { frontendRoot: pathForFrontEnd } satisfies Readers<LighttpdSenderOptions>;

/**
 * Creates a sender for lighttpd 1.4: `X-Sendfile`, which needs mod_proxy and `"x-sendfile" => "enable"`.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function lighttpdSender(options: LighttpdSenderOptions = {}): Sender {
  const { frontendRoot: path } = readOptions('lighttpdSender', options, OPTIONS);
  return createHeaderSender(lighttpd, { path, encode: encodeUnlessControl });
}
