import fc from 'fast-check';

/** Any code point but surrogates, as the unit of `fc.string()`: `unit: 'binary'` takes a second to prepare. */
export const anyCharacter = fc
  .oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((codePoint) => String.fromCodePoint(codePoint));
