import { apache } from './apache/traits.js';
import { caddy } from './caddy/traits.js';
import type { Traits } from './contract.js';
import { h2o } from './h2o/traits.js';
import { lighttpd } from './lighttpd/traits.js';
import { nginx } from './nginx/traits.js';

/** The servers that can send files on behalf of an application, by their names. */
export const TRAITS = { nginx, apache, lighttpd, caddy, h2o } satisfies {
  readonly [name: string]: Traits;
};

/** Servers that can send files on behalf of an application. @useDeclaredType */
export type FrontEndServer = keyof typeof TRAITS;

/** Names of the servers that can send files on behalf of an application. */
export const FRONT_END_SERVERS = Object.keys(TRAITS) as readonly FrontEndServer[];
