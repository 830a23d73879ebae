import type { IncomingMessage } from 'node:http';
import type { HeaderChanges } from '../shared/header-changes.js';
import { appendToList } from '../shared/header-list.js';
import type { FileTarget, Sender } from '../types.js';

/** What is known of a response when a front end is told of a file. */
export interface NamingContext {
  readonly req: IncomingMessage;
  /** Value of a header of the response, whoever has set it. */
  readonly headerOf: (name: string) => string | undefined;
}

/** What one front end wants to be told, and how. */
interface FrontEnd {
  readonly name: string;
  /** The header by which it is told what to send. */
  readonly header: string;
  /** The header's value; undefined for a file that the front end cannot be told of. */
  readonly value: (file: FileTarget) => string | undefined;
  /** What goes before the value for this request; nothing if the value is the same for all. */
  readonly prefix?: (req: IncomingMessage) => string;
  /** Whether this request's answer needs what the front end does not do. */
  readonly declines?: (file: FileTarget, context: NamingContext) => boolean;
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

/** A sender that names the file in a header and leaves the rest to the server in front. */
export interface HeaderSender extends Sender {
  /**
   * The headers that name a file, `undefined` for those to be removed; no object at all for a file
   * that this process has to send.
   */
  readonly nameFile: (file: FileTarget, context: NamingContext) => HeaderChanges | undefined;
  /**
   * What naming depends on besides the file and its headers: requests with the same string get the
   * same. Undefined if it depends on more.
   */
  readonly variantOf: (req: IncomingMessage) => string | undefined;
}

/** Whether a sender is one of {@link createHeaderSender}. */
export function isHeaderSender(sender: Sender): sender is HeaderSender {
  return 'nameFile' in sender && 'variantOf' in sender;
}

/**
 * Creates a {@link HeaderSender}.
 *
 * The answer is always 200 with an empty body, to GET and HEAD alike, whatever was asked in
 * conditions and ranges: the front end evaluates these and supplies length and bytes. The size of
 * the file as Content-Length would make Apache wait for a body that never comes.
 */
export function createHeaderSender(frontEnd: FrontEnd): Sender {
  const { name, header, passesContentEncoding, dropped = [], controls = [] } = frontEnd;

  const nameFile: HeaderSender['nameFile'] = (file, context) => {
    const value = frontEnd.value(file);
    if (value === undefined || frontEnd.declines?.(file, context)) return undefined;
    return {
      ...(frontEnd.announcesRanges ? { 'Accept-Ranges': undefined } : {}),
      ...(frontEnd.needsValidators && file.etag === undefined
        ? { 'Cache-Control': appendToList(context.headerOf('Cache-Control'), 'no-store') }
        : {}),
      [header]: (frontEnd.prefix?.(context.req) ?? '') + value,
      'Content-Length': 0,
    };
  };

  return Object.freeze({
    name,
    passesContentEncoding,
    dropped,
    controls,
    nameFile,
    variantOf: (req) => (frontEnd.declines ? undefined : (frontEnd.prefix?.(req) ?? '')),
    send(file, { req, res, decline }) {
      const headerOf = (each: string): string | undefined => {
        const value = res.getHeader(each);
        return value === undefined ? undefined : String(value);
      };
      const changes = nameFile(file, { req, headerOf });
      if (changes === undefined) return decline();
      for (const [each, value] of Object.entries(changes)) {
        if (value === undefined) res.removeHeader(each);
        else res.setHeader(each, value);
      }
      res.writeHead(200);
      // Nothing but an empty end: with a string, Node would write the head as UTF-8 and change the path.
      res.end();
    },
  } satisfies HeaderSender);
}
