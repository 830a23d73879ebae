import { isControlHeader } from '../../servers/headers.js';
import type { HeaderChanges } from '../../shared/header-changes.js';
import { appendToList } from '../../shared/header-list.js';

/** Changes the headers of a response; called once. */
export type HeadersHook = (headers: Headers) => void;

/** Framing headers, which only the sender of the bytes may set. */
const FRAMING_HEADERS = ['Content-Length', 'Content-Range', 'Transfer-Encoding', 'Trailer'];

/** The headers of a response, in the order in which later ones replace earlier ones. */
interface HeadSources {
  /** Headers of the file and of its plan; undefined removes one. */
  readonly changes: HeaderChanges;
  readonly hook: HeadersHook | undefined;
  /** Names of control headers of the front end that may stay. */
  readonly controls: readonly string[];
}

/**
 * Builds the headers of a response with a file, without its framing.
 *
 * A strong ETag promises the same bytes (RFC 9110 §8.8.3.3), but frameworks compress responses under it: the
 * directive `no-transform` forbids that, so that ranges and interrupted downloads keep working.
 *
 * @throws errors of the hook.
 */
export function buildHead({ changes, hook, controls }: HeadSources): Headers {
  const headers = new Headers();
  applyChanges(headers, changes);
  hook?.(headers);
  const kept = controls.map((name) => name.toLowerCase());
  for (const name of [...headers.keys()]) {
    if (isControlHeader(name) && !kept.includes(name)) headers.delete(name);
  }
  for (const name of FRAMING_HEADERS) headers.delete(name);
  if (headers.get('ETag')?.startsWith('"') === true) {
    const cacheControl = headers.get('Cache-Control') ?? undefined;
    headers.set('Cache-Control', appendToList(cacheControl, 'no-transform'));
  }
  return headers;
}

/** Sets headers; undefined removes one. */
export function applyChanges(headers: Headers, changes: HeaderChanges): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) headers.delete(name);
    else headers.set(name, String(value));
  }
}
