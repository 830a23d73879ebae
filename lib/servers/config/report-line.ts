/**
 * The line with which a front end reports a download: the generated configurations write it, and
 * `deliveryReports()` reads it.
 */

const MARK = 'xsendfile-delivery';

/** The fields after the mark, in this order, with the patterns of their values. */
const FIELDS = {
  /** Id of the download; "-" is a response that is not a download. */
  id: /[\w-]{22}|-/,
  /** Status of the response. */
  status: /\d{3}/,
  /** Bytes of the body. */
  bytes: /\d{1,15}|-/,
  /** Content-Length of the response, for a server to which a response that it could not get in full is complete. */
  length: /\d{1,15}|-/,
  /** Bytes of head and body that were sent, for a server whose `bytes` are those that it meant to send. */
  sent: /\d{1,15}/,
  /** End of the response: see {@link COMPLETE}. */
  end: /OK|[-+X]?/,
  /** Content-Range of the response. */
  range: /[ -~]{0,100}/,
};

type Field = keyof typeof FIELDS;
const OPTIONAL = ['length', 'sent'] as const;
type OptionalField = (typeof OPTIONAL)[number];

/** Names of the fields in the log format of each front end. */
export type ReportFields = { readonly [name in Exclude<Field, OptionalField>]: string } & {
  readonly [name in OptionalField]?: string;
};

/** Formats the line of a front end. */
export function formatReportLine(fields: ReportFields): string {
  const written = (Object.keys(FIELDS) as Field[]).filter((name) => fields[name] !== undefined);
  return [MARK, ...written.map((name) => `${name}=${fields[name]}`)].join(' ');
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

const PATTERNS = Object.entries(FIELDS).map(([name, { source }]) => {
  const quantifier = OPTIONAL.some((each) => each === name) ? '?' : '';
  return `(?: ${name}=(?<${name}>${source}))${quantifier}`;
});
/** Syslog puts a prefix before the line. */
const LINE = new RegExp(`^(?:[ -~]*[ :])?${MARK}${PATTERNS.join('')}$`);
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
  const { groups } = LINE.exec(datagram.toString('latin1').trimEnd()) ?? {};
  if (groups === undefined) return undefined;
  const { id: downloadId = '', length = '-', sent, end = '', range = '' } = groups;
  if (downloadId === '-') return 'other';
  const isComplete = COMPLETE.includes(end);
  const bytes = groups.bytes === '-' ? 0 : Number(groups.bytes);
  const [, first, last] = CONTENT_RANGE.exec(range) ?? [];
  return {
    downloadId,
    status: Number(groups.status),
    // The bytes of an aborted response include the head, which cannot be separated from the body.
    bytes: isComplete || sent === undefined ? bytes : Math.min(bytes, Number(sent)),
    length: length === '-' ? undefined : Number(length),
    isComplete,
    range: first === undefined ? undefined : { start: Number(first), end: Number(last) },
  };
}
