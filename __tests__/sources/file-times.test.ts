import { isDateFinal, isSettled, isTelling } from '../../lib/sources/file-times.js';

const SEEN_AT = Date.UTC(2020, 0, 1);

/** A file whose times are this many milliseconds before it was seen. */
function aged(modified: number, changed: number) {
  const toNs = (age: number) => BigInt(SEEN_AT - age) * 1_000_000n;
  return {
    identity: { size: 1n, mtimeNs: toNs(modified), ctimeNs: toNs(changed) },
    checkedAtMs: SEEN_AT,
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

it.each([
  ['1969-12-31T23:59:59Z', false],
  ['1970-01-01T00:00:00Z', false],
  ['1970-01-01T00:00:01Z', false],
  ['1980-01-01T00:00:00Z', false],
  ['1980-01-02T00:00:00Z', false],
  ['1980-01-02T23:59:59Z', false],
  ['1980-01-03T00:00:00Z', true],
  ['2024-03-01T12:00:00Z', true],
])('%s tells versions apart: %s', (time, expected) => {
  const mtimeNs = BigInt(Date.parse(time)) * 1_000_000n;
  expect(isTelling(mtimeNs)).toBe(expected);
  const identity = { size: 1n, mtimeNs, ctimeNs: mtimeNs };
  expect(isDateFinal({ identity, checkedAtMs: Date.UTC(2030, 0) })).toBe(expected);
});
