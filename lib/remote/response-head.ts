import type { IncomingMessage } from 'node:http';
import { parseHttpDate } from '../http/http-date.js';
import { RefusedError } from '../shared/errors.js';
import { splitList } from '../shared/headers.js';
import type { StoreRequest, StoreResponse } from '../sources/store/remote-store.js';

type Head = Omit<StoreResponse, 'body' | 'close'>;

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const TAG_CHARACTERS = /^[\x21\x23-\x7e\x80-\xff]+$/;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const CONTENT_RANGE = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i;
/** Statuses that are a response to one of these headers only. */
const ONLY_TO: Readonly<Record<number, readonly string[]>> = {
  206: ['range'],
  304: ['if-none-match', 'if-modified-since'],
  412: ['if-match', 'if-unmodified-since'],
  416: ['range'],
};
/** Seconds; the longest Retry-After that is passed on. */
const LONGEST_RETRY_AFTER = 3600;

/**
 * Checks the head of a store's response to a request.
 *
 * @throws {@link RefusedError} 404 if the store has no such object or denies it, 503 if it is overloaded, and 502 for
 * everything that does not match this request.
 */
export function parseHead(
  { statusCode: status = 0, headers }: IncomingMessage,
  { headers: sent }: Pick<StoreRequest, 'headers'>,
): Head {
  const length = parseLength(headers['content-length']);
  const isChunked = headers['transfer-encoding']?.toLowerCase() === 'chunked';
  const head = {
    etag: parseTag(headers.etag),
    lastModified: parseHttpDate(headers['last-modified'] ?? ''),
    encoding: parseEncoding(headers['content-encoding']),
    acceptsRanges: headers['accept-ranges']?.toLowerCase() === 'bytes',
    range: undefined,
  };
  /** Without either, a truncated object looks complete. */
  function checkFraming(): void {
    if (length === undefined && !isChunked) throw badResponse('the end of the body is not marked');
  }
  if (ONLY_TO[status]?.some((name) => name in sent) === false) throw unexpected(status);
  switch (status) {
    case 200:
      checkFraming();
      return { ...head, status, size: length };
    case 206: {
      checkFraming();
      const { range, size } = parseContentRange(headers['content-range']);
      const isComplete = length === undefined || length === range.end + 1 - range.start;
      if (!isComplete) throw badResponse('Content-Length and Content-Range contradict each other');
      return { ...head, status, range, size, acceptsRanges: true };
    }
    case 304:
    case 412:
      return { ...head, status, size: undefined };
    case 416: {
      const [, , , size] = CONTENT_RANGE.exec(headers['content-range'] ?? '') ?? [];
      return { ...head, status, size: parseSize(size) };
    }
    case 404:
    case 410:
      throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
    case 401:
    case 403:
      throw new RefusedError('ERR_XSENDFILE_REMOTE_DENIED');
  }
  if (status === 429 || (status >= 500 && status <= 599)) {
    throw new RefusedError('ERR_XSENDFILE_REMOTE_UNAVAILABLE', {
      cause: new Error(`the store responded with ${status}`),
      headers: retryAfter(headers['retry-after']),
    });
  }
  throw unexpected(status);
}

function unexpected(status: number): RefusedError {
  return badResponse(`the store responded with ${status}`);
}

/** Node has already refused a Content-Length that is not a number. */
function parseLength(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const length = parseSize(value);
  if (length === undefined) throw badResponse('Content-Length is not a size');
  return length;
}

function parseSize(digits: string | undefined): number | undefined {
  if (digits === undefined || !/^\d+$/.test(digits)) return undefined;
  const size = Number(digits);
  return Number.isSafeInteger(size) ? size : undefined;
}

function parseContentRange(value: string | undefined): {
  range: { start: number; end: number };
  size: number | undefined;
} {
  const [, first, last, total = '*'] = CONTENT_RANGE.exec(value ?? '') ?? [];
  const [start, end, size] = [first, last, total].map(parseSize);
  const isKnown = start !== undefined && end !== undefined && start <= end;
  if (!isKnown || (total !== '*' && (size === undefined || end >= size))) {
    throw badResponse('Content-Range is not a range');
  }
  return { range: { start, end }, size };
}

/** Some stores omit the quotes. */
function parseTag(value: string | undefined): string | undefined {
  if (value === undefined || ENTITY_TAG.test(value)) return value;
  return TAG_CHARACTERS.test(value) ? `"${value}"` : undefined;
}

/** Uploads to S3 may have left `aws-chunked`, which is not a coding of the bytes. */
function parseEncoding(value: string | undefined): string | undefined {
  const codings = splitList(value ?? '').filter(
    (coding) => TOKEN.test(coding) && !['aws-chunked', 'identity'].includes(coding.toLowerCase()),
  );
  return codings.length === 0 ? undefined : codings.join(', ');
}

function retryAfter(value: string | undefined): Readonly<Record<string, string>> {
  const seconds = parseSize(value);
  if (seconds === undefined || seconds > LONGEST_RETRY_AFTER) return {};
  return { 'Retry-After': String(seconds) };
}

function badResponse(what: string): RefusedError {
  return new RefusedError('ERR_XSENDFILE_REMOTE_BAD_RESPONSE', { cause: new Error(what) });
}
