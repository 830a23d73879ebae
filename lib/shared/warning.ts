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
    process.emitWarning(typeof message === 'string' ? message : message(...args), { code });
  };
}
