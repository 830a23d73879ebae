/**
 * The line with which a front end reports a download: the generated configurations write it, and
 * `deliveryReports()` reads it.
 */

/** Names of the fields of a line in the log format of each front end. */
export interface ReportFields {
  /** Id of the download. */
  readonly id: string;
  /** Status of the response. */
  readonly status: string;
  /** Bytes of the body. */
  readonly bytes: string;
  /** Content-Length of the response, for a server to which a response that it could not get in full is complete. */
  readonly length?: string;
  /** Bytes of head and body that were sent, for a server whose `bytes` are those that it meant to send. */
  readonly sent?: string;
  /** End of the response: see {@link COMPLETE}. */
  readonly end: string;
  /** Content-Range of the response. */
  readonly range: string;
}

/** Formats the line of a front end. */
export function formatReportLine(fields: ReportFields): string {
  const { id, status, bytes, length, sent, end, range } = fields;
  const contentLength = length === undefined ? '' : ` length=${length}`;
  const bytesSent = sent === undefined ? '' : ` sent=${sent}`;
  return `${MARK} id=${id} status=${status} bytes=${bytes}${contentLength}${bytesSent} end=${end} range=${range}`;
}

/** A report as a front end made it. */
export interface Report {
  readonly downloadId: string;
  readonly status: number;
  readonly bytes: number;
  /** Content-Length, if the front end logs it and there was one. */
  readonly length?: number | undefined;
  readonly isComplete: boolean;
  readonly range: { readonly start: number; readonly end: number } | undefined;
}

const MARK = 'xsendfile-delivery';

/** Syslog puts a prefix before the line. An id of "-" is a response that is not a download. */
const LINE = new RegExp(
  `^(?:[ -~]*[ :])?${MARK} id=([\\w-]{22}|-) status=(\\d{3}) bytes=(\\d{1,15}|-)(?: length=(\\d{1,15}|-))?(?: sent=(\\d{1,15}))? end=(OK|[-+X]?) range=([ -~]{0,100})$`,
);
/** RFC 9110 §14.4. */
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\//;
/** nginx: `OK`. lighttpd and Apache: whether the connection is closed (`-`) or kept (`+`). */
const COMPLETE: readonly string[] = ['OK', '+', '-'];
/** Longer than any line of a front end, with what syslog puts before it. */
const MAX_BYTES = 1024;

/**
 * Parses a datagram.
 *
 * @returns `'other'` for a response that is not a download, undefined for anything that no front end writes.
 */
export function parseReportLine(datagram: Buffer): Report | 'other' | undefined {
  if (datagram.length > MAX_BYTES) return undefined;
  const [, downloadId, status = '', written = '', length = '-', sent, end = '', contentRange = ''] =
    LINE.exec(datagram.toString('latin1').trimEnd()) ?? [];
  if (downloadId === undefined) return undefined;
  if (downloadId === '-') return 'other';
  const isComplete = COMPLETE.includes(end);
  const bytes = written === '-' ? 0 : Number(written);
  const [, first, last] = CONTENT_RANGE.exec(contentRange) ?? [];
  return {
    downloadId,
    status: Number(status),
    // The bytes of an aborted response include the head, which cannot be separated from the body.
    bytes: isComplete || sent === undefined ? bytes : Math.min(bytes, Number(sent)),
    length: length === '-' ? undefined : Number(length),
    isComplete,
    range: first === undefined ? undefined : { start: Number(first), end: Number(last) },
  };
}
