import { helpOf } from './errors.js';

/** Emits a warning, and with it where it is explained. */
export function warn(code: string, message: string): void {
  process.emitWarning(message, { code, detail: `See ${helpOf(code)}` });
}

/**
 * Creates a warning that is emitted once per process, because a configuration error affects every
 * request.
 *
 * @returns a function that emits it on the first call.
 */
export function createWarning<Args extends readonly unknown[] = []>(
  code: string,
  message: string | ((...args: Args) => string),
): (...args: Args) => void {
  let isEmitted = false;
  return (...args) => {
    if (isEmitted) return;
    isEmitted = true;
    warn(code, typeof message === 'string' ? message : message(...args));
  };
}
