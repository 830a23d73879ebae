import type { Headers } from '../../types.js';
import type { Traits } from '../contract.js';

/** lighttpd 1.4. */
export const lighttpd = {
  name: 'lighttpd',
  header: 'X-Sendfile',
  passesContentEncoding: true,
  needsValidators: true,
  announcesRanges: true,
  controls: ['X-LIGHTTPD-KBytes-per-second'],
  // lighttpd sends no header with that prefix.
  downloadIdHeader: 'X-LIGHTTPD-Download-Id',
  limitRate,
} as const satisfies Traits;

/**
 * lighttpd counts units of 1,024 bytes by the second: what does not fit into the last one takes another
 * second, so a rate that is next to a whole number of units is rounded up. Its counter has 32 bits.
 */
function limitRate(bytesPerSecond: number): Headers | undefined {
  if (bytesPerSecond < 1024) return undefined;
  const units = bytesPerSecond / 1024;
  const nearest = Math.round(units);
  const whole = nearest <= units * 1.001 ? nearest : Math.floor(units);
  return { 'X-LIGHTTPD-KBytes-per-second': Math.min(whole, 2 ** 21) };
}
