import type { IncomingMessage } from 'node:http';
import { RefusedError } from '../errors.js';
import { appendToList } from '../headers/header-value.js';
import type { HeaderChanges } from '../response-head.js';
import { evaluatePreconditions, isRangeCurrent, type Validators } from './preconditions.js';
import { type ByteRange, parseRanges } from './ranges.js';

/** What is to be answered, decided before a byte is written. */
export interface Plan {
  readonly status: number;
  /** The bytes to send; undefined for none. */
  readonly body: ByteRange | undefined;
  /** The part of the file, with status 206. */
  readonly range?: ByteRange;
  /** Changes to the headers of the file. */
  readonly headers: HeaderChanges;
  readonly framing: HeaderChanges;
}

/** What a plan depends on. */
export interface PlanSources {
  readonly req: IncomingMessage;
  readonly size: number;
  readonly validators: Validators;
  /** Value of the answer's Cache-Control. */
  readonly cacheControl: string | undefined;
  readonly acceptRanges: boolean;
}

/** RFC 9110 §15.4.5: a 304 describes no content; what it leaves out stays as it was stored. */
const NOT_IN_304: HeaderChanges = {
  'Accept-Ranges': undefined,
  'Content-Disposition': undefined,
  'Content-Encoding': undefined,
  'Content-Language': undefined,
  'Content-Type': undefined,
};

/**
 * Plans the answer to a GET or HEAD request for a file, conditions before ranges (RFC 9110 §13.2.2).
 *
 * @throws {@link RefusedError} 412 or 416.
 */
export function planAnswer(sources: PlanSources): Plan {
  const { req, size, validators, acceptRanges } = sources;
  switch (evaluatePreconditions(req.headers, validators)) {
    case 'failed':
      throw new RefusedError('ERR_XSENDFILE_PRECONDITION_FAILED');
    case 'not-modified':
      return { status: 304, body: undefined, headers: NOT_IN_304, framing: {} };
    case 'proceed':
      break;
  }
  const range = acceptRanges ? chooseRange(req, size, validators) : undefined;
  if (range === undefined) return planWhole(req, size, 200, acceptRanges);
  return {
    status: 206,
    body: range,
    range,
    headers: {
      'Accept-Ranges': 'bytes',
      // A proxy or middleware that compressed a part would make it useless.
      'Cache-Control': appendToList(sources.cacheControl, 'no-transform'),
    },
    framing: {
      'Content-Length': range.end + 1 - range.start,
      'Content-Range': `bytes ${range.start}-${range.end}/${size}`,
    },
  };
}

/** The whole file, whatever the request's conditions and ranges say. */
export function planWhole(
  req: IncomingMessage,
  size: number,
  status: number,
  acceptRanges: boolean,
): Plan {
  return {
    status,
    body: req.method === 'HEAD' || size === 0 ? undefined : { start: 0, end: size - 1 },
    headers: acceptRanges ? { 'Accept-Ranges': 'bytes' } : {},
    framing: { 'Content-Length': size },
  };
}

/** RFC 9110 §14.2: Range is defined for GET alone. */
function chooseRange(
  req: IncomingMessage,
  size: number,
  validators: Validators,
): ByteRange | undefined {
  const header = req.headers.range;
  if (header === undefined || req.method !== 'GET') return undefined;
  if (!isRangeCurrent(req.headers, validators)) return undefined;
  const ranges = parseRanges(header, size);
  if (ranges === 'ignored') return undefined;
  if (ranges === 'unsatisfiable') {
    throw new RefusedError('ERR_XSENDFILE_RANGE_NOT_SATISFIABLE', {
      headers: { 'Content-Range': `bytes */${size}` },
    });
  }
  return ranges.length === 1 ? ranges[0] : undefined;
}
