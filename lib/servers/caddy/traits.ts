import type { Option } from '../../shared/option-reader.js';
import type { Traits } from '../contract.js';
import { checkLocation } from '../location.js';

/** Caddy 2. */
export const caddy = {
  name: 'caddy',
  header: 'X-Accel-Redirect',
  defaultLocation: '/',
  passesContentEncoding: true,
  needsValidators: false,
  announcesRanges: true,
} as const satisfies Traits;

/** Its location, with a slash at its end. */
export function parseLocation(location: unknown, option: Option): string {
  if (location === undefined || location === caddy.defaultLocation) return caddy.defaultLocation;
  return checkLocation(location, option);
}
