import { stackOf } from './stack.js';

/**
 * Calls a function of the application that only observes: what it throws, or rejects with, becomes a
 * warning.
 *
 * @param who - name of the function, for the warning.
 */
export function callObserver(who: string, call: () => unknown): void {
  const warn = (error: unknown): void => {
    process.emitWarning(`xsendfile: ${who} threw ${stackOf(error)}`, {
      code: 'XSENDFILE_OBSERVER_THREW',
    });
  };
  try {
    // An asynchronous observer may throw later.
    Promise.resolve(call()).catch(warn);
  } catch (error) {
    warn(error);
  }
}
