import { refusalForFileSystemError } from '../shared/errors.js';
import { type Ending, endingOf } from './outcome.js';
import type { TransferResult } from './transfer.js';

/** How an exchange ends whose body ended so. */
export function endingOfTransfer(
  { kind, cause, isTimedOut }: Pick<TransferResult, 'kind' | 'cause' | 'isTimedOut'>,
  status: number,
): Ending {
  if (kind === 'failed') {
    // Without a cause the file system did nothing wrong: the file got shorter while it was sent.
    return cause === undefined
      ? { kind, status, code: 'ERR_XSENDFILE_FILE_CHANGED' }
      : { ...endingOf(refusalForFileSystemError(cause)), kind, status };
  }
  if (kind === 'aborted' && isTimedOut) return { kind, status, code: 'ERR_XSENDFILE_IDLE_TIMEOUT' };
  return { kind: kind === 'sent' && status === 304 ? 'not-modified' : kind, status };
}
