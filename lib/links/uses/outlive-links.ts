/** Registered, because the ESM and the CommonJS build have separate modules. */
const OUTLIVE = Symbol.for('xsendfile.outliveLinks');

/** Marks a function of `allow` as one that remembers links until they expire. */
export function markAsRemembering<Allow extends object>(
  allow: Allow,
  outlive: (seconds: number) => void,
): Allow {
  return Object.defineProperty(allow, OUTLIVE, { value: outlive });
}

/** Makes functions of `allow` remember links for some seconds after they have expired. */
export function outliveLinks(functions: readonly object[], seconds: number): void {
  for (const allow of functions) {
    (allow as { [OUTLIVE]?: (seconds: number) => void })[OUTLIVE]?.(seconds);
  }
}
