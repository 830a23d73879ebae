import { RefusedError } from '../../shared/errors.js';
import { showType } from '../../shared/option-checks.js';
import { seconds } from '../../shared/option-reader.js';

/** The option `timeout`: seconds to wait for the store. */
export const TIMEOUT = seconds(2);

/**
 * Waits for the result of a store.
 *
 * @throws {@link RefusedError} `ERR_XSENDFILE_STORE_UNAVAILABLE` if the store fails or takes too long.
 */
export async function waitFor<Answer>(
  answer: Answer | Promise<Answer>,
  timeoutMs: number,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`xsendfile: the store did not respond within ${timeoutMs} ms.`));
    }, timeoutMs);
  });
  try {
    // A rejection that comes later is handled, too: race() has subscribed to both.
    return await Promise.race([answer, tooLate]);
  } catch (cause) {
    throw new RefusedError('ERR_XSENDFILE_STORE_UNAVAILABLE', { cause });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for a yes or no of a store.
 *
 * @throws {@link RefusedError} as {@link waitFor} does, and for anything but a boolean.
 */
export async function decide(answer: unknown, timeoutMs: number): Promise<boolean> {
  const decision = await waitFor(answer, timeoutMs);
  if (typeof decision === 'boolean') return decision;
  throw wrongAnswer('true or false', decision);
}

/**
 * Waits for the time until which a store remembers a download, and returns whether there is one.
 *
 * @throws {@link RefusedError} as {@link waitFor} does, and for anything but a time or false.
 */
export async function waitForUse(answer: unknown, timeoutMs: number): Promise<boolean> {
  const downloadExpires = await waitFor(answer, timeoutMs);
  if (downloadExpires === false) return false;
  if (typeof downloadExpires === 'number' && downloadExpires > 0) return true;
  throw wrongAnswer('a time in milliseconds, or false', downloadExpires);
}

function wrongAnswer(expected: string, answer: unknown): RefusedError {
  return new RefusedError('ERR_XSENDFILE_STORE_UNAVAILABLE', {
    cause: new TypeError(`xsendfile: the store must return ${expected}, got ${showType(answer)}.`),
  });
}
