/**
 * Creates a warning that is emitted once per process, because a configuration error affects every
 * request.
 *
 * @returns a function that emits it on the first call.
 */
export function createWarning(code: string, message: string): () => void {
  let isGiven = false;
  return () => {
    if (isGiven) return;
    isGiven = true;
    process.emitWarning(message, { code });
  };
}
