import fc from 'fast-check';
import { faultOfName, NameSet, partOf } from '../../lib/zip/names.js';

const FINE = [
  'a',
  'a/b/c.txt',
  ' a b ',
  '.hidden',
  '...a',
  'ab:c',
  'Größe/été.txt',
  'e\u0301.txt',
  'שלום.txt',
  '🎉.txt',
  `${'x'.repeat(255)}/${'é'.repeat(127)}`,
];

const CONTROLS = 'has control characters, or a part of more than 255 bytes';

const WRONG: readonly [name: string, fault: string][] = [
  ['', 'is empty'],
  ['/etc/passwd', 'is absolute'],
  ['C:/a', 'is absolute'],
  ['c:a', 'is absolute'],
  ['..\\a', 'has a backslash, which separates names on Windows'],
  ['a//b', 'has an empty part'],
  ['a/', 'has an empty part'],
  ['..', 'has a part . or ..'],
  ['a/../b', 'has a part . or ..'],
  ['./a', 'has a part . or ..'],
  ['a/...', CONTROLS],
  [' ', CONTROLS],
  ['a\0', CONTROLS],
  ['\na', CONTROLS],
  ['a/b\u007f', CONTROLS],
  ['\u202egpj.exe', CONTROLS],
  ['a\u2066', CONTROLS],
  ['\ud800', CONTROLS],
  ['é'.repeat(128), CONTROLS],
  [`${'x'.repeat(250)}/`.repeat(262), 'is longer than 65535 bytes'],
];

describe('faultOfName(name)', () => {
  it.each(FINE)('finds nothing wrong with %j', (name) => {
    expect(faultOfName(name)).toBeUndefined();
  });

  it.each(WRONG)('finds a fault in %j', (name, fault) => {
    expect(faultOfName(name)).toBe(fault);
  });
});

describe('partOf(filename)', () => {
  it.each([
    ['a.txt', 'a.txt'],
    [' a', ' a'],
    ['a\nb', 'ab'],
    ['a\u202eb', 'ab'],
    ['a\\b', 'a_b'],
    ['a/b', 'a_b'],
    ['C:x', 'C_x'],
    ['..', 'download'],
    ['', 'download'],
  ])('makes of %j the name %j', (filename, part) => {
    expect(partOf(filename)).toBe(part);
  });

  it('makes a name without fault of any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (filename) => {
        expect(faultOfName(partOf(filename))).toBeUndefined();
        expect(partOf(filename)).not.toContain('/');
      }),
    );
  });
});

const CONFLICTS: readonly [one: string, other: string][] = [
  ['a', 'a'],
  ['a', 'A'],
  ['straße', 'STRASSE'],
  ['\u00e9', 'e\u0301'],
  ['É/x', 'e\u0301/X'],
  ['a', 'a/b'],
  ['A', 'a/b/c'],
  ['a/b', 'A/b/c/d'],
];

describe('NameSet', () => {
  it.each(CONFLICTS)('has %j in conflict with %j, in either order', (one, other) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const names = new NameSet();
      expect(names.add(first)).toBeUndefined();
      expect(names.add(second)).toBe(first);
    }
  });

  it('has names beside each other that differ', () => {
    const names = new NameSet();
    for (const name of ['a', 'b', 'c/a', 'c/b', 'a.txt', 'a b', 'ca']) {
      expect([name, names.add(name)]).toEqual([name, undefined]);
    }
  });
});
