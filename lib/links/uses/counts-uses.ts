/** Registered, because the ESM and the CommonJS build have separate modules. */
const COUNTS_USES = Symbol.for('xsendfile.countsUses');

/** Marks a function of `allow` as one that counts the uses of links. */
export function markAsCounting<Allow extends object>(allow: Allow): Allow {
  return Object.defineProperty(allow, COUNTS_USES, { value: true });
}

/** Whether one of the functions counts the uses of links. */
export function countsUses(functions: readonly object[]): boolean {
  return functions.some((allow) => (allow as { [COUNTS_USES]?: unknown })[COUNTS_USES] === true);
}
