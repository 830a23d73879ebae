import {
  evaluatePreconditions,
  isRangeFresh,
  namesVersion,
  type Validators,
} from '../http/conditions.js';
import { type BodyPart, createMultipart } from '../http/multipart.js';
import { type ByteRange, parseRanges } from '../http/ranges.js';
import type { Representation } from '../representation/describe.js';
import { isRefusal, RefusedError } from '../shared/errors.js';
import { appendToList, type HeaderChanges } from '../shared/headers.js';
import type { RequestView } from '../shared/views.js';
import type { StoreDecision } from '../sources/source.js';

/** The planned response, complete before a byte is written. */
export interface Plan {
  readonly status: number;
  /** Parts of the body, in this order. */
  readonly body: readonly BodyPart[];
  /** The range, if there is exactly one. */
  readonly range?: ByteRange;
  /** Changes to the headers of the file. */
  readonly headers: HeaderChanges;
  readonly framing: HeaderChanges;
}

/** Everything that a plan depends on. */
export interface PlanSources
  extends Pick<Representation, 'type' | 'validators' | 'cacheControl' | 'isEncoded'> {
  readonly request: RequestView;
  readonly size: number;
  readonly acceptRanges: boolean;
}

/** More parts than document viewers request at once, but few enough to limit abuse. */
const MAX_PARTS = 50;

/** RFC 9110 §15.4.5: a 304 has no content; clients keep the stored values of headers that it omits. */
const NOT_IN_304: HeaderChanges = {
  'Accept-Ranges': undefined,
  'Content-Disposition': undefined,
  'Content-Encoding': undefined,
  'Content-Language': undefined,
  'Content-Type': undefined,
};

const NOT_MODIFIED: Plan = { status: 304, body: [], headers: NOT_IN_304, framing: {} };

/**
 * Plans the response with a file; returns the refusal, 412 or 416, if the conditions or ranges of the request fail.
 *
 * @param status - the status that the application has set; an error page is sent as a whole.
 * @param decision - what a store has decided about the request.
 */
export function planResponse(
  status: number,
  sources: PlanSources,
  decision: StoreDecision | undefined,
): Plan | RefusedError {
  const { request, size } = sources;
  if (status !== 200) return planWhole(request, size, status, false);
  try {
    if (decision !== undefined) return planFromStore(decision, sources);
    return planFile({ ...sources, acceptRanges: sources.acceptRanges && Number.isFinite(size) });
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

/** Whether a response only continues a download of the current version, which the client has the beginning of. */
export function continuesDownload(
  plan: Plan | RefusedError,
  { request, validators }: PlanSources,
): boolean {
  const range = 'range' in plan ? plan.range : undefined;
  return range !== undefined && range.start > 0 && namesVersion(request.headers, validators);
}

/**
 * Plans the response to a GET or HEAD request for a file; conditions come before ranges (RFC 9110
 * §13.2.2).
 *
 * @throws {@link RefusedError} 412 or 416.
 */
function planFile(sources: PlanSources): Plan {
  const { request, size, validators, acceptRanges } = sources;
  switch (evaluatePreconditions(request.headers, validators)) {
    case 'failed':
      throw new RefusedError('ERR_XSENDFILE_PRECONDITION_FAILED');
    case 'not-modified':
      return NOT_MODIFIED;
    case 'proceed':
      break;
  }
  const ranges = acceptRanges ? chooseRanges(request, size, validators) : undefined;
  return (ranges && planParts(ranges, sources)) ?? planWhole(request, size, 200, acceptRanges);
}

/**
 * Plans the response with a remote object. The store has chosen the range; conditions are evaluated again, because
 * some stores ignore them, and the application may have stated other validators.
 *
 * @throws {@link RefusedError} 412 or 416.
 */
function planFromStore(
  { status, range, acceptsRanges }: StoreDecision,
  sources: PlanSources,
): Plan {
  if (status === 412) throw new RefusedError('ERR_XSENDFILE_PRECONDITION_FAILED');
  if (status === 416) throw unsatisfiable(sources.size);
  if (status === 304) return NOT_MODIFIED;
  const { request, size, acceptRanges } = sources;
  const plan = planFile({ ...sources, acceptRanges: false });
  if (plan.status !== 200) return plan;
  const whole = planWhole(request, size, 200, acceptRanges && acceptsRanges);
  return range === undefined ? whole : (planParts([range], sources) ?? whole);
}

/** Plans a response with the whole file, regardless of conditions and ranges. */
function planWhole(
  request: RequestView,
  size: number,
  status: number,
  acceptRanges: boolean,
): Plan {
  return {
    status,
    body: request.method === 'HEAD' || size === 0 ? [] : [{ start: 0, end: size - 1 }],
    headers: acceptRanges ? { 'Accept-Ranges': 'bytes' } : {},
    // Without a length, the end of the connection is the end of the body.
    framing: Number.isFinite(size) ? { 'Content-Length': size } : {},
  };
}

/** RFC 9110 §14.2: Range is defined only for GET. */
function chooseRanges(
  request: RequestView,
  size: number,
  validators: Validators,
): readonly ByteRange[] | undefined {
  const header = request.headers.range;
  if (header === undefined || request.method !== 'GET') return undefined;
  if (!isRangeFresh(request.headers, validators)) return undefined;
  const ranges = parseRanges(header, size);
  if (ranges === 'ignored') return undefined;
  if (ranges === 'unsatisfiable') throw unsatisfiable(size);
  return ranges;
}

function unsatisfiable(size: number): RefusedError {
  const headers = Number.isFinite(size) ? { 'Content-Range': `bytes */${size}` } : {};
  return new RefusedError('ERR_XSENDFILE_RANGE_NOT_SATISFIABLE', { headers });
}

/** Plans one range as is, several as multipart; undefined if the whole file is the smaller response. */
function planParts(
  ranges: readonly ByteRange[],
  { size, type, cacheControl, isEncoded }: PlanSources,
): Plan | undefined {
  const headers: HeaderChanges = {
    'Accept-Ranges': 'bytes',
    // A range that a proxy or middleware compressed would be useless.
    'Cache-Control': appendToList(cacheControl, 'no-transform'),
  };
  const [range] = ranges;
  if (range !== undefined && ranges.length === 1) {
    return {
      status: 206,
      body: [range],
      range,
      headers,
      framing: {
        'Content-Length': range.end + 1 - range.start,
        'Content-Range': `bytes ${range.start}-${range.end}/${Number.isFinite(size) ? size : '*'}`,
      },
    };
  }
  // Clients would apply the decoding to the multipart delimiters, too.
  if (ranges.length > MAX_PARTS || isEncoded) return undefined;
  const { contentType, parts, length } = createMultipart(ranges, type, size);
  if (length > size) return undefined;
  return {
    status: 206,
    body: parts,
    headers,
    // RFC 9110 §15.3.7.2: each part has a Content-Range, so the response must not have one.
    framing: { 'Content-Length': length, 'Content-Type': contentType },
  };
}
