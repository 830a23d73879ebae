import { formatDuration, formatTime, toJson } from '../../lib/cli/format.js';
import { parseBase, parseMount, stripMount } from '../../lib/cli/mount.js';
import {
  parseClientAddress,
  parseDate,
  parseHeaderName,
  parsePort,
  parseSeconds,
} from '../../lib/cli/values.js';

describe('parseSeconds', () => {
  it.each<[string, number]>([
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['2d', 172_800],
    ['1w', 604_800],
    ['2d12h', 216_000],
    ['1h30m', 5400],
    ['1w1d1h1m1s', 694_861],
    ['59m60s', 3600],
    ['0d0s', 0],
  ])('takes %s', (text, seconds) => expect(parseSeconds(text)).toBe(seconds));

  it.each([
    '',
    'h',
    '-1',
    '1.5h',
    '1 h',
    '1H',
    '1y',
    '30m1h',
    '1h1h',
    '1h30',
    '1h 30m',
    '1h-30m',
    '1e3',
    '0x10',
    ' 1',
    'Infinity',
  ])('refuses %j', (text) =>
    expect(() => parseSeconds(text)).toThrow(
      'Give seconds, or a time such as 30m, 2d or 2d12h, in weeks (w), d, h, m and s.',
    ),
  );
});

describe('parseDate', () => {
  it.each<[string, string]>([
    ['2026-12-31', '2026-12-31T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2026-12-31T18:00', '2026-12-31T18:00:00.000Z'],
    ['2026-12-31T18:00:05', '2026-12-31T18:00:05.000Z'],
    ['2026-12-31T18:00:05.25Z', '2026-12-31T18:00:05.250Z'],
    ['2026-12-31T18:00:00+02:00', '2026-12-31T16:00:00.000Z'],
  ])('takes %s', (text, iso) => expect(parseDate(text).toISOString()).toBe(iso));

  it.each([
    '',
    'tomorrow',
    '1767225600',
    '2026-12',
    '2026-02-30',
    '2026-02-29T12:00Z',
    '2026-13-01',
    '2026-12-31T25:00',
    '2026-12-31 18:00',
    '12/31/2026',
    '2026-12-31T18:00 UTC',
  ])('refuses %j', (text) =>
    expect(() => parseDate(text)).toThrow(
      'Give an ISO 8601 date, such as 2026-12-31 or 2026-12-31T18:00:00Z.',
    ),
  );
});

describe('parseClientAddress', () => {
  it.each<[string, string]>([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0::1', '2001:db8::1'],
  ])('takes %s', (text, address) => expect(parseClientAddress(text)).toBe(address));

  it.each(['', 'localhost', '192.0.2.0/24', '192.0.2.256', 'fe80::1%eth0'])('refuses %j', (text) =>
    expect(() => parseClientAddress(text)).toThrow(
      'Give an IPv4 or IPv6 address, such as 192.0.2.7.',
    ),
  );
});

describe('parsePort', () => {
  it.each([0, 80, 65_535])('takes %s', (port) => expect(parsePort(String(port))).toBe(port));

  it.each(['', '-1', '65536', '3000x', '1e3', '080000'])('refuses %j', (text) =>
    expect(() => parsePort(text)).toThrow('Give a number from 0 to 65535; 0 takes any free port.'),
  );
});

describe('parseHeaderName', () => {
  it('takes a name in any letter case', () =>
    expect(parseHeaderName('X-Real-IP')).toBe('x-real-ip'));

  it.each(['', 'X Real', 'x:', 'é'])('refuses %j', (text) =>
    expect(() => parseHeaderName(text)).toThrow(
      'Give the name of a request header, such as X-Forwarded-For.',
    ),
  );
});

describe('parseMount', () => {
  it.each<[string, string]>([
    ['', ''],
    ['/', ''],
    ['/downloads', '/downloads'],
    ['/downloads/', '/downloads'],
    ['/a/b%20c', '/a/b%20c'],
    ['/d%c3%a9', '/d%C3%A9'],
  ])('takes %j', (text, mount) => expect(parseMount(text)).toBe(mount));

  it.each(['downloads', '//', '/a//b', '/a/..', '/é', '/%zz', '/a?b', '/a#b', '/%61'])(
    'refuses %j',
    (text) =>
      expect(() => parseMount(text)).toThrow('Give a percent-encoded URL path such as /downloads.'),
  );
});

describe('parseBase', () => {
  it.each<[string, string, string]>([
    ['https://example.com', 'https://example.com', ''],
    ['HTTP://Example.com:8080/a/', 'http://example.com:8080', '/a'],
    ['https://é.example/b', 'https://xn--9ca.example', '/b'],
  ])('takes %s', (text, origin, path) => expect(parseBase(text)).toEqual({ origin, path }));

  it.each([
    '',
    '/downloads',
    'example.com',
    'ftp://example.com',
    'https://u:p@example.com',
    'https://example.com/?a',
    'https://example.com/#a',
    'https://example.com/a//b',
  ])('refuses %j', (text) =>
    expect(() => parseBase(text)).toThrow(
      'Give a URL with http: or https: and without user, query and fragment, such as https://example.com/downloads.',
    ),
  );
});

describe('stripMount', () => {
  it.each<[string, string, string | undefined]>([
    ['/a/b', '', '/a/b'],
    ['/a/b?c', '/a', '/b?c'],
    ['/a/', '/a', '/'],
    ['/a', '/a', undefined],
    ['/a?b', '/a', undefined],
    ['/ab/c', '/a', undefined],
    ['/A/b', '/a', undefined],
    ['//a/b', '/a', undefined],
  ])('makes of %s below %j: %j', (target, mount, rest) =>
    expect(stripMount(target, mount)).toBe(rest),
  );
});

describe('formatDuration', () => {
  it.each<[number, string]>([
    [0, '0 seconds'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, '1 minute'],
    [61, '1 minute 1 second'],
    [7199, '1 hour 59 minutes'],
    [7200, '2 hours'],
    [86_399, '23 hours 59 minutes'],
    [90_000, '1 day 1 hour'],
    [86_401, '1 day'],
    [100 * 86_400, '100 days'],
  ])('makes of %s: %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe('formatTime', () => {
  it('leaves out what is below a second', () =>
    expect(formatTime(new Date('2026-08-01T12:00:00.999Z'))).toBe('2026-08-01T12:00:00Z'));
});

describe('toJson', () => {
  it.each<[string, string]>([
    ['a "b" \\', '"a \\"b\\" \\\\"'],
    ['é 日本', '"é 日本"'],
    ['\n\r\t\u001b[31m', '"\\n\\r\\t\\u001b[31m"'],
    ['\u007f\u009b', '"\\u007f\\u009b"'],
    ['\u202e\u2028\ufeff', '"\\u202e\\u2028\\ufeff"'],
    ['\u{e0041}', '"\\udb40\\udc41"'],
    ['\ud800', '"\\ud800"'],
  ])('escapes what one does not see: %j', (text, json) => {
    expect(toJson(text)).toBe(json);
    expect(JSON.parse(json)).toBe(text);
  });
});
