import { isControlHeader } from '../../servers/headers.js';
import { FRAMING_HEADERS } from '../../shared/file-headers.js';
import { appendToList, type HeaderChanges } from '../../shared/headers.js';

/** Changes the headers of a response; called once. */
export type HeadersHook = (headers: Headers) => void;

/**
 * Headers of a response. `Headers` are only made for a hook: frameworks write an object several times faster.
 */
export interface Head extends Pick<Headers, 'get' | 'set' | 'delete'> {
  readonly init: Headers | Readonly<Record<string, string>>;
}

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
export function buildHead({ changes, hook, controls }: HeadSources): Head {
  const head = hook === undefined ? plainHead() : headFor(hook, changes, controls);
  if (hook === undefined) applyChanges(head, changes);
  if (head.get('ETag')?.startsWith('"') === true) {
    head.set('Cache-Control', appendToList(head.get('Cache-Control') ?? undefined, 'no-transform'));
  }
  return head;
}

/** Lets the hook change the headers, and removes those that it may not set. */
function headFor(hook: HeadersHook, changes: HeaderChanges, controls: readonly string[]): Head {
  const headers = new Headers();
  applyChanges(headers, changes);
  hook(headers);
  const kept = controls.map((name) => name.toLowerCase());
  for (const name of [...headers.keys()]) {
    if (isControlHeader(name) && !kept.includes(name)) headers.delete(name);
  }
  for (const name of FRAMING_HEADERS) headers.delete(name);
  return Object.assign(headers, { init: headers });
}

/** Creates headers in an object, by lower-case name. */
export function plainHead(): Head {
  const values = new Map<string, string>();
  return {
    get init() {
      return Object.fromEntries(values);
    },
    get: (name) => values.get(name.toLowerCase()) ?? null,
    set: (name, value) => void values.set(name.toLowerCase(), value),
    delete: (name) => void values.delete(name.toLowerCase()),
  };
}

/** Sets headers; undefined removes one. */
export function applyChanges(head: Pick<Head, 'set' | 'delete'>, changes: HeaderChanges): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) head.delete(name);
    else head.set(name, String(value));
  }
}
