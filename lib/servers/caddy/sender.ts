import { type Readers, readOptions } from '../../shared/option-reader.js';
import type { Sender } from '../../types.js';
import { createHeaderSender } from '../contract.js';
import { caddy, parseLocation } from './traits.js';

/** Options of {@link caddySender}. */
export interface CaddySenderOptions {
  /**
   * Prefix of the path relative to the root; Caddy's configuration removes it again.
   *
   * Required if one site has more than one root.
   *
   * @default '/'
   */
  readonly location?: string | undefined;
}

const OPTIONS = { location: parseLocation } satisfies Readers<CaddySenderOptions>;

/**
 * Creates a sender for Caddy 2: `X-Accel-Redirect`, which needs `handle_response`; without it,
 * clients get an empty file and the header.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function caddySender(options: CaddySenderOptions = {}): Sender {
  return createHeaderSender(caddy, readOptions('caddySender', options, OPTIONS));
}
