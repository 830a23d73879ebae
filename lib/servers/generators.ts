import { apacheConfig } from './apache/config.js';
import { caddyConfig } from './caddy/config.js';
import type { Generator } from './config/generator.js';
import { h2oConfig } from './h2o/config.js';
import { lighttpdConfig } from './lighttpd/config.js';
import type { FrontEndServer } from './names.js';
import { nginxConfig } from './nginx/config.js';

/** The generator of the configuration of each server. */
export const GENERATORS: { readonly [server in FrontEndServer]: Generator } = {
  nginx: nginxConfig,
  apache: apacheConfig,
  lighttpd: lighttpdConfig,
  caddy: caddyConfig,
  h2o: h2oConfig,
};
