import { config as apache } from './apache/config.js';
import { config as caddy } from './caddy/config.js';
import {
  type FrontEndConfigOptions,
  type Generator,
  parseFrontEndOptions,
} from './config/options.js';
import { join } from './config/text.js';
import { config as h2o } from './h2o/config.js';
import { config as lighttpd } from './lighttpd/config.js';
import type { FrontEndServer } from './names.js';
import { config as nginx } from './nginx/config.js';

type Generators = { readonly [server in FrontEndServer]: Generator };

/** The generator of the configuration of each server. */
export const GENERATORS: Generators = { nginx, apache, lighttpd, caddy, h2o };

/**
 * Generates a whole configuration for the server's own check, with a part as it is. The server writes to `scratch`.
 *
 * @throws {@link BadOptionError}
 */
export function generateForCheck(
  server: FrontEndServer,
  options: FrontEndConfigOptions,
  scratch: string,
): string {
  const generator = GENERATORS[server];
  const { generate, check } = generator;
  const settings = parseFrontEndOptions(generator, options);
  const whole = { ...settings, scratch };
  return settings.standalone ? generate(whole) : join(check.wrap(generate(settings), whole));
}
