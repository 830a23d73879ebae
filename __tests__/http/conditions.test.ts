import {
  evaluatePreconditions,
  isRangeFresh,
  type PreconditionResult,
  type Validators,
} from '../../lib/http/conditions.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const SECOND_BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';
const SECOND_AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT';

type Headers = Readonly<Record<string, string>>;

function validators(changes: Partial<Validators> = {}): Validators {
  return { etag: '"v1"', lastModified: DATE, isDateStrong: true, isDateFinal: true, ...changes };
}

describe('evaluatePreconditions(headers, validators)', () => {
  it.each<[Headers, PreconditionResult]>([
    [{}, 'proceed'],
    [{ 'if-match': '"v1"' }, 'proceed'],
    [{ 'if-match': '"v2"' }, 'failed'],
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': ' * ' }, 'proceed'],
    [{ 'if-match': '' }, 'failed'],
    [{ 'if-match': 'W/"v1"' }, 'failed'],
    [{ 'if-match': '"v2", "v1"' }, 'proceed'],
    [{ 'if-match': '"v2"\t ,, \t"v1" ' }, 'proceed'],
    [{ 'if-match': ' ,\t"v1"' }, 'proceed'],
    [{ 'if-match': '"a,b", "v1"' }, 'proceed'],
    [{ 'if-match': '"v2"; "v1"' }, 'failed'],
    [{ 'if-match': 'v1' }, 'failed'],
    [{ 'if-match': '"v1' }, 'failed'],
    [{ 'if-match': '"v1"x' }, 'failed'],
    [{ 'if-match': 'x, "v1"' }, 'failed'],
    [{ 'if-match': 'w/"v1"' }, 'failed'],
    [{ 'if-unmodified-since': DATE }, 'proceed'],
    [{ 'if-unmodified-since': SECOND_AFTER }, 'proceed'],
    [{ 'if-unmodified-since': SECOND_BEFORE }, 'failed'],
    [{ 'if-unmodified-since': 'yesterday' }, 'proceed'],
    [{ 'if-match': '"v1"', 'if-unmodified-since': SECOND_BEFORE }, 'proceed'],
    [{ 'if-match': '"v2"', 'if-unmodified-since': SECOND_AFTER }, 'failed'],
    [{ 'if-none-match': '"v1"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"v1"' }, 'not-modified'],
    [{ 'if-none-match': '"v2", W/"v1"' }, 'not-modified'],
    [{ 'if-none-match': '"v2"' }, 'proceed'],
    [{ 'if-none-match': '"v1W/"' }, 'proceed'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-modified-since': DATE }, 'not-modified'],
    [{ 'if-modified-since': SECOND_AFTER }, 'not-modified'],
    [{ 'if-modified-since': SECOND_BEFORE }, 'proceed'],
    [{ 'if-modified-since': '2020' }, 'proceed'],
    [{ 'if-none-match': '"v2"', 'if-modified-since': SECOND_AFTER }, 'proceed'],
    [{ 'if-match': '"v1"', 'if-none-match': '"v1"' }, 'not-modified'],
    [{ 'if-match': '"v2"', 'if-none-match': '"v1"' }, 'failed'],
    [{ 'if-unmodified-since': SECOND_BEFORE, 'if-modified-since': SECOND_AFTER }, 'failed'],
  ])('%j: %s', (headers, expected) => {
    expect(evaluatePreconditions(headers, validators())).toBe(expected);
  });

  it.each<[Headers, Partial<Validators>, PreconditionResult]>([
    [{ 'if-none-match': '"v1"' }, { etag: 'W/"v1"' }, 'not-modified'],
    [{ 'if-none-match': '"v2"' }, { etag: 'W/"v1"' }, 'proceed'],
    [{ 'if-none-match': '"W/v1"' }, { etag: '"v1"' }, 'proceed'],
    [{ 'if-none-match': '"v1"' }, { etag: '"vW/1"' }, 'proceed'],
    [{ 'if-none-match': '"vW/1"' }, { etag: '"v1"' }, 'proceed'],
    [{ 'if-match': 'W/"v1"' }, { etag: 'W/"v1"' }, 'failed'],
    [{ 'if-match': '"v1"' }, { etag: undefined }, 'failed'],
    [{ 'if-match': '*' }, { etag: undefined }, 'proceed'],
    [{ 'if-none-match': '"v1"' }, { etag: undefined }, 'proceed'],
    [{ 'if-none-match': '*' }, { etag: undefined }, 'not-modified'],
    [{ 'if-unmodified-since': DATE }, { isDateFinal: false }, 'failed'],
    [{ 'if-unmodified-since': SECOND_AFTER }, { isDateFinal: false }, 'proceed'],
    [{ 'if-unmodified-since': SECOND_BEFORE }, { lastModified: undefined }, 'proceed'],
    [{ 'if-unmodified-since': SECOND_BEFORE }, { lastModified: 'today' }, 'proceed'],
    [{ 'if-modified-since': SECOND_AFTER }, { lastModified: 'today' }, 'proceed'],
    [{ 'if-unmodified-since': 'yesterday' }, { isDateFinal: false }, 'proceed'],
    [{ 'if-modified-since': DATE }, { isDateFinal: false }, 'proceed'],
    [{ 'if-modified-since': DATE }, { lastModified: undefined }, 'proceed'],
  ])('%j with %j: %s', (headers, changes, expected) => {
    expect(evaluatePreconditions(headers, validators(changes))).toBe(expected);
  });
});

describe('isRangeFresh(headers, validators)', () => {
  it.each<[string | undefined, Partial<Validators>, boolean]>([
    [undefined, {}, true],
    ['"v1"', {}, true],
    ['"v2"', {}, false],
    ['"v1"', { etag: undefined }, false],
    ['W/"v1"', {}, false],
    ['W/"v1"', { etag: 'W/"v1"' }, false],
    ['"v1", "v2"', {}, false],
    ['v1', { etag: 'v1' }, false],
    [` ${DATE}`, {}, false],
    [DATE, {}, true],
    [SECOND_AFTER, {}, false],
    [SECOND_BEFORE, {}, false],
    [DATE, { isDateStrong: false }, false],
    [DATE, { lastModified: undefined }, false],
    [DATE, { lastModified: 'today' }, false],
    ['yesterday', {}, false],
    ['yesterday', { lastModified: 'today' }, false],
    ['', {}, false],
  ])('If-Range %j with %j: %j', (ifRange, changes, expected) => {
    expect(isRangeFresh({ 'if-range': ifRange }, validators(changes))).toBe(expected);
  });

  it('is false for If-Range in two lines', () => {
    const headers = { 'if-range': ['"v1"', '"v1"'] } as never;
    expect(isRangeFresh(headers, validators({ etag: '"v1"' }))).toBe(false);
  });
});
