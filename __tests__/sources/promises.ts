import type { ErrorCode, Outcome } from '../../lib/index.js';
import { BYTES, DIFFICULT_NAME, NAMES, SIZE, type SourceCase } from './served.js';

/** The promises that every source of files keeps, whoever sends them. */

/** Of the file, as a response of this process has them. */
export interface Validators {
  readonly etag: string;
  readonly date: string;
}

/** What a response of this process is like. */
export interface ExpectedResponse {
  readonly status: number;
  /** Undefined for any. */
  readonly body?: Buffer | string;
  /** `null` for a header that must be absent. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Ranges of a multipart body. */
  readonly parts?: readonly (readonly [start: number, end: number])[];
  readonly outcome: Partial<Outcome>;
}

/** One promise: a request, and its response from this process. */
export interface Promised {
  readonly title: string;
  readonly name?: string;
  readonly method?: string;
  readonly headers?: (validators: Validators) => Readonly<Record<string, string>>;
  readonly expected: ExpectedResponse;
  /** Response without validators, if it differs. */
  readonly withoutValidators?: ExpectedResponse;
  /** Response to several ranges, if it differs. */
  readonly withoutMultipart?: ExpectedResponse;
  /** Whether this process sends it, although the request came from the front end. */
  readonly isNeverOffloaded?: boolean;
  /** Whether that is so with h2o, which does not evaluate If-Range, and cannot answer HEAD without the file. */
  readonly isNeverOffloadedToH2o?: boolean;
  /** Whether it stands for others with the same status, for tests of hooks. */
  readonly isForHooks?: boolean;
  /** Whether the source must find the file. */
  readonly isOfFound?: boolean;
}

const LAST = SIZE - 1;

function part(start: number, end: number): ExpectedResponse {
  const bytes = end + 1 - start;
  return {
    status: 206,
    body: BYTES.subarray(start, end + 1),
    headers: { 'content-length': String(bytes), 'content-range': `bytes ${start}-${end}/${SIZE}` },
    outcome: { kind: 'sent', status: 206, size: SIZE, bytes, range: { start, end } },
  };
}

const WHOLE: ExpectedResponse = {
  status: 200,
  body: BYTES,
  headers: { 'content-length': String(SIZE), 'content-range': null, 'accept-ranges': 'bytes' },
  outcome: { kind: 'sent', status: 200, size: SIZE, bytes: SIZE },
};

const NOT_MODIFIED: ExpectedResponse = {
  status: 304,
  body: '',
  headers: { 'content-type': null, 'content-length': null },
  outcome: { kind: 'not-modified', status: 304, bytes: 0 },
};

/** A refusal, which says nothing about the file. */
export function refused(status: number, code: ErrorCode): ExpectedResponse {
  return {
    status,
    headers: { etag: null, 'last-modified': null, 'cache-control': 'no-store' },
    outcome: { kind: 'refused', status, code, bytes: 0 },
  };
}

const FAILED_CONDITION = refused(412, 'ERR_XSENDFILE_PRECONDITION_FAILED');

const LATER = new Date(Date.now() + 86_400_000).toUTCString();
const EARLIER = new Date(0).toUTCString();

const PROMISES: readonly Promised[] = [
  { title: 'the whole file', expected: WHOLE },
  {
    title: 'its head',
    isNeverOffloadedToH2o: true,
    isForHooks: true,
    method: 'HEAD',
    expected: { ...WHOLE, body: '', outcome: { ...WHOLE.outcome, bytes: 0 } },
  },
  {
    title: '304 by ETag',
    isForHooks: true,
    headers: ({ etag }) => ({ 'If-None-Match': etag }),
    expected: NOT_MODIFIED,
    withoutValidators: WHOLE,
  },
  {
    title: '304 by date',
    headers: ({ date }) => ({ 'If-Modified-Since': date }),
    expected: NOT_MODIFIED,
    withoutValidators: WHOLE,
  },
  {
    title: 'the file if the ETag is another',
    headers: () => ({ 'If-None-Match': '"other"' }),
    expected: WHOLE,
  },
  {
    title: '412 by If-Match',
    isForHooks: true,
    headers: () => ({ 'If-Match': '"other"' }),
    expected: FAILED_CONDITION,
  },
  {
    title: 'the file by If-Match',
    headers: ({ etag }) => ({ 'If-Match': etag }),
    expected: WHOLE,
    withoutValidators: FAILED_CONDITION,
  },
  {
    title: '412 by If-Unmodified-Since',
    headers: () => ({ 'If-Unmodified-Since': EARLIER }),
    expected: FAILED_CONDITION,
    withoutValidators: WHOLE,
  },
  {
    title: 'the file by If-Unmodified-Since',
    headers: () => ({ 'If-Unmodified-Since': LATER }),
    expected: WHOLE,
  },
  {
    title: 'a range',
    isForHooks: true,
    headers: () => ({ Range: 'bytes=10-19999' }),
    expected: part(10, 19_999),
  },
  {
    title: 'an open range',
    headers: () => ({ Range: `bytes=${LAST}-` }),
    expected: part(LAST, LAST),
  },
  {
    title: 'a suffix range',
    headers: () => ({ Range: 'bytes=-5' }),
    expected: part(SIZE - 5, LAST),
  },
  {
    title: 'a range that ends behind the file',
    headers: () => ({ Range: `bytes=7-${SIZE * 2}` }),
    expected: part(7, LAST),
  },
  {
    title: 'several ranges',
    isForHooks: true,
    headers: () => ({ Range: 'bytes=0-9,20000-20999' }),
    expected: {
      status: 206,
      headers: { 'content-range': null },
      parts: [
        [0, 9],
        [20_000, 20_999],
      ],
      outcome: { kind: 'sent', status: 206, size: SIZE, bytes: 1010 },
    },
    withoutMultipart: WHOLE,
  },
  {
    title: 'a range if it is of the same file, by ETag',
    isNeverOffloadedToH2o: true,
    headers: ({ etag }) => ({ Range: 'bytes=5-', 'If-Range': etag }),
    expected: part(5, LAST),
    withoutValidators: WHOLE,
  },
  {
    title: 'a range if it is of the same file, by date',
    isNeverOffloadedToH2o: true,
    headers: ({ date }) => ({ Range: 'bytes=5-', 'If-Range': date }),
    expected: part(5, LAST),
    withoutValidators: WHOLE,
  },
  {
    title: 'all of it if the range is of another file',
    isNeverOffloadedToH2o: true,
    headers: () => ({ Range: 'bytes=5-', 'If-Range': '"other"' }),
    expected: WHOLE,
  },
  {
    title: '416 for a range behind the end',
    isForHooks: true,
    headers: () => ({ Range: `bytes=${SIZE}-` }),
    expected: {
      ...refused(416, 'ERR_XSENDFILE_RANGE_NOT_SATISFIABLE'),
      headers: { 'content-range': `bytes */${SIZE}`, 'cache-control': 'no-store' },
    },
    isNeverOffloaded: true,
  },
  {
    title: 'an empty file',
    isForHooks: true,
    name: NAMES.empty,
    expected: {
      status: 200,
      body: '',
      headers: { 'content-length': '0' },
      outcome: { kind: 'sent', status: 200, size: 0, bytes: 0 },
    },
  },
  {
    title: 'an empty file, whatever the range',
    name: NAMES.empty,
    headers: () => ({ Range: 'bytes=1-' }),
    expected: {
      status: 200,
      body: '',
      headers: { 'content-length': '0' },
      outcome: { kind: 'sent', status: 200, size: 0, bytes: 0 },
    },
    isNeverOffloaded: true,
  },
  { title: 'a file with a difficult name', name: DIFFICULT_NAME, expected: WHOLE },
  {
    title: '404 for a missing file',
    isForHooks: true,
    name: 'missing.txt',
    expected: refused(404, 'ERR_XSENDFILE_NOT_FOUND'),
    isNeverOffloaded: true,
    isOfFound: true,
  },
];

/** The response of a source, with what its differences change. */
export function expectationFor(promised: Promised, source: SourceCase): ExpectedResponse {
  const { expected, withoutValidators, withoutMultipart } = promised;
  if (source.validators === 'none' && withoutValidators !== undefined) return withoutValidators;
  if (source.severalRanges === 'whole' && withoutMultipart !== undefined) return withoutMultipart;
  return expected;
}

/** The promises that this source makes. */
export const promisesOf = (source: SourceCase): readonly Promised[] =>
  PROMISES.filter(({ isOfFound }) => source.isFound || isOfFound !== true);
