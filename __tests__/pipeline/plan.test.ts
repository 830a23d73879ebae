import { type Plan, type PlanSources, planResponse } from '../../lib/pipeline/plan.js';
import { RefusedError } from '../../lib/shared/errors.js';
import type { StoreDecision } from '../../lib/sources/source.js';

const SIZE = 1000;
const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

const SOURCES: PlanSources = {
  request: { method: 'GET', headers: {} },
  size: SIZE,
  type: 'text/plain',
  validators: { etag: '"v1"', lastModified: DATE, isDateStrong: true, isDateFinal: true },
  cacheControl: undefined,
  acceptRanges: true,
  isEncoded: false,
};

type Headers = Readonly<Record<string, string>>;

interface Given {
  readonly status?: number;
  readonly method?: string;
  readonly headers?: Headers;
  readonly changes?: Partial<PlanSources>;
  readonly decision?: StoreDecision;
}

function plan({ status = 200, method = 'GET', headers = {}, changes, decision }: Given = {}) {
  return planResponse(
    status,
    { ...SOURCES, request: { method, headers }, ...changes },
    decision && { ...decision },
  );
}

/** Plans a response that is not refused. */
function planOf(given?: Given): Plan {
  const planned = plan(given);
  if (planned instanceof RefusedError) throw planned;
  return planned;
}

const ACCEPT_RANGES = { 'Accept-Ranges': 'bytes' };
const WHOLE = { start: 0, end: SIZE - 1 };
const WHOLE_PLAN: Plan = {
  status: 200,
  body: [WHOLE],
  headers: ACCEPT_RANGES,
  framing: { 'Content-Length': SIZE },
};
const NOT_MODIFIED_PLAN: Plan = {
  status: 304,
  body: [],
  headers: {
    'Accept-Ranges': undefined,
    'Content-Disposition': undefined,
    'Content-Encoding': undefined,
    'Content-Language': undefined,
    'Content-Type': undefined,
  },
  framing: {},
};

function rangePlan(start: number, end: number, size: number | '*' = SIZE): Plan {
  return {
    status: 206,
    body: [{ start, end }],
    range: { start, end },
    headers: { ...ACCEPT_RANGES, 'Cache-Control': 'no-transform' },
    framing: {
      'Content-Length': end + 1 - start,
      'Content-Range': `bytes ${start}-${end}/${size}`,
    },
  };
}

describe('planResponse(status, sources)', () => {
  it.each<[string, Given, Plan]>([
    ['the whole file', {}, WHOLE_PLAN],
    ['no body for HEAD', { method: 'HEAD' }, { ...WHOLE_PLAN, body: [] }],
    [
      'no body for an empty file',
      { changes: { size: 0 } },
      { ...WHOLE_PLAN, body: [], framing: { 'Content-Length': 0 } },
    ],
    [
      'no Accept-Ranges without ranges',
      { changes: { acceptRanges: false } },
      { ...WHOLE_PLAN, headers: {} },
    ],
    [
      'neither a length nor ranges without a size',
      { changes: { size: Infinity } },
      { status: 200, body: [{ start: 0, end: Infinity }], headers: {}, framing: {} },
    ],
    ['a range', { headers: { range: 'bytes=10-19' } }, rangePlan(10, 19)],
    ['the end', { headers: { range: 'bytes=-1' } }, rangePlan(999, 999)],
    [
      'the whole file for a range of HEAD',
      { method: 'HEAD', headers: { range: 'bytes=10-19' } },
      { ...WHOLE_PLAN, body: [] },
    ],
    ['the whole file for a wrong range', { headers: { range: 'bytes=9-1' } }, WHOLE_PLAN],
    [
      'the whole file if ranges are not accepted',
      { headers: { range: 'bytes=10-19' }, changes: { acceptRanges: false } },
      { ...WHOLE_PLAN, headers: {} },
    ],
    [
      'a range of the same version',
      { headers: { range: 'bytes=10-19', 'if-range': '"v1"' } },
      rangePlan(10, 19),
    ],
    [
      'the whole file for a range of another version',
      { headers: { range: 'bytes=10-19', 'if-range': '"v2"' } },
      WHOLE_PLAN,
    ],
    [
      'a range of an encoded file',
      { headers: { range: 'bytes=10-19' }, changes: { isEncoded: true } },
      rangePlan(10, 19),
    ],
    [
      'the whole file for several ranges of an encoded one',
      { headers: { range: 'bytes=0-0,5-5' }, changes: { isEncoded: true } },
      WHOLE_PLAN,
    ],
    ['304', { headers: { 'if-none-match': '"v1"' } }, NOT_MODIFIED_PLAN],
    [
      '304 rather than a range',
      { headers: { 'if-none-match': '*', range: 'bytes=0-1' } },
      NOT_MODIFIED_PLAN,
    ],
    [
      'the whole file with a status of the application',
      { status: 404, headers: { 'if-none-match': '"v1"', 'if-match': '"v2"', range: 'bytes=0-1' } },
      { ...WHOLE_PLAN, status: 404, headers: {} },
    ],
  ])('plans %s', (_title, given, expected) => {
    expect(plan(given)).toStrictEqual(expected);
  });

  it('keeps the Cache-Control of the file with a range', () => {
    const given = { headers: { range: 'bytes=0-1' }, changes: { cacheControl: 'private' } };
    expect(planOf(given).headers).toStrictEqual({
      ...ACCEPT_RANGES,
      'Cache-Control': 'private, no-transform',
    });
  });

  it('plans several ranges as multipart', () => {
    const changes = { cacheControl: 'private', size: 10_000 };
    const { framing, body, ...rest } = planOf({ headers: { range: 'bytes=0-1,90-99' }, changes });
    expect(rest).toStrictEqual({
      status: 206,
      headers: { ...ACCEPT_RANGES, 'Cache-Control': 'private, no-transform' },
    });
    const ranges = body.filter((part) => !Buffer.isBuffer(part));
    expect(ranges).toEqual([
      { start: 0, end: 1 },
      { start: 90, end: 99 },
    ]);
    const delimiters = body.flatMap((part) => (Buffer.isBuffer(part) ? [part] : []));
    const length = delimiters.reduce((sum, part) => sum + part.length, 2 + 10);
    expect(framing).toStrictEqual({
      'Content-Length': length,
      'Content-Type': expect.stringMatching(/^multipart\/byteranges; boundary=[\w-]{24}$/),
    });
    expect(delimiters[0]?.toString()).toContain('Content-Type: text/plain\r\n');
  });

  /** Plans so many ranges of one byte each. */
  function planBytes(count: number, size: number): Plan {
    const range = `bytes=${Array.from({ length: count }, (_, index) => `${3 * index}-${3 * index}`)}`;
    return planOf({ headers: { range }, changes: { size } });
  }

  it('plans up to 50 ranges', () => {
    expect(planBytes(50, 1_000_000).body).toHaveLength(101);
    expect(planBytes(51, 1_000_000)).toMatchObject({
      status: 200,
      body: [{ start: 0, end: 999_999 }],
    });
  });

  it('plans the whole file if several ranges would be longer', () => {
    const { framing } = planBytes(5, 100_000);
    const length = Number(framing['Content-Length']);
    // The size is in each Content-Range, with as many digits.
    const digits = 5 * (6 - String(length).length);
    expect(planBytes(5, length - digits)).toMatchObject({
      status: 206,
      framing: { 'Content-Length': length - digits },
    });
    expect(planBytes(5, length - digits - 1).status).toBe(200);
  });

  it.each<[string, Given, object]>([
    [
      'a condition fails',
      { headers: { 'if-match': '"v2"' } },
      { code: 'ERR_XSENDFILE_PRECONDITION_FAILED', status: 412, headers: {} },
    ],
    [
      'a range cannot be satisfied',
      { headers: { range: 'bytes=1000-' } },
      {
        ...{ code: 'ERR_XSENDFILE_RANGE_NOT_SATISFIABLE', status: 416 },
        headers: { 'Content-Range': 'bytes */1000' },
      },
    ],
  ])('returns the refusal if %s', (_title, given, expected) => {
    const refusal = plan(given);
    expect(refusal).toBeInstanceOf(RefusedError);
    expect(refusal).toMatchObject(expected);
  });

  it('throws other errors', () => {
    const validators = new Proxy(SOURCES.validators, {
      get() {
        throw new Error('unexpected');
      },
    });
    expect(() => plan({ changes: { validators } })).toThrow(new Error('unexpected'));
  });
});

describe('planResponse(status, sources, decision)', () => {
  const SENT: StoreDecision = { status: 200, range: undefined, acceptsRanges: true };
  const PART: StoreDecision = { status: 206, range: { start: 5, end: 9 }, acceptsRanges: true };

  it.each<[string, Given, Plan]>([
    ['the whole object', { decision: SENT }, WHOLE_PLAN],
    [
      'no ranges if the store has none',
      { decision: { ...SENT, acceptsRanges: false } },
      { ...WHOLE_PLAN, headers: {} },
    ],
    [
      'no ranges if the application wants none',
      { decision: SENT, changes: { acceptRanges: false } },
      { ...WHOLE_PLAN, headers: {} },
    ],
    [
      'the whole object if the store ignores the range',
      { decision: SENT, headers: { range: 'bytes=5-9' } },
      WHOLE_PLAN,
    ],
    [
      'the range of the store',
      { decision: PART, headers: { range: 'bytes=5-99' } },
      rangePlan(5, 9),
    ],
    [
      'the range of an object without a size',
      { decision: PART, changes: { size: Infinity } },
      rangePlan(5, 9, '*'),
    ],
    ['304 of the store', { decision: { ...SENT, status: 304 } }, NOT_MODIFIED_PLAN],
    [
      '304 if the store ignores the condition',
      { decision: SENT, headers: { 'if-none-match': '"v1"' } },
      NOT_MODIFIED_PLAN,
    ],
    [
      'the whole object with a status of the application',
      { status: 404, decision: PART },
      { ...WHOLE_PLAN, status: 404, headers: {} },
    ],
  ])('plans %s', (_title, given, expected) => {
    expect(plan(given)).toStrictEqual(expected);
  });

  it.each<[string, Given, object]>([
    [
      'the store says so',
      { decision: { ...SENT, status: 412 } },
      { code: 'ERR_XSENDFILE_PRECONDITION_FAILED' },
    ],
    [
      'the store ignores a condition that fails',
      { decision: SENT, headers: { 'if-match': '"v2"' } },
      { code: 'ERR_XSENDFILE_PRECONDITION_FAILED' },
    ],
    [
      'the store has no such range',
      { decision: { ...SENT, status: 416 } },
      { code: 'ERR_XSENDFILE_RANGE_NOT_SATISFIABLE', headers: { 'Content-Range': 'bytes */1000' } },
    ],
    [
      'the store has no such range of an object without a size',
      { decision: { ...SENT, status: 416 }, changes: { size: Infinity } },
      { code: 'ERR_XSENDFILE_RANGE_NOT_SATISFIABLE', headers: {} },
    ],
  ])('returns the refusal if %s', (_title, given, expected) => {
    const refusal = plan(given);
    expect(refusal).toBeInstanceOf(RefusedError);
    expect(refusal).toMatchObject(expected);
    expect((refusal as RefusedError).headers).toStrictEqual(
      (expected as { headers?: object }).headers ?? {},
    );
  });
});
