import fc from 'fast-check';
import { preferredCodings } from '../../lib/representation/accept-encoding.js';

const OPTION = ['br', 'zstd', 'gzip'] as const;

describe('preferredCodings(acceptEncoding, codings)', () => {
  it.each<[acceptEncoding: string | undefined, expected: readonly string[]]>([
    [undefined, []],
    ['', []],
    ['identity', []],
    ['br', ['br']],
    ['gzip, deflate, br, zstd', ['br', 'zstd', 'gzip']],
    ['GZIP, Br', ['br', 'gzip']],
    ['x-gzip', ['gzip']],
    ['brotli, xbr, br2', []],
    ['bx-r', []],
    // Weights.
    ['br;q=0.5, gzip;q=0.8', ['gzip', 'br']],
    ['br;q=0.001, gzip;q=0', ['br']],
    ['br;q=0', []],
    ['br;q=0.000, gzip', ['gzip']],
    ['br ; q=0.2 , gzip\t;\tQ=1.000', ['gzip', 'br']],
    ['gzip;q=0.5, br;q=0.5', ['br', 'gzip']],
    // Malformed ones count as none.
    ['br;q=x, gzip;q=0.9', ['br', 'gzip']],
    ['br;q=-1, gzip;level=9', ['br', 'gzip']],
    ['br;xq=0, gzip;q=0x, zstd;qx=0', ['br', 'zstd', 'gzip']],
    ['br;q=1.9, zstd;q=1, gzip;q=0.9', ['br', 'zstd', 'gzip']],
    [', ,br,,', ['br']],
    // The first of two counts.
    ['br;q=0, br', []],
    // The plain file is one of the choices.
    ['identity, br', ['br']],
    ['identity, br;q=0.9', []],
    ['identity;q=0.5, br;q=0.4, gzip;q=0.6', ['gzip']],
    ['identity;q=0, gzip;q=0.1', ['gzip']],
    ['identity;q=0', []],
    // So is everything for the wildcard.
    ['*', ['br', 'zstd', 'gzip']],
    ['*;q=0', []],
    ['*;q=0, gzip', ['gzip']],
    ['gzip;q=0, *', ['br', 'zstd']],
    ['gzip;q=0.2, *;q=0.5', ['br', 'zstd']],
    ['gzip, *;q=0.5', ['gzip', 'br', 'zstd']],
    ['*;q=0.5, identity', []],
    ['*, identity;q=0', ['br', 'zstd', 'gzip']],
  ])('%j: %j', (acceptEncoding, expected) => {
    expect(preferredCodings(acceptEncoding, OPTION)).toEqual(expected);
  });

  it('settles ties by the order of the option', () => {
    expect(preferredCodings('br, gzip, zstd', ['gzip', 'br'])).toEqual(['gzip', 'br']);
  });

  it('returns only codings of the option, each once, for any header', () => {
    const part = fc.constantFrom('br', 'gzip', '*', 'identity', ';', 'q=', '0', '.5', ',', ' ');
    const header = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(header, (acceptEncoding) => {
        const codings = preferredCodings(acceptEncoding, OPTION);
        expect(new Set(codings).size).toBe(codings.length);
        expect(codings.every((coding) => OPTION.includes(coding))).toBe(true);
      }),
    );
  });
});
