import type { FileOverrides } from '../types.js';

/** A type forces the list to be complete. */
const KNOWN: { readonly [key in keyof Required<FileOverrides>]: true } = {
  contentDisposition: true,
  contentType: true,
  rate: true,
};

/** Names of the overrides of one call, such as `send()`. */
export const OVERRIDES = Object.keys(KNOWN);
