import { isPlainRange, type ParsedRanges, parseRanges } from '../../lib/http/ranges.js';

const one = (start: number, end: number): ParsedRanges => [{ start, end }];

describe('parseRanges(header, size)', () => {
  it.each<[string, number, ParsedRanges]>([
    ['bytes=0-4', 10, one(0, 4)],
    ['bytes=0-0', 10, one(0, 0)],
    ['bytes=5-', 10, one(5, 9)],
    ['bytes=9-', 10, one(9, 9)],
    ['bytes=-3', 10, one(7, 9)],
    ['bytes=-10', 10, one(0, 9)],
    ['bytes=-1001', 1000, one(0, 999)],
    ['bytes=0-99999999999999999999999', 10, one(0, 9)],
    ['BYTES=0-1', 10, one(0, 1)],
    ['bytes=,0-1,', 10, one(0, 1)],
    ['bytes= 0-1 ', 10, one(0, 1)],
    ['bytes=0-1,99-', 10, one(0, 1)],
    [
      'bytes=0-1, 4-5,\t-1',
      10,
      [
        { start: 0, end: 1 },
        { start: 4, end: 5 },
        { start: 9, end: 9 },
      ],
    ],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=10-20', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=99999999999999999999-', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'ignored'],
    ['bytes=5-9', 0, 'ignored'],
    ['bytes=-5', 0, 'ignored'],
    ['bytes=-0', 0, 'ignored'],
    ['bytes=5-2', 10, 'ignored'],
    ['bytes=0-1,5-2', 10, 'ignored'],
    ['bytes=abc', 10, 'ignored'],
    ['bytes=-', 10, 'ignored'],
    ['bytes=', 10, 'ignored'],
    ['bytes=,', 10, 'ignored'],
    ['bytes', 10, 'ignored'],
    ['', 10, 'ignored'],
    ['bytes=--1', 10, 'ignored'],
    ['bytes=1-2-3', 10, 'ignored'],
    ['bytes=0x0-1', 10, 'ignored'],
    ['bytes=0.5-1', 10, 'ignored'],
    ['bytes=0 - 1', 10, 'ignored'],
    ['bytes=+0-1', 10, 'ignored'],
    ['bytes =0-1', 10, 'ignored'],
    ['bytes=0-1;2-3', 10, 'ignored'],
    ['bytes=٠-١', 10, 'ignored'],
    ['items=0-1', 10, 'ignored'],
    ['bytes=0-1, bytes=2-3', 10, 'ignored'],
  ])('reads %j of %d bytes as %j', (header, size, expected) => {
    expect(parseRanges(header, size)).toEqual(expected);
  });

  const numbers = (ranges: ParsedRanges): unknown =>
    typeof ranges === 'string' ? ranges : ranges.map(({ start, end }) => [start, end]);

  it.each<[string, readonly (readonly [number, number])[]]>([
    [
      'bytes=0-1,3-4',
      [
        [0, 1],
        [3, 4],
      ],
    ],
    ['bytes=0-1,2-4', [[0, 4]]],
    ['bytes=0-5,3-8', [[0, 8]]],
    ['bytes=0-8,3-5', [[0, 8]]],
    ['bytes=3-5,0-8', [[0, 8]]],
    [
      'bytes=8-9,0-1',
      [
        [8, 9],
        [0, 1],
      ],
    ],
    [
      'bytes=8-9,0-1,4-5',
      [
        [8, 9],
        [0, 1],
        [4, 5],
      ],
    ],
    [
      'bytes=8-9,0-1,7-7',
      [
        [7, 9],
        [0, 1],
      ],
    ],
    [
      'bytes=4-5,0-1,2-3,8-9',
      [
        [0, 5],
        [8, 9],
      ],
    ],
    [
      'bytes=8-9,0-0,1-1,5-5,0-1',
      [
        [8, 9],
        [0, 1],
        [5, 5],
      ],
    ],
    [
      'bytes=0-0,-1',
      [
        [0, 0],
        [9, 9],
      ],
    ],
    ['bytes=0-0,2-2,0-9', [[0, 9]]],
    ['bytes=20-,0-0', [[0, 0]]],
  ])('merges those of %j', (header, expected) => {
    expect(numbers(parseRanges(header, 10))).toEqual(expected);
  });
});

describe('isPlainRange(header, size)', () => {
  it.each<[string, number, boolean]>([
    ['bytes=0-4', 10, true],
    ['bytes=9-', 10, true],
    ['bytes=-3', 10, true],
    ['bytes=-99', 10, true],
    ['bytes=5-99', 10, true],
    ['bytes=0-1,4-5', 10, true],
    ['bytes=0-1, 4-5', 10, true],
    ['bytes=0-999999999999999', 10, true],
    ['bytes=7-', Number.POSITIVE_INFINITY, true],
    ['bytes=-7', Number.POSITIVE_INFINITY, true],
    ['xbytes=0-4', 10, false],
    ['bytes=10-', 10, false],
    ['bytes=-0', 10, false],
    ['bytes=0-1,10-', 10, false],
    ['bytes=0-1,-0', 10, false],
    ['bytes=0-1,', 10, false],
    ['bytes=0-1,\t4-5', 10, false],
    ['bytes=0-1 ', 10, false],
    ['bytes=5-2', 10, false],
    ['bytes=abc', 10, false],
    ['bytes=-', 10, false],
    ['bytes=', 10, false],
    ['bytes', 10, false],
    ['', 10, false],
    ['bytes=0-1=', 10, false],
    ['bytes=0-9999999999999999', 10, false],
    ['BYTES=0-1', 10, false],
    ['items=0-1', 10, false],
    ['bytes=0-', 0, false],
    ['bytes=-5', 0, false],
  ])('of %j for %d bytes is %s', (header, size, expected) => {
    expect(isPlainRange(header, size)).toBe(expected);
  });
});
