import { evaluatePreconditions, isRangeFresh } from '../../lib/http/conditions.js';
import { parseHttpDate } from '../../lib/http/http-date.js';
import { isPlainRange, parseRanges } from '../../lib/http/ranges.js';
import { splitConditions } from '../../lib/http/store-conditions.js';
import { acceptsCoding, preferredCodings } from '../../lib/representation/accept-encoding.js';

/** Applications may allow headers of any length: the time to read one must not grow with the square of it. */

const COUNT = 100_000;
const VALIDATORS = {
  etag: '"v1"',
  lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT',
  isDateStrong: true,
  isDateFinal: true,
};
const many = (create: (index: number) => string): string =>
  Array.from({ length: COUNT }, (_, index) => create(index)).join(',');

/** What may take long for an expression or a list, whatever the header. */
const TEXTS: readonly [string, string][] = [
  ['tags', many((index) => `"${index}"`)],
  ['a tag without an end', `"${'a'.repeat(COUNT)}`],
  ['quotes', '"'.repeat(COUNT)],
  ['weak tags without an end', 'W/"'.repeat(COUNT)],
  ['commas', ','.repeat(COUNT)],
  ['blanks', `x${' '.repeat(COUNT)}x`],
  ['tabs and commas', '\t,'.repeat(COUNT)],
  ['ranges', `bytes=${many((index) => `${3 * index}-${3 * index}`)}`],
  ['descending ranges', `bytes=${many((index) => `${3 * (COUNT - index)}-`)}`],
  ['the same range', `bytes=${many(() => '0-')}`],
  ['digits', `bytes=${'9'.repeat(COUNT)}-${'9'.repeat(COUNT)}`],
  ['blanks between ranges', `bytes=0-1${' '.repeat(COUNT)},5-6`],
  ['codings', many((index) => `c${index};q=0.${index}`)],
  ['parameters', `gzip${';q'.repeat(COUNT)}`],
  ['a weight', `gzip;q=0.${'0'.repeat(COUNT)}`],
  ['a date', `Sun, 06 Nov 1994${' '.repeat(COUNT)}08:49:37 GMT`],
];

const READERS: readonly [string, (text: string) => unknown][] = [
  ['If-Match', (text) => evaluatePreconditions({ 'if-match': text }, VALIDATORS)],
  ['If-None-Match', (text) => evaluatePreconditions({ 'if-none-match': text }, VALIDATORS)],
  ['If-Modified-Since', (text) => evaluatePreconditions({ 'if-modified-since': text }, VALIDATORS)],
  ['If-Range', (text) => isRangeFresh({ 'if-range': text }, VALIDATORS)],
  ['Range', (text) => parseRanges(text, 10 * COUNT)],
  ['Range for a front end', (text) => isPlainRange(text, 10 * COUNT)],
  ['Range for a store', (text) => splitConditions({ range: text }, VALIDATORS, true)],
  ['Accept-Encoding', (text) => preferredCodings(text, ['gzip', 'br'])],
  ['Accept-Encoding for a coding', (text) => acceptsCoding(text, 'gzip')],
  ['a date', (text) => parseHttpDate(text)],
];

it.each(READERS)('%s is read in time', (_name, read) => {
  for (const [what, text] of TEXTS) {
    const began = performance.now();
    read(text);
    // Milliseconds take a hundredth of that; the square of the length would take a hundred times as long.
    expect([what, performance.now() - began < 5000]).toEqual([what, true]);
  }
});
