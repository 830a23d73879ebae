import fc from 'fast-check';
import { crc32, crc32ByTable } from '../../lib/zip/crc32.js';
import { oneAtATime, Sum } from '../../lib/zip/sums.js';

const CASES: readonly [text: string, sum: number][] = [
  ['', 0],
  ['a', 0xe8b7be43],
  // The check value of the standard.
  ['123456789', 0xcbf43926],
];

it.each(CASES)('the CRC-32 of %j is %i', (text, sum) => {
  expect(crc32(Buffer.from(text))).toBe(sum);
  expect(crc32ByTable(Buffer.from(text))).toBe(sum);
});

it('the sum by table is the sum of Node, in any number of steps', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 300 }), (bytes, cut) => {
      const sum = crc32(bytes);
      expect(crc32ByTable(bytes)).toBe(sum);
      expect(crc32ByTable(bytes.subarray(cut), crc32ByTable(bytes.subarray(0, cut)))).toBe(sum);
    }),
  );
});

describe('Sum', () => {
  it('is the sum of the whole, in whatever order and however often its parts are added', () => {
    const part = fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.array(part), (bytes, parts) => {
        const sum = new Sum();
        for (const [start, end] of parts) sum.add(bytes.subarray(start, end), start);
        expect(sum.value).toBe(crc32(bytes.subarray(0, sum.position)));
        sum.add(bytes, 0);
        expect(sum).toEqual({ position: bytes.length, value: crc32(bytes) });
      }),
    );
  });
});

describe('oneAtATime(task)', () => {
  it('begins a task when all earlier ones have ended, also if one of them fails', async () => {
    const events: string[] = [];
    const task = (name: string) => async () => {
      events.push(`begin ${name}`);
      await new Promise(setImmediate);
      events.push(`end ${name}`);
      if (name === 'a') throw new Error('it fails');
      return name;
    };
    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => oneAtATime(task(name))));
    expect(events).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });
});
