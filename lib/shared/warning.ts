/**
 * A warning that is given once in a process: what is wrong with a configuration is so for each request.
 *
 * @returns a function that gives it, the first time.
 */
export function createWarning(code: string, message: string): () => void {
  let isGiven = false;
  return () => {
    if (isGiven) return;
    isGiven = true;
    process.emitWarning(message, { code });
  };
}
