import { RefusedError } from '../shared/errors.js';
import type { RootDirectory } from './root-directory.js';

/** The directory of handlers whose files are elsewhere: it has none. */
export const NO_DIRECTORY: RootDirectory = Object.freeze({
  path: '',
  pathOf: notFound,
  check: async () => notFound(),
  open: async () => notFound(),
});

function notFound(): never {
  throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
}
