import { setTimeout as delay } from 'node:timers/promises';

const TIMEOUT_MS = 45_000;

/**
 * Waits until the condition holds.
 *
 * @throws Error if it does not before a guard of the whole test would end it, naming the condition.
 */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; !(await isSo()); await delay(5)) {
    if (Date.now() < end) continue;
    throw new Error(`not so within ${TIMEOUT_MS / 1000} s: ${isSo}`);
  }
}
