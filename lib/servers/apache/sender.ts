import { BadOptionError } from '../../shared/errors.js';
import { checkKnownKeys } from '../../shared/option-checks.js';
import { encodePercent, encodeRaw } from '../../shared/path-encoding.js';
import type { Sender } from '../../types.js';
import { createHeaderSender } from '../contract.js';
import { type FrontEndRootOptions, pathForFrontEnd } from '../front-end-root.js';
import { CONTROL_HEADER, DOWNLOAD_ID_HEADER } from '../names.js';

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

/**
 * Creates a sender for Apache httpd with mod_xsendfile: `X-Sendfile`.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function apacheSender(options: ApacheSenderOptions = {}): Sender {
  checkKnownKeys('apacheSender', options, ['encoding', 'frontendRoot']);
  const pathOf = pathForFrontEnd(options, 'apacheSender');
  const { encoding = 'raw' } = options;
  if (encoding !== 'raw' && encoding !== 'percent') {
    throw new BadOptionError(
      `apacheSender: encoding must be 'raw' (mod_xsendfile 0.12) or 'percent' (1.0), got ${JSON.stringify(encoding)}.`,
    );
  }
  const encode = encoding === 'raw' ? encodeRaw : encodePercent;
  return createHeaderSender({
    name: 'apache',
    header: CONTROL_HEADER.apache,
    value: (file) => {
      const path = pathOf(file);
      return path === undefined ? undefined : encode(path);
    },
    passesContentEncoding: false,
    needsValidators: true,
    announcesRanges: false,
    downloadIdHeader: DOWNLOAD_ID_HEADER.apache,
  });
}
