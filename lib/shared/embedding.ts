import type { Embedding } from '../types.js';
import { oneOf, type Reader, withDefault } from './option-reader.js';

/** The option `embedding` of handlers, and of what must agree with them. */
export const EMBEDDING: Reader<Embedding> = withDefault(
  'same-site',
  oneOf('same-origin', 'same-site', 'any'),
);

/** The response header that keeps browsers from giving a file to pages of other sites. */
export const RESOURCE_POLICY = 'Cross-Origin-Resource-Policy';

/** Its value for each policy. */
export const RESOURCE_POLICIES: { readonly [policy in Embedding]: string } = {
  'same-origin': 'same-origin',
  'same-site': 'same-site',
  any: 'cross-origin',
};

/** `Vary` for the request headers that decide, see `checkEmbedding()`; undefined if none does. */
export function variesByEmbedding(policy: Embedding): string | undefined {
  return policy === 'any' ? undefined : 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest';
}
