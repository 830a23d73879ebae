import { setTimeout as delay } from 'node:timers/promises';

/** Less than jest gives a test, so that the message names the condition. */
const TIMEOUT_MS = 45_000;

/**
 * Waits until the condition holds.
 *
 * @throws Error with the condition, if it does not hold in time.
 */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; !(await isSo()); await delay(5)) {
    if (Date.now() >= end) throw new Error(`not so after ${TIMEOUT_MS / 1000} s: ${isSo}`);
  }
}
