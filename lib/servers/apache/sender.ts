import { checked, type Readers, readOptions } from '../../shared/option-reader.js';
import { encodePercent, encodeRaw } from '../../shared/path-encoding.js';
import type { Sender } from '../../types.js';
import { createHeaderSender } from '../contract.js';
import { type FrontEndRootOptions, pathForFrontEnd } from '../front-end-root.js';
import { apache } from './traits.js';

/** Options of {@link apacheSender}. */
export interface ApacheSenderOptions extends FrontEndRootOptions {
  /**
   * Encoding of the path: `raw` for mod_xsendfile 0.12, which Debian and Ubuntu ship, `percent` for
   * 1.0.
   *
   * @default 'raw'
   */
  readonly encoding?: 'raw' | 'percent' | undefined;
}

const OPTIONS = {
  encoding: checked<'raw' | 'percent'>(
    "'raw' (mod_xsendfile 0.12) or 'percent' (1.0)",
    (value) => value === 'raw' || value === 'percent',
    'raw',
  ),
  frontendRoot: pathForFrontEnd,
} satisfies Readers<ApacheSenderOptions>;

/**
 * Creates a sender for Apache httpd with mod_xsendfile: `X-Sendfile`.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function apacheSender(options: ApacheSenderOptions = {}): Sender {
  const { encoding, frontendRoot: path } = readOptions('apacheSender', options, OPTIONS);
  return createHeaderSender(apache, {
    path,
    encode: encoding === 'raw' ? encodeRaw : encodePercent,
  });
}
