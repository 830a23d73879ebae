/**
 * Configurations of front ends, generated from the options of an application's handlers.
 *
 * @module
 */

import { type FrontEndConfigOptions, parseFrontEndOptions } from '../servers/config/options.js';
import { CALLER } from '../servers/config/unwritable.js';
import { GENERATORS } from '../servers/generators.js';
import { FRONT_END_SERVERS, type FrontEndServer } from '../servers/names.js';
import { show, showType } from '../shared/option-checks.js';
import { Option } from '../shared/option-reader.js';

export type { FrontEndConfigOptions, FrontEndFiles } from '../servers/config/options.js';
export type { FrontEndRemote } from '../servers/config/remotes.js';
export { FRONT_END_SERVERS, type FrontEndServer } from '../servers/names.js';
export { BadOptionError } from '../shared/errors.js';

/**
 * Generates the configuration of a server that stands in front of an application and sends its files.
 *
 * It belongs to the sender of the same name, and shares header and location with it. Neither disk nor
 * network is accessed.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong, or the server's configuration
 * cannot represent its value.
 *
 * @example nginx, with one secret for both sides
 * ```ts
 * import { createFrontEndConfig } from 'xsendfile/frontends';
 *
 * const text = createFrontEndConfig('nginx', {
 *   root: '/srv/files',
 *   upstream: 'http://127.0.0.1:3000',
 *   handshake: secret,
 * });
 * ```
 *
 * @example Two handlers with a root each
 * ```ts
 * import { createFrontEndConfig } from 'xsendfile/frontends';
 *
 * const text = createFrontEndConfig('nginx', {
 *   files: [
 *     { root: '/srv/reports', location: '/-reports-/' },
 *     { root: '/srv/videos', location: '/-videos-/' },
 *   ],
 *   passHeaders: ['Repr-Digest'],
 *   handshake: secret,
 * });
 * ```
 */
export function createFrontEndConfig(
  server: FrontEndServer,
  options: FrontEndConfigOptions,
): string {
  if (!FRONT_END_SERVERS.includes(server)) {
    const known = FRONT_END_SERVERS.map((name) => `'${name}'`).join(', ');
    throw new Option(CALLER, 'server').error(
      `server must be one of ${known}, got ${typeof server === 'string' ? show(server) : showType(server)}.`,
    );
  }
  const generator = GENERATORS[server];
  return generator.generate(parseFrontEndOptions(generator, options));
}
