import type { IncomingHttpHeaders } from 'node:http';
import { isRangeFresh, type Validators } from './conditions.js';

/** The conditions of a request for a remote object, by who can evaluate them. */
export interface SplitConditions {
  /** Conditions on validators that the application has stated. */
  readonly local: IncomingHttpHeaders;
  /** Headers for the store: all other conditions, and the range. */
  readonly forwarded: Readonly<Record<string, string>>;
}

/** A range that the response can have without multipart, RFC 9110 §14.1.2. */
const SINGLE_RANGE = /^bytes=(?:\d+-\d*|-\d+)$/i;

/**
 * Splits the conditions and the range of a GET request. Conditions on a stated validator never reach the store,
 * which would compare them with its own.
 *
 * @param validators - the application's; undefined for the store's.
 */
export function splitConditions(
  headers: IncomingHttpHeaders,
  validators: Validators,
  acceptRanges: boolean,
): SplitConditions {
  const isOurs = {
    tag: validators.etag !== undefined,
    date: validators.lastModified !== undefined,
  };
  const local: Record<string, string> = {};
  const forwarded: Record<string, string> = {};
  // RFC 9110 §13.2.2: a tag takes precedence over a date, and the first pair over the second.
  for (const [tagName, dateName] of PAIRS) {
    const name = headers[tagName] === undefined ? dateName : tagName;
    const value = headers[name];
    if (value === undefined) continue;
    if (!(name === tagName ? isOurs.tag : isOurs.date)) forwarded[name] = value;
    // Otherwise the store has to evaluate an earlier condition first; this one is evaluated afterwards.
    else if (Object.keys(forwarded).length === 0) local[name] = value;
  }

  const { range, 'if-range': ifRange } = headers;
  if (!acceptRanges || range === undefined || !SINGLE_RANGE.test(range))
    return { local, forwarded };
  if (typeof ifRange !== 'string') return { local, forwarded: { ...forwarded, range } };
  if (/^(?:W\/)?"/.test(ifRange) ? isOurs.tag : isOurs.date) {
    return {
      local,
      forwarded: isRangeFresh(headers, validators) ? { ...forwarded, range } : forwarded,
    };
  }
  return { local, forwarded: { ...forwarded, range, 'if-range': ifRange } };
}

const PAIRS = [
  ['if-match', 'if-unmodified-since'],
  ['if-none-match', 'if-modified-since'],
] as const;
