import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate } from './http-date.js';

/** Validators of the file, as in the response. */
export interface Validators {
  readonly etag: string | undefined;
  /** Value of the Last-Modified header. */
  readonly lastModified: string | undefined;
  /** Whether Last-Modified is a strong validator (RFC 9110 §8.8.2.2): no later change shares its second. */
  readonly isDateStrong: boolean;
  /** Whether no later version can have the same Last-Modified. */
  readonly isDateFinal: boolean;
}

/** Result of evaluating the conditions of a request. */
export type PreconditionResult = 'proceed' | 'not-modified' | 'failed';

/** Evaluates a GET or HEAD request's conditions in the order of RFC 9110 §13.2.2. */
export function evaluatePreconditions(
  headers: IncomingHttpHeaders,
  { etag, lastModified, isDateFinal }: Validators,
): PreconditionResult {
  const ifMatch = headers['if-match'];
  const ifUnmodifiedSince = headers['if-unmodified-since'];
  if (ifMatch !== undefined) {
    if (!isListed(ifMatch, etag, isStrongMatch)) return 'failed';
  } else if (ifUnmodifiedSince !== undefined) {
    const order = compareDates(lastModified, ifUnmodifiedSince);
    // Last-Modified is then the second before, so an equal date proves nothing.
    if (order > 0 || (order === 0 && !isDateFinal)) return 'failed';
  }

  const ifNoneMatch = headers['if-none-match'];
  const ifModifiedSince = headers['if-modified-since'];
  if (ifNoneMatch !== undefined) {
    if (isListed(ifNoneMatch, etag, isWeakMatch)) return 'not-modified';
  } else if (ifModifiedSince !== undefined) {
    if (isDateFinal && compareDates(lastModified, ifModifiedSince) <= 0) return 'not-modified';
  }
  return 'proceed';
}

/** Returns the first date minus the second, in milliseconds; NaN, so that comparisons fail, if one is invalid. */
function compareDates(first: string | undefined, second: string): number {
  if (first === undefined) return Number.NaN;
  return (parseHttpDate(first) ?? Number.NaN) - (parseHttpDate(second) ?? Number.NaN);
}

/**
 * Whether a Range header may be honoured: there is no If-Range, or it matches the current validator
 * (RFC 9110 §13.1.5). Otherwise the client must get the whole file.
 */
export function isRangeFresh(headers: IncomingHttpHeaders, validators: Validators): boolean {
  const ifRange = headers['if-range'];
  if (ifRange === undefined) return true;
  if (typeof ifRange !== 'string') return false;
  if (/^(?:W\/)?"/.test(ifRange)) return isStrongMatch(ifRange, validators.etag);
  const date = parseHttpDate(ifRange);
  return (
    date !== undefined &&
    validators.isDateStrong &&
    validators.lastModified !== undefined &&
    date === parseHttpDate(validators.lastModified)
  );
}

/**
 * Whether a request names the current version by its strong ETag, as clients do that resume a download: in If-Range,
 * or in If-Match. One tag only, because a list could be of guesses.
 */
export function namesVersion(headers: IncomingHttpHeaders, { etag }: Validators): boolean {
  return [headers['if-range'], headers['if-match']].some(
    (tag) => typeof tag === 'string' && isStrongMatch(tag.trim(), etag),
  );
}

type Comparison = (listed: string, current: string | undefined) => boolean;

const isStrongMatch: Comparison = (listed, current) =>
  listed === current && !listed.startsWith('W/');

const isWeakMatch: Comparison = (listed, current) =>
  current !== undefined && listed.replace(/^W\//, '') === current.replace(/^W\//, '');

/** `*` matches any current representation, and there is one. */
function isListed(value: string, current: string | undefined, matches: Comparison): boolean {
  if (value.trim() === '*') return true;
  // Sticky, so that each character is read once; tags may contain commas.
  const nextTag = /[\t ,]*((?:W\/)?"[^"]*")[\t ]*(?:,|$)/y;
  for (let tag = nextTag.exec(value); tag !== null; tag = nextTag.exec(value)) {
    const [, listed = ''] = tag;
    if (matches(listed, current)) return true;
  }
  return false;
}
