import { oneOf, type Reader, withDefault } from '../shared/option-reader.js';
import type { Embedding } from '../types.js';

/** The option `embedding` of handlers, and of what must agree with them. */
export const EMBEDDING: Reader<Embedding> = withDefault(
  'same-site',
  oneOf('same-origin', 'same-site', 'any'),
);
