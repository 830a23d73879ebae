import type { IncomingMessage, OutgoingHttpHeader } from 'node:http';
import type { HeaderChanges } from '../shared/header-changes.js';
import { appendToList } from '../shared/header-list.js';
import type { FileTarget, Headers, Sender, SenderContext } from '../types.js';

/** What one front end wants to be told, and how. */
interface FrontEnd {
  readonly name: string;
  /** The header by which it is told what to send. */
  readonly header: string;
  /** The header's value; undefined for a file that the front end cannot be told of. */
  readonly value: (file: FileTarget) => string | undefined;
  /** What goes before the value for this request; nothing if the value is the same for all. */
  readonly prefix?: (context: Pick<SenderContext, 'req'>) => string;
  /** Whether this request's answer needs what the front end does not do. */
  readonly declines?: (file: FileTarget, context: SenderContext) => boolean;
  readonly passesContentEncoding: boolean;
  /**
   * Whether ETag and Last-Modified are the application's business; if it sends no ETag, nothing may
   * be stored: Apache would give every file the same one.
   */
  readonly needsValidators: boolean;
  /** Whether it announces ranges by itself; Apache alone does not. */
  readonly announcesRanges: boolean;
  /** Headers that do not reach the client. */
  readonly dropped?: readonly string[];
  /** Headers by which the application may say how to send. */
  readonly controls?: readonly string[];
}

/**
 * A sender that names the file in a header and leaves the rest to the server in front.
 *
 * The answer is always 200 with an empty body, to GET and HEAD alike, whatever was asked in
 * conditions and ranges: the front end evaluates these and supplies length and bytes. The size of
 * the file as Content-Length would make Apache wait for a body that never comes.
 */
export function createHeaderSender(frontEnd: FrontEnd): Sender {
  const { name, passesContentEncoding, dropped = [], controls = [] } = frontEnd;
  const sender: Sender = Object.freeze({
    name,
    passesContentEncoding,
    dropped,
    controls,
    send(file, context) {
      const { res, decline } = context;
      const value = frontEnd.value(file);
      if (value === undefined || frontEnd.declines?.(file, context)) return decline();
      const prefix = frontEnd.prefix?.(context) ?? '';
      const headers = headersFor(frontEnd, prefix + value, file, res.getHeader('Cache-Control'));
      for (const [header, each] of Object.entries(headers)) {
        if (each === undefined) res.removeHeader(header);
        else res.setHeader(header, each);
      }
      res.writeHead(200);
      // Nothing but an empty end: with a text, Node would write the head as UTF-8 and change the path.
      res.end();
    },
  } satisfies Sender);
  frontEnds.set(sender, frontEnd);
  return sender;
}

const frontEnds = new WeakMap<Sender, FrontEnd>();

/**
 * The headers by which a built-in sender leaves a file to its front end, without what {@link prefixFor}
 * adds; undefined if they are not the same for each request, `'declined'` if the front end cannot be
 * told of the file.
 *
 * @param headers - of the file.
 */
export function frontEndHeaders(
  sender: Sender,
  file: FileTarget,
  headers: Headers,
): HeaderChanges | 'declined' | undefined {
  const frontEnd = frontEnds.get(sender);
  if (frontEnd === undefined || frontEnd.declines) return undefined;
  const value = frontEnd.value(file);
  if (value === undefined) return 'declined';
  return headersFor(frontEnd, value, file, headers['Cache-Control']);
}

/** What goes before the value of a built-in sender's header for one request. */
export function prefixFor(sender: Sender, req: IncomingMessage): string {
  return frontEnds.get(sender)?.prefix?.({ req }) ?? '';
}

/** Where the value is in a flat list of headers; -1 if it is not. */
export function indexOfValue(sender: Sender, list: readonly string[]): number {
  const header = frontEnds.get(sender)?.header;
  return header === undefined ? -1 : list.indexOf(header) + 1;
}

function headersFor(
  { header, announcesRanges, needsValidators }: FrontEnd,
  value: string,
  { etag }: FileTarget,
  cacheControl: OutgoingHttpHeader | undefined,
): HeaderChanges {
  const text = cacheControl === undefined ? undefined : String(cacheControl);
  return {
    ...(announcesRanges ? { 'Accept-Ranges': undefined } : {}),
    ...(needsValidators && etag === undefined
      ? { 'Cache-Control': appendToList(text, 'no-store') }
      : {}),
    [header]: value,
    'Content-Length': 0,
  };
}
