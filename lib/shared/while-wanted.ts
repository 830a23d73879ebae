/**
 * Waits for a promise of the application as long as a client waits for the response. A result or an error that comes
 * later is ignored.
 *
 * @throws the reason of the signal once it is aborted.
 */
export function whileWanted<T>(start: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    start()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
