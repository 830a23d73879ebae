import { type Readers, readOptions } from '../../shared/option-reader.js';
import { encodeUnlessControl } from '../../shared/path-encoding.js';
import type { Headers, Sender } from '../../types.js';
import { createHeaderSender } from '../contract.js';
import { type FrontEndRootOptions, pathForFrontEnd } from '../front-end-root.js';
import { CONTROL_HEADER, DOWNLOAD_ID_HEADER, TUNING_HEADERS } from '../names.js';

/** Options of {@link lighttpdSender}. */
export interface LighttpdSenderOptions extends FrontEndRootOptions {}

const OPTIONS = { frontendRoot: pathForFrontEnd } satisfies Readers<LighttpdSenderOptions>;

/**
 * Creates a sender for lighttpd 1.4: `X-Sendfile`, which needs mod_proxy and `"x-sendfile" => "enable"`.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function lighttpdSender(options: LighttpdSenderOptions = {}): Sender {
  const { frontendRoot: pathOf } = readOptions('lighttpdSender', options, OPTIONS);
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
