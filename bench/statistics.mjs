/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * In an order of its own each time: whoever always came after the slowest would find the machine tired.
 *
 * @template T
 * @param {readonly T[]} values
 * @returns {T[]}
 */
export function shuffled(values) {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
