import type { Traits } from '../contract.js';

/** nginx, from 1.15.3 on. */
export const nginx = {
  name: 'nginx',
  header: 'X-Accel-Redirect',
  defaultLocation: '/-internal-/',
  remoteLocation: '/-remote-/',
  canPrependMount: true,
  passesContentEncoding: true,
  needsValidators: false,
  announcesRanges: true,
  restored: ['Cache-Control', 'Expires', 'Content-Disposition'],
  controls: ['X-Accel-Limit-Rate', 'X-Accel-Buffering', 'X-Accel-Charset', 'X-Accel-Expires'],
  // nginx drops it.
  downloadIdHeader: 'X-Sendfile-Download-Id',
  limitRate: (bytesPerSecond: number) => ({ 'X-Accel-Limit-Rate': bytesPerSecond }),
} as const satisfies Traits;

/**
 * Returns the internal location for the objects of one origin.
 *
 * @param prefix - with a slash at its end.
 */
export function remoteLocationOf(prefix: string, { protocol, host }: URL): string {
  return `${prefix}${protocol.slice(0, -1)}/${host}`;
}
