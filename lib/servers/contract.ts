import type { IncomingMessage } from 'node:http';
import type { HeaderChanges } from '../shared/header-changes.js';
import { appendToList } from '../shared/header-list.js';
import type { FileTarget, Headers, Sender } from '../types.js';
import { nameForRestoring } from './names.js';

/** The request and the headers of the response, for naming a file to a front end. */
export interface NamingContext {
  readonly req: IncomingMessage;
  /** Returns the value of a response header, from any source. */
  readonly headerOf: (name: string) => string | undefined;
  /** See {@link SenderContext.restoresHeaders}. */
  readonly restoresHeaders: boolean;
}

/** How one front end expects files to be named. */
interface FrontEnd {
  readonly name: string;
  /** The header that names the file. */
  readonly header: string;
  /** See {@link HeaderSender.location}. */
  readonly location?: string;
  /** Returns the header's value; undefined for a file that the header cannot represent. */
  readonly value: (file: FileTarget) => string | undefined;
  /** Returns a prefix of the value that depends on the request; omit it if there is none. */
  readonly prefix?: (req: IncomingMessage) => string;
  /** Whether the sender has an option that makes the mount path such a prefix. @default false */
  readonly canPrependMount?: boolean;
  /** Whether this response needs something that the front end does not support. */
  readonly declines?: (file: FileTarget, context: NamingContext) => boolean;
  readonly passesContentEncoding: boolean;
  /**
   * Whether ETag and Last-Modified come from the application. If it then sends no ETag, responses are
   * `no-store`: Apache would give every file the same one.
   */
  readonly needsValidators: boolean;
  /** Whether the front end adds `Accept-Ranges` itself; only Apache does not. */
  readonly announcesRanges: boolean;
  /** Headers that do not reach the client. */
  readonly dropped?: readonly string[];
  /** Headers that its configuration can restore; see {@link SenderContext.restoresHeaders}. */
  readonly restored?: readonly string[];
  /** Headers with which the application may control how the front end sends. */
  readonly controls?: readonly string[];
  /** Further headers that name the file. */
  readonly more?: Headers;
  /** See {@link Sender.forRemote}. */
  readonly forRemote?: NonNullable<Sender['forRemote']>;
  /** Headers that limit the rate; see {@link Sender.limitRate}. */
  readonly limitRate?: NonNullable<Sender['limitRate']>;
  /** Header from which its log takes the id of a download; see {@link Sender.downloadIdHeader}. */
  readonly downloadIdHeader?: string;
}

/** A sender that names the file in a header, for the front end to send. */
export interface HeaderSender extends Sender {
  /** What all names begin with; undefined if they are absolute paths, or begin with the mount path. */
  readonly location: string | undefined;
  /** Whether names begin with the mount path of the handler. */
  readonly prependsMount: boolean;
  /** Whether they could, by an option of the sender. */
  readonly canPrependMount: boolean;
  /**
   * Returns the headers that name a file, with `undefined` for those to remove; undefined for a file
   * that this process must send.
   */
  readonly nameFile: (file: FileTarget, context: NamingContext) => HeaderChanges | undefined;
  /**
   * Returns a key for what naming depends on besides the file and its headers: requests with the same
   * key get the same headers. Undefined if it depends on more.
   */
  readonly variantOf: (req: IncomingMessage) => string | undefined;
}

/** Whether a sender was created by {@link createHeaderSender}. */
export function isHeaderSender(sender: Sender): sender is HeaderSender {
  return 'nameFile' in sender && 'variantOf' in sender;
}

/**
 * Creates a {@link HeaderSender}.
 *
 * The response is always 200 with an empty body, for GET and HEAD, regardless of conditions and
 * ranges: the front end evaluates these, and supplies length and bytes. The file's size as
 * Content-Length would make Apache wait for a body that never comes.
 */
export function createHeaderSender(frontEnd: FrontEnd): Sender {
  const { name, header, passesContentEncoding } = frontEnd;
  const { dropped = [], controls = [], restored = [] } = frontEnd;

  const nameFile: HeaderSender['nameFile'] = (file, context) => {
    const value = frontEnd.value(file);
    if (value === undefined || frontEnd.declines?.(file, context)) return undefined;
    return {
      ...(frontEnd.announcesRanges ? { 'Accept-Ranges': undefined } : {}),
      ...(frontEnd.needsValidators && file.etag === undefined
        ? { 'Cache-Control': appendToList(context.headerOf('Cache-Control'), 'no-store') }
        : {}),
      ...(context.restoresHeaders ? renameForRestoring(restored, context) : {}),
      [header]: (frontEnd.prefix?.(context.req) ?? '') + value,
      ...frontEnd.more,
      'Content-Length': 0,
    };
  };

  return Object.freeze({
    name,
    passesContentEncoding,
    dropped,
    controls,
    ...(frontEnd.limitRate === undefined ? {} : { limitRate: frontEnd.limitRate }),
    ...(frontEnd.downloadIdHeader === undefined
      ? {}
      : { downloadIdHeader: frontEnd.downloadIdHeader }),
    ...(frontEnd.forRemote === undefined ? {} : { forRemote: frontEnd.forRemote }),
    location: frontEnd.location,
    prependsMount: frontEnd.prefix !== undefined,
    canPrependMount: frontEnd.canPrependMount ?? false,
    nameFile,
    variantOf: (req) => (frontEnd.declines ? undefined : (frontEnd.prefix?.(req) ?? '')),
    send(file, { req, res, decline, restoresHeaders = false }) {
      const headerOf = (each: string): string | undefined => {
        const value = res.getHeader(each);
        return value === undefined ? undefined : String(value);
      };
      const changes = nameFile(file, { req, headerOf, restoresHeaders });
      if (changes === undefined) return decline();
      for (const [each, value] of Object.entries(changes)) {
        if (value === undefined) res.removeHeader(each);
        else res.setHeader(each, value);
      }
      res.writeHead(200);
      // No body: with a string, Node would write the head as UTF-8 and corrupt the path.
      res.end();
    },
  } satisfies HeaderSender);
}

function renameForRestoring(names: readonly string[], { headerOf }: NamingContext): HeaderChanges {
  const changes: Record<string, string | undefined> = {};
  for (const name of names) {
    const value = headerOf(name);
    if (value === undefined) continue;
    changes[name] = undefined;
    changes[nameForRestoring(name)] = value;
  }
  return changes;
}
