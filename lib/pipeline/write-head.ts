import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isControlHeader } from '../protocol/control-headers.js';
import { XSendfileError } from '../shared/errors.js';
import type { HeaderChanges } from '../shared/header-changes.js';
import { isHeadWrapped } from './connection.js';

/** Framing belongs to who sends the bytes. */
const FRAMING_HEADERS = ['Content-Length', 'Content-Range', 'Transfer-Encoding', 'Trailer'];
/** What would make a text that says "no" look like the file. */
const FILE_HEADERS = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Type',
  'ETag',
  'Expires',
  'Last-Modified',
];

/**
 * The headers of one response, set all at once when the answer is decided, and taken back if it
 * turns out otherwise.
 */
export class ResponseHead {
  readonly #res: ServerResponse;
  readonly #before: Readonly<OutgoingHttpHeaders>;
  readonly #own: HeaderChanges;
  #changesByHook: HeaderChanges | undefined;

  /** @param own - what counts as set by the application, and is to be set with the rest. */
  constructor(res: ServerResponse, own: HeaderChanges = {}) {
    this.#res = res;
    this.#before = res.getHeaders();
    this.#own = own;
  }

  /**
   * Sets the headers, lets the hook change them, and removes what neither it nor the application
   * may decide. The hook runs once: if this is called again, what it did is done again.
   *
   * @param controls - names of front ends' control headers that may stay.
   * @throws what the hook throws; the headers are as the application left them then.
   */
  decide(
    changes: HeaderChanges,
    framing: HeaderChanges,
    hook: (() => void) | undefined,
    controls: readonly string[] = [],
  ): void {
    applyChanges(this.#res, this.#own);
    applyChanges(this.#res, changes);
    if (this.#changesByHook !== undefined) {
      applyChanges(this.#res, this.#changesByHook);
    } else if (hook !== undefined) {
      const before = this.#res.getHeaders();
      try {
        hook();
      } catch (error) {
        if (!this.#res.headersSent) this.reset();
        throw error;
      }
      if (this.#res.headersSent) {
        throw new XSendfileError(
          'ERR_XSENDFILE_BAD_HEADER',
          'xsendfile: options.setHeaders must set headers only, but it has answered the request.',
        );
      }
      this.#changesByHook = changesBetween(before, this.#res.getHeaders());
    }
    removeControlHeaders(this.#res, controls);
    applyChanges(this.#res, framing);
  }

  /** Takes everything back. */
  reset(): void {
    applyChanges(this.#res, changesBetween(this.#res.getHeaders(), this.#before));
  }
}

const FRAMING = new Set(FRAMING_HEADERS.map((name) => name.toLowerCase()));

/**
 * Whether a head can be written as it is: nothing on the response has to be removed, and no
 * middleware waits for the head.
 */
export function isPlain(res: ServerResponse): boolean {
  return !isHeadWrapped(res) && !res.getHeaderNames().some(isInTheWay);
}

/** Whether a header has to be removed before the head of a file is written. */
function isInTheWay(name: string): boolean {
  return isControlHeader(name) || FRAMING.has(name);
}

/** Headers as `writeHead()` takes them fastest; what is to be absent is removed from the response. */
export function toFlatList(res: ServerResponse, changes: HeaderChanges): string[] {
  const list: string[] = [];
  for (const name of Object.keys(changes)) {
    const value = changes[name];
    if (value !== undefined) list.push(name, String(value));
    else if (res.hasHeader(name)) res.removeHeader(name);
  }
  return list;
}

/** Makes room for an answer that is not the file. */
export function removeFileHeaders(res: ServerResponse): void {
  removeControlHeaders(res);
  for (const name of FILE_HEADERS) res.removeHeader(name);
}

function removeControlHeaders(res: ServerResponse, kept: readonly string[] = []): void {
  const names = kept.map((name) => name.toLowerCase());
  for (const name of res.getHeaderNames()) {
    if (isControlHeader(name) && !names.includes(name)) res.removeHeader(name);
  }
  for (const name of FRAMING_HEADERS) res.removeHeader(name);
}

function changesBetween(before: OutgoingHttpHeaders, after: OutgoingHttpHeaders): HeaderChanges {
  const changes: Record<string, OutgoingHttpHeader | undefined> = {};
  for (const name of Object.keys({ ...before, ...after })) {
    if (before[name] !== after[name]) changes[name] = after[name];
  }
  return changes;
}

function applyChanges(res: ServerResponse, changes: HeaderChanges): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) res.removeHeader(name);
    else res.setHeader(name, value);
  }
}
