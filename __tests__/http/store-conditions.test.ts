import type { Validators } from '../../lib/http/conditions.js';
import { splitConditions } from '../../lib/http/store-conditions.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const OTHER_DATE = 'Sun, 06 Nov 1994 08:49:38 GMT';

type Headers = Readonly<Record<string, string>>;

/** What the application has stated. */
const STATED = {
  nothing: {},
  tag: { etag: '"v1"' },
  date: { lastModified: DATE },
  both: { etag: '"v1"', lastModified: DATE },
} as const;

function split(headers: Headers, stated: keyof typeof STATED, acceptRanges = true) {
  const validators: Validators = {
    ...{ etag: undefined, lastModified: undefined, isDateStrong: true, isDateFinal: true },
    ...STATED[stated],
  };
  return splitConditions(headers, validators, acceptRanges);
}

describe('splitConditions(headers, validators, acceptRanges)', () => {
  it.each<[Headers, keyof typeof STATED, local: Headers, forwarded: Headers]>([
    [{}, 'both', {}, {}],
    [{ accept: '*/*' }, 'nothing', {}, {}],
    [{ 'if-match': '"v1"' }, 'nothing', {}, { 'if-match': '"v1"' }],
    [{ 'if-match': '"v1"' }, 'tag', { 'if-match': '"v1"' }, {}],
    [{ 'if-match': '"v1"' }, 'date', {}, { 'if-match': '"v1"' }],
    [{ 'if-unmodified-since': DATE }, 'date', { 'if-unmodified-since': DATE }, {}],
    [{ 'if-unmodified-since': DATE }, 'tag', {}, { 'if-unmodified-since': DATE }],
    [{ 'if-none-match': '"v1"' }, 'tag', { 'if-none-match': '"v1"' }, {}],
    [{ 'if-none-match': '"v1"' }, 'date', {}, { 'if-none-match': '"v1"' }],
    [{ 'if-modified-since': DATE }, 'date', { 'if-modified-since': DATE }, {}],
    [{ 'if-modified-since': DATE }, 'tag', {}, { 'if-modified-since': DATE }],
    // A tag takes precedence over a date.
    [{ 'if-match': '"v1"', 'if-unmodified-since': DATE }, 'tag', { 'if-match': '"v1"' }, {}],
    [{ 'if-match': '"v1"', 'if-unmodified-since': DATE }, 'date', {}, { 'if-match': '"v1"' }],
    [
      { 'if-none-match': '"v1"', 'if-modified-since': DATE },
      'date',
      {},
      { 'if-none-match': '"v1"' },
    ],
    [
      { 'if-match': '"v1"', 'if-none-match': '"v2"' },
      'tag',
      { 'if-match': '"v1"', 'if-none-match': '"v2"' },
      {},
    ],
    [
      { 'if-match': '"v1"', 'if-none-match': '"v2"' },
      'nothing',
      {},
      { 'if-match': '"v1"', 'if-none-match': '"v2"' },
    ],
    // The store has to evaluate the first condition before the second counts.
    [{ 'if-match': '"v1"', 'if-modified-since': DATE }, 'date', {}, { 'if-match': '"v1"' }],
    [
      { 'if-match': '"v1"', 'if-modified-since': DATE },
      'tag',
      { 'if-match': '"v1"' },
      { 'if-modified-since': DATE },
    ],
  ])('%j, of which the application has stated %s', (headers, stated, local, forwarded) => {
    expect(split(headers, stated)).toStrictEqual({ local, forwarded });
  });

  it.each(['bytes=0-', 'bytes=0-5', 'bytes=-50', 'Bytes=10-20', 'bytes=100-200'])(
    'forwards the range %s',
    (range) => {
      expect(split({ range }, 'nothing')).toStrictEqual({ local: {}, forwarded: { range } });
    },
  );

  it.each([
    'bytes=',
    'bytes=-',
    'bytes=0-1,3-4',
    'bytes=0-1x',
    'xbytes=0-1',
    'bytes= 0-1',
    'bytes=a-b',
    'bytes=-a',
    'items=0-1',
    'bytes=5',
  ])('does not forward the range %s', (range) => {
    expect(split({ range, 'if-range': '"v1"' }, 'nothing')).toStrictEqual({
      ...{ local: {}, forwarded: {} },
    });
  });

  it('forwards no range if ranges are not accepted', () => {
    const headers = { range: 'bytes=0-1', 'if-match': '"v1"' };
    expect(split(headers, 'nothing', false)).toStrictEqual({
      ...{ local: {}, forwarded: { 'if-match': '"v1"' } },
    });
  });

  const range = 'bytes=0-1';
  it.each<[ifRange: string, keyof typeof STATED, forwarded: Headers]>([
    ['"v1"', 'nothing', { range, 'if-range': '"v1"' }],
    ['"v1"', 'date', { range, 'if-range': '"v1"' }],
    ['"v1"', 'tag', { range }],
    ['"v2"', 'tag', {}],
    ['W/"v1"', 'tag', {}],
    ['W/"v1"', 'date', { range, 'if-range': 'W/"v1"' }],
    [DATE, 'nothing', { range, 'if-range': DATE }],
    [DATE, 'tag', { range, 'if-range': DATE }],
    [DATE, 'date', { range }],
    [OTHER_DATE, 'date', {}],
    // No tag, so that the store has to tell what it is.
    ['v"1"', 'tag', { range, 'if-range': 'v"1"' }],
  ])('If-Range: %s, if the application has stated %s', (ifRange, stated, forwarded) => {
    const headers = { range, 'if-range': ifRange, 'if-none-match': '"v9"' };
    const { 'if-none-match': _, ...rest } = split(headers, stated).forwarded;
    expect(rest).toStrictEqual(forwarded);
    const isOurs = stated === 'tag' || stated === 'both';
    expect(split(headers, stated).local).toStrictEqual(isOurs ? { 'if-none-match': '"v9"' } : {});
  });

  it('keeps the conditions for the store with a range', () => {
    const others = { 'if-unmodified-since': DATE };
    for (const [ifRange, stated] of [
      [undefined, 'nothing'],
      ['"v1"', 'tag'],
      ['"v2"', 'tag'],
      ['"v1"', 'nothing'],
    ] as const) {
      const headers = { range, ...others, ...(ifRange && { 'if-range': ifRange }) };
      expect(split(headers, stated).forwarded).toMatchObject(others);
    }
  });
});
