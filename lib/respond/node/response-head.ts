import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isControlHeader } from '../../servers/headers.js';
import { XSendfileError } from '../../shared/errors.js';
import { FRAMING_HEADERS, isFileHeader } from '../../shared/file-headers.js';
import { changesBetween, type HeaderChanges } from '../../shared/headers.js';
import { isHeadWrapped } from './connection.js';

/**
 * Sets the headers of one response all at once when the response is planned, and can restore the previous
 * ones.
 */
export class ResponseHead {
  readonly #res: ServerResponse;
  readonly #before: Readonly<OutgoingHttpHeaders>;
  readonly #own: HeaderChanges;
  #changesByHook: HeaderChanges | undefined;

  /** @param own - headers treated as set by the application, set together with the others. */
  constructor(res: ServerResponse, own: HeaderChanges = {}) {
    this.#res = res;
    this.#before = res.getHeaders();
    this.#own = own;
  }

  /**
   * Sets the headers, lets the hook change them, and removes headers that neither the hook nor the
   * application may set. The hook runs once; a second call repeats its changes.
   *
   * @param controls - names of control headers of the front end that may stay.
   * @throws errors of the hook; the application's headers are restored then.
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
          'xsendfile: options.setHeaders must only set headers, but it sent a response.',
        );
      }
      this.#changesByHook = changesBetween(before, this.#res.getHeaders());
    }
    removeControlHeaders(this.#res, controls);
    applyChanges(this.#res, framing);
  }

  /** Restores the headers that the application had set. */
  reset(): void {
    applyChanges(this.#res, changesBetween(this.#res.getHeaders(), this.#before));
  }
}

const FRAMING = new Set(FRAMING_HEADERS.map((name) => name.toLowerCase()));

/**
 * Whether a head can be written directly: no header must be removed from the response, and no middleware
 * intercepts the head.
 */
export function canWriteHeadDirectly(res: ServerResponse): boolean {
  return !isHeadWrapped(res) && !res.getHeaderNames().some(mustBeRemoved);
}

/** Whether a header must be removed before the head of a file is written. */
function mustBeRemoved(name: string): boolean {
  return isControlHeader(name) || FRAMING.has(name);
}

/** Converts headers to a flat list, the fastest form for `writeHead()`; undefined removes one. */
export function toRawHeaders(res: ServerResponse, changes: HeaderChanges): string[] {
  const list: string[] = [];
  for (const name of Object.keys(changes)) {
    const value = changes[name];
    if (value !== undefined) list.push(name, String(value));
    else if (res.hasHeader(name)) res.removeHeader(name);
  }
  return list;
}

/** Removes the headers of a file from a response without it. */
export function removeFileHeaders(res: ServerResponse): void {
  removeControlHeaders(res);
  for (const name of res.getHeaderNames()) if (isFileHeader(name)) res.removeHeader(name);
}

function removeControlHeaders(res: ServerResponse, kept: readonly string[] = []): void {
  const names = kept.map((name) => name.toLowerCase());
  for (const name of res.getHeaderNames()) {
    if (isControlHeader(name) && !names.includes(name)) res.removeHeader(name);
  }
  for (const name of FRAMING_HEADERS) res.removeHeader(name);
}

function applyChanges(res: ServerResponse, changes: HeaderChanges): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) res.removeHeader(name);
    else res.setHeader(name, value);
  }
}
