import { isDateFinal, isSettled } from '../files/file-times.js';
import type { CheckedFile } from '../files/root-directory.js';
import { unpackedTypeOfName } from '../shared/media-type.js';
import type { Headers } from '../types.js';
import { buildHeaders } from './build-headers.js';
import { toFileInfo } from './file-info.js';
import { linkHeaders } from './link-headers.js';
import type { RepresentationOptions } from './options.js';
import { type HeaderSources, hasPolicy, PLAIN, variantOf } from './sources.js';

/** A file as responses represent it. */
export interface Representation {
  /** The response's Content-Type. */
  readonly type: string;
  /** What is to be set, whoever sends the file. */
  readonly headers: Headers;
  /** What conditions are compared with. */
  readonly validators: {
    readonly etag: string | undefined;
    readonly lastModified: string | undefined;
    readonly isDateStrong: boolean;
    readonly isDateFinal: boolean;
  };
  /** Value of the response's Cache-Control. */
  readonly cacheControl: string | undefined;
  /** Whether the bytes are in a content coding. */
  readonly isEncoded: boolean;
}

/** Represents a file for a request; throws what {@link buildHeaders} throws. */
export type Describe = (
  file: CheckedFile,
  segments: readonly string[],
  sources: HeaderSources,
) => Representation;

/**
 * Representations are remembered for each file that the cache keeps, as long as nothing but the file
 * decides about them, as it does for most requests.
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
  const memories = { passing: new Memory(), dropping: new Memory() };

  function describeFile(
    file: CheckedFile,
    segments: readonly string[],
    sources: HeaderSources,
  ): Representation {
    const variant = isConstant && file.isKept === true ? variantOf(sources) : undefined;
    if (variant === undefined) return build(file, segments, sources);
    const memory = sources.passesContentEncoding ? memories.passing : memories.dropping;
    const remembered = memory.get(file, variant);
    if (remembered !== undefined) {
      // An active file is sandboxed beside the policy of the application.
      const isOther = hasPolicy(sources) && 'Content-Security-Policy' in remembered.headers;
      return isOther ? build(file, segments, sources) : remembered;
    }
    const representation = build(file, segments, sources);
    const dependsOnRequest =
      hasPolicy(sources) ||
      (options.contentEncoding && unpackedTypeOfName(segments.at(-1) ?? '') !== undefined);
    if (!dependsOnRequest) memory.set(file, variant, representation);
    return representation;
  }

  function build(
    file: CheckedFile,
    segments: readonly string[],
    sources: HeaderSources,
  ): Representation {
    const info = toFileInfo(root, segments, file);
    return toRepresentation(file, buildHeaders(info, file, sources, options), sources);
  }

  /** Of links with the same time left, as all that are asked for within a second often are. */
  const linked = new WeakMap<
    Representation,
    { remaining: number; representation: Representation }
  >();

  return (file, segments, sources) => {
    const { remaining } = sources;
    const representation = describeFile(file, segments, sources);
    if (remaining === undefined) return representation;
    let last = linked.get(representation);
    if (last?.remaining !== remaining) {
      last = { remaining, representation: withLink(representation, remaining) };
      linked.set(representation, last);
    }
    return last.representation;
  };
}

/** The plain representation of each file, and the last other one. */
class Memory {
  readonly #plain = new WeakMap<CheckedFile, Representation>();
  readonly #last = new WeakMap<CheckedFile, { variant: string; representation: Representation }>();

  get(file: CheckedFile, variant: string): Representation | undefined {
    if (variant === PLAIN) return this.#plain.get(file);
    const last = this.#last.get(file);
    return last?.variant === variant ? last.representation : undefined;
  }

  set(file: CheckedFile, variant: string, representation: Representation): void {
    if (variant === PLAIN) this.#plain.set(file, representation);
    else this.#last.set(file, { variant, representation });
  }
}

/** The same for a request with a link that is valid for so many seconds. */
function withLink(representation: Representation, remaining: number): Representation {
  const { headers, cacheControl } = representation;
  const more = linkHeaders(cacheControl, remaining);
  const value = more['Cache-Control'];
  return {
    ...representation,
    headers: { ...headers, ...more },
    cacheControl: value === undefined ? cacheControl : String(value),
  };
}

function toRepresentation(
  file: CheckedFile,
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
      // What the application says of a date is its own business.
      isDateFinal: headers['Last-Modified'] === undefined || isDateFinal(file),
    },
    cacheControl: textOf('Cache-Control'),
    isEncoded: textOf('Content-Encoding') !== undefined,
  };
}
