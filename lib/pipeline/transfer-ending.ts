import { isXSendfileError, refusalForFileSystemError } from '../shared/errors.js';
import { type Ending, endingOf } from './outcome.js';
import type { TransferResult } from './transfer.js';

/** Returns the ending of an exchange for the result of its transfer. */
export function endingOfTransfer(
  { kind, cause, isTimedOut }: Pick<TransferResult, 'kind' | 'cause' | 'isTimedOut'>,
  status: number,
): Ending {
  if (kind === 'failed') {
    // Without an error of the file system, the file was truncated while it was sent.
    if (isXSendfileError(cause)) return { kind, status, code: cause.code };
    return cause === undefined
      ? { kind, status, code: 'ERR_XSENDFILE_FILE_CHANGED' }
      : { ...endingOf(refusalForFileSystemError(cause)), kind, status };
  }
  if (kind === 'aborted' && isTimedOut) return { kind, status, code: 'ERR_XSENDFILE_IDLE_TIMEOUT' };
  return { kind: kind === 'sent' && status === 304 ? 'not-modified' : kind, status };
}
