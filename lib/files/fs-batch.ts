import { setImmediate } from 'node:timers';

/** Taken when this is loaded: the fake timers of a test must not stop the file system. */
const afterThisTurn = setImmediate;

type Callback<T> = (error: Error | null, result: T) => void;

let calls: (() => void)[] = [];

/**
 * Makes a call that the thread pool has to execute, together with all others of this turn of the
 * event loop: to wake a thread costs far more than most of what it has to do.
 *
 * @param call - an asynchronous function of the file system, to be given its callback.
 */
export function inThreadPool<T>(call: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    if (calls.length === 0) afterThisTurn(submit);
    calls.push(() => {
      try {
        call((error, result) => (error ? reject(error) : resolve(result)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function submit(): void {
  const submitted = calls;
  calls = [];
  for (const call of submitted) call();
}
