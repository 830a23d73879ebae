import { CONTROL_HEADER, DOWNLOAD_ID_HEADER, TUNING_HEADERS } from '../protocol/control-headers.js';
import { type FrontEndRootOptions, pathForFrontEnd } from '../protocol/front-end-root.js';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys } from '../shared/option-checks.js';
import { encodePercent, encodeRaw } from '../shared/path-encoding.js';
import type { Headers, Sender } from '../types.js';
import { createHeaderSender } from './header-sender.js';

/** Options of {@link standardSender}. */
export interface StandardSenderOptions extends FrontEndRootOptions {}

/** Options of {@link lighttpdSender}. */
export interface LighttpdSenderOptions extends FrontEndRootOptions {}

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
 * Creates a sender with `X-Sendfile` and the percent-encoded absolute path, like the default sender of
 * wsgi-xsendfile.
 *
 * For servers that decode the path (lighttpd, mod_xsendfile 1.0). This process sends files with
 * control characters in their names: lighttpd would replace these with `_`, and might send another file.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function standardSender(options: StandardSenderOptions = {}): Sender {
  checkKnownKeys('standardSender', options, ['frontendRoot']);
  const pathOf = pathForFrontEnd(options, 'standardSender');
  return createHeaderSender({
    name: 'standard',
    // Not CONTROL_HEADER: compatibility with wsgi-xsendfile fixes this name for any front end.
    header: 'X-Sendfile',
    value: (file) => encodeUnlessControl(pathOf(file)),
    passesContentEncoding: true,
    needsValidators: true,
    announcesRanges: false,
  });
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

/**
 * Creates a sender for lighttpd 1.4: `X-Sendfile`, which needs mod_proxy and `"x-sendfile" => "enable"`.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function lighttpdSender(options: LighttpdSenderOptions = {}): Sender {
  checkKnownKeys('lighttpdSender', options, ['frontendRoot']);
  const pathOf = pathForFrontEnd(options, 'lighttpdSender');
  return createHeaderSender({
    name: 'lighttpd',
    header: CONTROL_HEADER.lighttpd,
    value: (file) => encodeUnlessControl(pathOf(file)),
    passesContentEncoding: true,
    needsValidators: true,
    announcesRanges: true,
    controls: TUNING_HEADERS.lighttpd,
    limitRate: limitLighttpdRate,
    downloadIdHeader: DOWNLOAD_ID_HEADER.lighttpd,
  });
}

/**
 * lighttpd counts units of 1,024 bytes by the second: what does not fit into the last one takes another
 * second, so a rate that is next to a whole number of units is rounded up. Its counter has 32 bits.
 */
function limitLighttpdRate(bytesPerSecond: number): Headers | undefined {
  if (bytesPerSecond < 1024) return undefined;
  const units = bytesPerSecond / 1024;
  const nearest = Math.round(units);
  const whole = nearest <= units * 1.001 ? nearest : Math.floor(units);
  return { 'X-LIGHTTPD-KBytes-per-second': Math.min(whole, 2 ** 21) };
}

function encodeUnlessControl(path: string | undefined): string | undefined {
  return path === undefined || /[\x00-\x1f\x7f]/.test(path) ? undefined : encodePercent(path);
}
