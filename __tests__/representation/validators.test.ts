import { entityTagOf } from '../../lib/representation/validators.js';

const CHANGED_NS = 1_000_000_000_500_000_000n;

describe('entityTagOf(file)', () => {
  // As nginx writes them: whole seconds, rounded down, as 64 bits.
  it.each([
    [-1n, 'ffffffffffffffff'],
    [-500_000_000n, 'ffffffffffffffff'],
    [-1_000_000_000n, 'ffffffffffffffff'],
    [-1_000_000_001n, 'fffffffffffffffe'],
    [0n, '0'],
    [999_999_999n, '0'],
    [1_000_000_000n, '1'],
  ])('has the seconds of %s nanoseconds: %s', (mtimeNs, seconds) => {
    const identity = { dev: 1n, ino: 2n, size: 10n, mtimeNs, ctimeNs: CHANGED_NS };
    const tag = entityTagOf({ identity, checkedAtMs: Date.UTC(2020, 0) });
    expect(tag).toBe(`"${seconds}-a-${CHANGED_NS.toString(16)}-2"`);
  });
});
