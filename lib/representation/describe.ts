import type { Validators } from '../http/conditions.js';
import { unpackedTypeOfName } from '../shared/media-type.js';
import { isDateFinal, isSettled } from '../sources/file-times.js';
import type { MemoOwner } from '../sources/memo.js';
import type { FoundFile } from '../sources/source.js';
import type { Headers } from '../types.js';
import { buildHeaders } from './build-headers.js';
import { toFileInfo } from './file-info.js';
import { linkHeaders } from './link-headers.js';
import type { RepresentationOptions } from './options.js';
import { type HeaderSources, hasPolicy, memoKeyOf, PLAIN_KEYS } from './sources.js';

/** The headers of a file, and the values that senders and conditions need. */
export interface Representation {
  /** The response's Content-Type. */
  readonly type: string;
  /** Headers to set, for every sender. */
  readonly headers: Headers;
  /** Validators for the conditions of a request. */
  readonly validators: Validators;
  /** Value of the response's Cache-Control. */
  readonly cacheControl: string | undefined;
  /** Whether the response has a Content-Encoding. */
  readonly isEncoded: boolean;
  /** Data cached with it; undefined unless requests share it. */
  readonly remembered: Remembered | undefined;
}

/** Values that depend only on the representation, and are computed once. */
export interface Remembered {
  /** Heads of responses, in the form that the responder writes: with the whole file, and with status 304. */
  whole?: unknown;
  notModified?: unknown;
  /** The last head that named the file to a front end, and what it depends on. */
  named?: { readonly key: string; readonly head: unknown };
  /** The last one for a link. */
  link?: { readonly remaining: number; readonly representation: Representation };
}

/** Returns the representation of a file for a request; throws what {@link buildHeaders} throws. */
export type Describe = (
  file: FoundFile,
  segments: readonly string[],
  sources: HeaderSources,
) => Representation;

/**
 * Creates a {@link Describe}. It remembers the representation of each cached file, as long as that
 * depends on nothing but the file, which is so for most requests.
 *
 * @param root - absolute path of the root directory.
 */
export function createDescribe(root: string, options: RepresentationOptions): Describe {
  const isConstant = ![
    options.disposition,
    options.cacheControl,
    options.etag,
    options.contentType,
  ].some((option: unknown) => typeof option === 'function');
  const owner: MemoOwner<Memory> = { createMemory: () => new Memory() };

  function describeFile(
    file: FoundFile,
    segments: readonly string[],
    sources: HeaderSources,
  ): Representation {
    const key = isConstant && file.memo !== undefined ? memoKeyOf(sources) : undefined;
    if (file.memo === undefined || key === undefined) return build(file, segments, sources);
    const memory = file.memo.of(owner);
    const remembered = memory.get(key);
    if (remembered !== undefined) {
      // An active file gets a sandbox in addition to the application's policy.
      const isOther = hasPolicy(sources) && 'Content-Security-Policy' in remembered.headers;
      return isOther ? build(file, segments, sources) : remembered;
    }
    const representation = build(file, segments, sources);
    const [name = ''] = segments.slice(-1);
    const dependsOnRequest =
      hasPolicy(sources) || (options.contentEncoding && unpackedTypeOfName(name) !== undefined);
    return dependsOnRequest ? representation : memory.set(key, representation);
  }

  function build(
    file: FoundFile,
    segments: readonly string[],
    sources: HeaderSources,
  ): Representation {
    const info = toFileInfo(root, segments, file);
    return toRepresentation(file, buildHeaders(info, file, sources, options), sources);
  }

  return (file, segments, sources) => {
    const { remaining } = sources;
    const representation = describeFile(file, segments, sources);
    if (remaining === undefined) return representation;
    const { remembered } = representation;
    if (remembered?.link?.remaining === remaining) return remembered.link.representation;
    const linked = withLink(representation, remaining);
    // For links with the same remaining time, as links requested within the same second often have.
    if (remembered !== undefined) remembered.link = { remaining, representation: linked };
    return linked;
  };
}

/** The plain representations of a cached file for one handler, and the last other one. */
class Memory {
  readonly #plain: Partial<Record<string, Representation>> = {};
  #last: { readonly key: string; readonly representation: Representation } | undefined;

  get(key: string): Representation | undefined {
    return this.#plain[key] ?? (this.#last?.key === key ? this.#last.representation : undefined);
  }

  /** Returns the representation as requests share it from now on. */
  set(key: string, built: Representation): Representation {
    const representation = { ...built, remembered: {} };
    if (PLAIN_KEYS.includes(key)) this.#plain[key] = representation;
    else this.#last = { key, representation };
    return representation;
  }
}

/** Adapts a representation to a link that is valid for `remaining` seconds. */
function withLink(representation: Representation, remaining: number): Representation {
  const { headers, cacheControl, remembered } = representation;
  const more = linkHeaders(cacheControl, remaining);
  const value = more['Cache-Control'];
  return {
    ...representation,
    headers: { ...headers, ...more },
    cacheControl: value === undefined ? cacheControl : String(value),
    remembered: remembered && {},
  };
}

function toRepresentation(
  file: FoundFile,
  headers: Headers,
  { application }: HeaderSources,
): Representation {
  const textOf = (name: string): string | undefined => {
    const value = headers[name] ?? application[name.toLowerCase()];
    return value === undefined ? undefined : String(value);
  };
  return {
    type: String(headers['Content-Type']),
    headers,
    validators: {
      etag: textOf('ETag'),
      lastModified: textOf('Last-Modified'),
      isDateStrong: isSettled(file),
      // A date that the application set is trusted.
      isDateFinal: headers['Last-Modified'] === undefined || isDateFinal(file),
    },
    cacheControl: textOf('Cache-Control'),
    isEncoded: textOf('Content-Encoding') !== undefined,
    remembered: undefined,
  };
}
