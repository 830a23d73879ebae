import { parseHttpDate } from '../../lib/http/http-date.js';

const EXAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37);
const NOW = Date.UTC(2026, 10, 22);

describe('parseHttpDate(text)', () => {
  it.each<[string, number]>([
    ['Sun, 06 Nov 1994 08:49:37 GMT', EXAMPLE],
    ['Sunday, 06-Nov-94 08:49:37 GMT', EXAMPLE],
    ['Sun Nov  6 08:49:37 1994', EXAMPLE],
    ['Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['Thu, 29 Feb 2024 23:59:59 GMT', Date.UTC(2024, 1, 29, 23, 59, 59)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Monday, 01-Jan-70 00:00:00 GMT', Date.UTC(2070, 0, 1)],
    ['Monday, 01-Jan-76 00:00:00 GMT', Date.UTC(2076, 0, 1)],
    ['Monday, 01-Jan-77 00:00:00 GMT', Date.UTC(1977, 0, 1)],
    ['Mon, 01 Jan 0099 00:00:00 GMT', new Date(0).setUTCFullYear(99)],
    ['Sun, 06 Nov 1994 23:59:00 GMT', Date.UTC(1994, 10, 6, 23, 59)],
  ])('reads %j', (text, expected) => {
    expect(parseHttpDate(text, NOW)).toBe(expected);
  });

  it.each([
    '',
    '0',
    '2020',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 08:49:37 GMT; length=3',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Xxx, 06 Nov 1994 08:49:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Thu, 29 Feb 2023 00:00:00 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
  ])('does not read %j as a date', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });

  const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const MONTHS =
    'January February March April May June July August September October November December'
      .split(' ')
      .map((name) => name.slice(0, 3));

  it.each(DAYS.map((day) => [day, day.slice(0, 3)]))('knows %s', (long, short) => {
    expect(parseHttpDate(`${short}, 06 Nov 1994 08:49:37 GMT`, NOW)).toBe(EXAMPLE);
    expect(parseHttpDate(`${long}, 06-Nov-94 08:49:37 GMT`, NOW)).toBe(EXAMPLE);
    expect(parseHttpDate(`${short} Nov  6 08:49:37 1994`, NOW)).toBe(EXAMPLE);
    expect(parseHttpDate(`${long}, 06 Nov 1994 08:49:37 GMT`, NOW)).toBeUndefined();
  });

  it.each(MONTHS.map((month, index) => [month, index] as const))('knows %s', (month, index) => {
    const expected = Date.UTC(1994, index, 6, 8, 49, 37);
    expect(parseHttpDate(`Sun, 06 ${month} 1994 08:49:37 GMT`, NOW)).toBe(expected);
    expect(parseHttpDate(`Sunday, 06-${month}-94 08:49:37 GMT`, NOW)).toBe(expected);
    expect(parseHttpDate(`Sun ${month}  6 08:49:37 1994`, NOW)).toBe(expected);
  });

  it.each([
    'Sun, 06  1994 08:49:37 GMT',
    'xSun, 06 Nov 1994 08:49:37 GMT',
    'xSunday, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMTx',
    'xSun Nov  6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994x',
    'Sun Nov x6 08:49:37 1994',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 06 Nov 1994 08:9:37 GMT',
    'Sun, 06 Nov 1994 08:49:7 GMT',
    'Sun, 06 Nov 199 08:49:37 GMT',
    'Sun, 31 Apr 1994 08:49:37 GMT',
    'Sun, 32 Jan 1994 08:49:37 GMT',
  ])('does not read %j either', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });
});
