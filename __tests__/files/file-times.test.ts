import { isDateFinal, isSettled } from '../../lib/files/file-times.js';

const SEEN_AT = Date.UTC(2020, 0, 1);

/** A file whose times are this many milliseconds before it was seen. */
function aged(modified: number, changed: number) {
  const toNs = (age: number) => BigInt(SEEN_AT - age) * 1_000_000n;
  return {
    identity: { size: 1n, mtimeNs: toNs(modified), ctimeNs: toNs(changed) },
    seenAt: SEEN_AT,
  };
}

it.each<[number, number, settled: boolean, final: boolean]>([
  [2000, 2000, true, true],
  [1999, 2000, false, false],
  [2000, 1999, false, true],
  [3000, 5000, true, true],
  // The clock of a file server may be ahead.
  [-5000, 2000, false, false],
  [2000, -5000, false, true],
])(
  'modified %d ms ago, changed %d ms ago: settled %s, date final %s',
  (modified, changed, settled, final) => {
    const file = aged(modified, changed);
    expect([isSettled(file), isDateFinal(file)]).toEqual([settled, final]);
  },
);
