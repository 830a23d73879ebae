import { stackOf } from './thrown.js';
import { warn } from './warning.js';

/**
 * Calls a function of the application that only observes: what it throws, or rejects with, becomes a
 * warning.
 *
 * @param who - name of the function, for the warning.
 */
export function callObserver(who: string, call: () => unknown): void {
  const report = (error: unknown): void =>
    warn('XSENDFILE_OBSERVER_THREW', `xsendfile: ${who} threw ${stackOf(error)}`);
  try {
    // An asynchronous observer may throw later.
    Promise.resolve(call()).catch(report);
  } catch (error) {
    report(error);
  }
}
