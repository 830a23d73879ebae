import { config as apache } from './apache/config.js';
import { config as caddy } from './caddy/config.js';
import type { Generator } from './config/options.js';
import { config as h2o } from './h2o/config.js';
import { config as lighttpd } from './lighttpd/config.js';
import type { FrontEndServer } from './names.js';
import { config as nginx } from './nginx/config.js';

type Generators = { readonly [server in FrontEndServer]: Generator };

/** The generator of the configuration of each server. */
export const GENERATORS: Generators = { nginx, apache, lighttpd, caddy, h2o };
