import { setImmediate } from 'node:timers';

/** Captured when this module loads, so that fake timers of a test do not stop the file system. */
const afterThisTurn = setImmediate;

type Callback<T> = (error: Error | null, result: T) => void;

let calls: (() => void)[] = [];

/**
 * Submits a call for the thread pool together with all others of this turn of the event loop: waking a thread
 * costs far more than most of these calls.
 *
 * @param call - calls an asynchronous function of the file system with the given callback.
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
