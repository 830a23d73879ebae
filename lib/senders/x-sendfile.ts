import { BadOptionError } from '../errors.js';
import { checkKnownKeys } from '../option-checks.js';
import type { Sender } from '../types.js';
import { createHeaderSender } from './header-sender.js';
import { encodePercent, encodeRaw } from './path-encoding.js';

/** Options of {@link apacheSender}. */
export interface ApacheSenderOptions {
  /**
   * How the module reads the path: `raw` for mod_xsendfile 0.12, which Debian and Ubuntu have,
   * `percent` for 1.0.
   *
   * @default 'raw'
   */
  readonly encoding?: 'raw' | 'percent' | undefined;
}

/**
 * `X-Sendfile` with the percent-encoded absolute path, as wsgi-xsendfile's default sender.
 *
 * For servers that decode it (lighttpd, mod_xsendfile 1.0). A name with control characters is sent
 * by this process: lighttpd would turn them into `_`, which may be another file's name.
 */
export function standardSender(): Sender {
  return createHeaderSender({
    name: 'standard',
    header: 'X-Sendfile',
    value: ({ path }) => encodeUnlessControl(path),
    passesContentEncoding: true,
    needsValidators: true,
    announcesRanges: false,
  });
}

/**
 * `X-Sendfile` for Apache httpd with mod_xsendfile.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function apacheSender(options: ApacheSenderOptions = {}): Sender {
  checkKnownKeys('apacheSender', options, ['encoding']);
  const { encoding = 'raw' } = options;
  if (encoding !== 'raw' && encoding !== 'percent') {
    throw new BadOptionError(
      `apacheSender: encoding must be 'raw' (mod_xsendfile 0.12) or 'percent' (1.0), got ${JSON.stringify(encoding)}.`,
    );
  }
  return createHeaderSender({
    name: 'apache',
    header: 'X-Sendfile',
    value: ({ path }) => (encoding === 'raw' ? encodeRaw(path) : encodePercent(path)),
    passesContentEncoding: false,
    needsValidators: true,
    announcesRanges: false,
  });
}

/** `X-Sendfile` for lighttpd 1.4 with mod_proxy and `"x-sendfile" => "enable"`. */
export function lighttpdSender(): Sender {
  return createHeaderSender({
    name: 'lighttpd',
    header: 'X-Sendfile',
    value: ({ path }) => encodeUnlessControl(path),
    passesContentEncoding: true,
    needsValidators: true,
    announcesRanges: true,
  });
}

function encodeUnlessControl(path: string): string | undefined {
  return /[\x00-\x1f\x7f]/.test(path) ? undefined : encodePercent(path);
}
