import { RefusedError } from '../../lib/shared/errors.js';

export const BAD = '400 ERR_XSENDFILE_BAD_PATH';
export const FORBIDDEN = '403 ERR_XSENDFILE_FORBIDDEN_PATH';
export const NOT_CANONICAL = '404 ERR_XSENDFILE_NOT_CANONICAL';
export const NOT_FOUND = '404 ERR_XSENDFILE_NOT_FOUND';

/** What a function returns, or the status and code of its refusal. */
export function attempt<Result>(run: () => Result): Result | string {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return `${error.status} ${error.code}`;
  }
}
