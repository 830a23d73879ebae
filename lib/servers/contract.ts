import { types } from 'node:util';
import { XSendfileError } from '../shared/errors.js';
import { appendToList, type HeaderChanges } from '../shared/headers.js';
import { showType } from '../shared/option-checks.js';
import { encodePercent } from '../shared/path-encoding.js';
import type { RequestView } from '../shared/views.js';
import type {
  FileTarget,
  Headers,
  NamingContext,
  NamingSender,
  Sender,
  SenderFunction,
} from '../types.js';
import { type CONTROL_HEADERS, nameForRestoring } from './headers.js';

/** Constant properties of a front end, for its sender, its configuration and the doctor. */
export interface Traits
  extends Pick<Sender, 'name' | 'controls' | 'dropped' | 'limitRate' | 'downloadIdHeader'> {
  /** The header with the path of the file. */
  readonly header: (typeof CONTROL_HEADERS)[number];
  /** Default location of its files; omit it if the header contains paths of files. */
  readonly defaultLocation?: string;
  /** The same for remote objects; omit it if it cannot fetch them. With a slash at its end. */
  readonly remoteLocation?: string;
  /** Whether the sender has an option that puts the mount path before names. @default false */
  readonly canPrependMount?: boolean;
  readonly passesContentEncoding: boolean;
  /**
   * Whether ETag and Last-Modified come from the application. If it then sends no ETag, responses are
   * `no-store`: Apache would give every file the same one.
   */
  readonly needsValidators: boolean;
  /** Whether the front end adds `Accept-Ranges` itself; only Apache does not. */
  readonly announcesRanges: boolean;
  /** Headers that its configuration can restore; see {@link SenderContext.restoresHeaders}. */
  readonly restored?: readonly string[];
}

/** Options for the names of files in the header of a sender. */
interface Naming extends Pick<Sender, 'forRemote'> {
  /** What names begin with. @default '' */
  readonly location?: string;
  /** Returns what follows; undefined for a file that has no such path. @default the path below the root */
  readonly path?: (file: FileTarget) => string | undefined;
  /** Returns undefined for a path that the header cannot represent. @default {@link encodePercent} */
  readonly encode?: (path: string) => string | undefined;
  /** Returns a prefix of the location that depends on the request, if any. */
  readonly prefix?: (request: RequestView) => string;
  /** Whether this response needs something that the front end does not support. */
  readonly declines?: (file: FileTarget, context: NamingContext) => boolean;
  /** Further headers that name the file. */
  readonly more?: Headers;
}

/** A sender that names the file in a header, for the front end to send. */
export interface HeaderSender extends Sender {
  /** Common prefix of all names; undefined if they are absolute paths, or begin with the mount path. */
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
  readonly memoKey: (request: RequestView) => string | undefined;
}

/** Whether a sender was created by {@link createHeaderSender}. */
export function isHeaderSender(sender: Sender): sender is HeaderSender {
  return 'nameFile' in sender && 'memoKey' in sender;
}

/**
 * Creates a {@link HeaderSender}.
 *
 * The response is always 200 with an empty body, for GET and HEAD, regardless of conditions and
 * ranges: the front end evaluates these, and supplies length and bytes. The file's size as
 * Content-Length would make Apache wait for a body that never comes.
 */
export function createHeaderSender(traits: Traits, naming: Naming): Sender {
  const { header, restored = [] } = traits;
  const { location, prefix, declines, forRemote } = naming;
  const { path: pathOf = ({ relativePath }) => relativePath, encode = encodePercent } = naming;

  const nameFile: HeaderSender['nameFile'] = (file, context) => {
    const path = pathOf(file);
    const name = path === undefined ? undefined : encode(path);
    if (name === undefined || declines?.(file, context)) return undefined;
    return {
      ...(traits.announcesRanges ? { 'Accept-Ranges': undefined } : {}),
      ...(traits.needsValidators && file.etag === undefined
        ? { 'Cache-Control': appendToList(context.headerOf('Cache-Control'), 'no-store') }
        : {}),
      ...(context.restoresHeaders ? renameForRestoring(restored, context) : {}),
      [header]: `${prefix?.(context.request) ?? ''}${location ?? ''}${name}`,
      ...naming.more,
      'Content-Length': 0,
    };
  };

  return Object.freeze({
    canPrependMount: false,
    ...traits,
    ...(forRemote && { forRemote }),
    location: prefix === undefined ? location : undefined,
    prependsMount: prefix !== undefined,
    nameFile,
    memoKey: (request) => (declines ? undefined : (prefix?.(request) ?? '')),
    send: sendByHeaders(nameFile),
  } satisfies HeaderSender);
}

/** Returns the {@link Sender.send} of a sender that names files. */
function sendByHeaders(nameFile: HeaderSender['nameFile']): SenderFunction {
  return (file, { req, res, decline, restoresHeaders = false }) => {
    const headerOf = (name: string): string | undefined => {
      const value = res.getHeader(name);
      return value === undefined ? undefined : String(value);
    };
    const changes = nameFile(file, { request: req, headerOf, restoresHeaders });
    if (changes === undefined) return decline();
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) res.removeHeader(name);
      else res.setHeader(name, value);
    }
    res.writeHead(200);
    // No body: with a string, Node would write the head as UTF-8 and corrupt the path.
    res.end();
  };
}

/** Makes a {@link HeaderSender} of a sender of the application that names files. */
export function toHeaderSender(sender: NamingSender): HeaderSender {
  const nameFile: HeaderSender['nameFile'] = (file, context) => {
    const headers: unknown = sender.nameFile(file, context);
    if (headers === undefined) return undefined;
    if (!isHeaders(headers)) {
      // Its rejection, which nobody handles, would end the process.
      if (types.isPromise(headers)) headers.catch(() => {});
      throw new XSendfileError(
        'ERR_XSENDFILE_BAD_OPTION',
        `xsendfile: nameFile() of sender '${sender.name}' must return a plain object of headers or undefined, synchronously, got ${showType(headers)}.`,
      );
    }
    return { ...headers, 'Content-Length': 0 };
  };
  return Object.freeze({
    ...sender,
    nameFile,
    send: sendByHeaders(nameFile),
    // What the headers depend on is not known.
    memoKey: () => undefined,
    location: undefined,
    prependsMount: false,
    canPrependMount: false,
  } satisfies HeaderSender);
}

/** The properties of a promise, a list or an instance of `Headers` are no headers: clients would get an empty file. */
function isHeaders(value: unknown): value is HeaderChanges {
  if (typeof value !== 'object' || value === null) return false;
  return !(Symbol.iterator in value) && !types.isPromise(value);
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
