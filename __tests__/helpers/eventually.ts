import { setTimeout as delay } from 'node:timers/promises';

const TIMEOUT_MS = 60_000;

/** Waits until the condition holds, a minute at most; the caller then asserts what it waited for. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; Date.now() < end; await delay(5)) {
    if (await isSo()) return;
  }
}
