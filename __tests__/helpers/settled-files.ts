const AHEAD_MS = 3000;
const realNow = Date.now;

/**
 * Puts the clock ahead, until `jest.restoreAllMocks()`, so that files changed just now are settled:
 * within two seconds after a change validators are weak, and nothing is cached.
 */
export function letFilesSettle(): void {
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + AHEAD_MS);
}
