import fc from 'fast-check';
import { crc32 } from '../../lib/zip/crc32.js';
import { Layout, type Piece } from '../../lib/zip/layout.js';
import type { EntryRecord } from '../../lib/zip/records.js';

const MTIME = Date.UTC(2024, 2, 1, 12, 30, 58);
const MAX_32 = 0xffffffff;

/** Entries whose bytes are small. */
interface Small {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mtimeMs: number;
}

function build(entries: readonly Small[], start?: number, end?: number): Buffer {
  const layout = new Layout(entries.map(({ bytes, ...rest }) => ({ ...rest, size: bytes.length })));
  const pieces = layout.pieces(start ?? 0, end ?? layout.size);
  return Buffer.concat(
    [...pieces].map((piece) => {
      const { bytes } = entries[piece.index] ?? { bytes: Buffer.alloc(0) };
      if (piece.kind === 'data') return bytes.subarray(piece.start, piece.end);
      return layout.bytesOf(piece, piece.needsSum ? crc32(bytes) : 0);
    }),
  );
}

const SMALL: fc.Arbitrary<Small> = fc.record({
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  bytes: fc.uint8Array({ maxLength: 40 }),
  mtimeMs: fc.integer({ min: -(2 ** 43), max: 2 ** 43 }),
});

it('any range is the slice of the whole, whose length is known from the sizes', () => {
  fc.assert(
    fc.property(fc.array(SMALL, { maxLength: 6 }), fc.nat(), fc.nat(), (entries, from, to) => {
      const whole = build(entries);
      const { size } = new Layout(entries.map((each) => ({ ...each, size: each.bytes.length })));
      expect(whole.length).toBe(size);
      const [start = 0, end = 0] = [from % size, (to % size) + 1].sort((a, b) => a - b);
      expect(build(entries, start, end).equals(whole.subarray(start, end))).toBe(true);
    }),
  );
});

it('the structures are those of the format', () => {
  const [name, bytes] = ['é.txt', Buffer.from('123456789')];
  expect(build([{ name, bytes, mtimeMs: MTIME }]).toString('hex')).toBe(
    [
      // Local header: version 2.0, descriptor and UTF-8, stored, time, date, no sum, sizes, lengths, name, timestamp.
      '504b0304 1400 0808 0000 dd63 6158 00000000 09000000 09000000 0600 0900',
      'c3a92e747874 5554 0500 01 82cae165',
      '313233343536373839',
      // Descriptor.
      '504b0708 2639f4cb 09000000 09000000',
      // Central directory.
      '504b0102 1403 1400 0808 0000 dd63 6158 2639f4cb 09000000 09000000',
      '0600 0900 0000 0000 0000 0000a481 00000000 c3a92e747874 5554 0500 01 82cae165',
      // End.
      '504b0506 0000 0000 0100 0100 3d000000 46000000 0000',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

it('an archive without entries is its end', () => {
  expect(build([]).toString('hex')).toBe(`504b0506${'00'.repeat(18)}`);
});

const TIMES: readonly [title: string, mtimeMs: number, dos: string, timestamp: string | null][] = [
  ['before 1970', -1500, '00002100', 'feffffff'],
  ['before 1980', Date.UTC(1979, 11, 31), '00002100', '8054cd12'],
  ['the last second of 32 bits', (2 ** 31 - 1) * 1000, 'c319 3374', 'ffffff7f'],
  ['one second later', 2 ** 31 * 1000, 'c419 3374', null],
  ['after 2107', Date.UTC(2108, 0, 1), '7dbf 9fff', null],
  ['no time', Number.NaN, '00002100', null],
];

it.each(TIMES)('a time is in the header as far as it fits: %s', (_title, mtimeMs, dos, seconds) => {
  const header = build([{ name: 'a', bytes: Buffer.alloc(0), mtimeMs }]);
  expect(header.toString('hex', 10, 14)).toBe(dos.replaceAll(' ', ''));
  const extra = header.subarray(31, 31 + header.readUInt16LE(28)).toString('hex');
  expect(extra).toBe(seconds === null ? '' : `5554050001${seconds}`);
});

/** The pieces of an archive of large entries, without their data. */
function structures(entries: readonly EntryRecord[]): Map<string, Buffer> {
  const layout = new Layout(entries);
  const keyOf = ({ kind, index }: Piece): string => `${kind} ${index}`;
  return new Map(
    [...layout.pieces(0, layout.size)]
      .filter(({ kind }) => kind !== 'data')
      .map((piece) => [keyOf(piece), layout.bytesOf(piece, 1)]),
  );
}

const ZIP64_SIZES = '01001000';

describe('ZIP64 is there exactly where it is needed', () => {
  it.each([
    { size: MAX_32 - 1, isLarge: false },
    { size: MAX_32, isLarge: true },
    { size: 100 * 1024 ** 3, isLarge: true },
  ])('for an entry of $size bytes: $isLarge', ({ size, isLarge }) => {
    const parts = structures([{ name: 'a', size, mtimeMs: Number.NaN }]);
    const [header, descriptor, central] = ['header 0', 'descriptor 0', 'central 0'].map((key) =>
      parts.get(key),
    );
    expect(header?.readUInt16LE(4)).toBe(isLarge ? 45 : 20);
    expect(header?.readUInt32LE(18)).toBe(isLarge ? MAX_32 : size);
    expect(header?.toString('hex', 31, 35)).toBe(isLarge ? ZIP64_SIZES : '');
    if (isLarge) expect(header?.readBigUInt64LE(35)).toBe(BigInt(size));
    expect(descriptor?.length).toBe(isLarge ? 24 : 16);
    expect(central?.toString('hex', 47, 51)).toBe(isLarge ? ZIP64_SIZES : '');
  });

  it.each([
    { size: MAX_32 - 48, isLarge: false },
    { size: MAX_32 - 47, isLarge: true },
  ])('for the position of an entry after $size bytes: $isLarge', ({ size, isLarge }) => {
    const parts = structures([
      { name: 'a', size, mtimeMs: Number.NaN },
      { name: 'b', size: 1, mtimeMs: Number.NaN },
    ]);
    const central = parts.get('central 1');
    expect(parts.get('header 1')?.length).toBe(31);
    expect(central?.length).toBe(isLarge ? 47 + 12 : 47);
    expect(central?.readUInt32LE(42)).toBe(isLarge ? MAX_32 : size + 47);
    if (isLarge) expect(central?.readBigUInt64LE(51)).toBe(BigInt(size + 47));
    expect(parts.get('central 0')?.length).toBe(47);
    expect(parts.get('end 2')?.length).toBe(98);
  });

  it.each([
    { count: 65_534, isLarge: false },
    { count: 65_535, isLarge: true },
    { count: 65_536, isLarge: true },
  ])('for $count entries: $isLarge', ({ count, isLarge }) => {
    const entries = Array.from({ length: count }, (_, index) => ({
      name: String(index),
      size: 0,
      mtimeMs: MTIME,
    }));
    const layout = new Layout(entries);
    const [end] = layout.pieces(layout.size - 1, layout.size);
    const bytes = layout.bytesOf({ ...(end as Piece), start: 0 }, 0);
    expect(bytes.length).toBe(isLarge ? 98 : 22);
    expect(bytes.subarray(-22).readUInt16LE(10)).toBe(Math.min(count, 0xffff));
    if (isLarge) expect(bytes.readBigUInt64LE(32)).toBe(BigInt(count));
  });
});
