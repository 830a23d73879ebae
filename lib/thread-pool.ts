// Of the module, not the global: fake timers of a test must not stop the file system.
import { setImmediate } from 'node:timers';

type Callback<T> = (error: Error | null, result: T) => void;

let jobs: (() => void)[] = [];

/**
 * Makes a call that the thread pool has to execute, together with all others of this turn of the
 * event loop: to wake a thread costs far more than most of what it has to do.
 *
 * @param job - must not throw.
 */
export function submit(job: () => void): void {
  if (jobs.length === 0) setImmediate(submitAll);
  jobs.push(job);
}

/**
 * The same for a call with a callback.
 *
 * @param start - makes the call, and hands it the callback.
 */
export function inThreadPool<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    submit(() => {
      try {
        start((error, result) => (error ? reject(error) : resolve(result)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function submitAll(): void {
  const submitted = jobs;
  jobs = [];
  for (const job of submitted) job();
}
