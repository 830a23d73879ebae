import { RESOURCE_POLICY } from '../shared/embedding.js';
import type { ApplicationView, RequestView, ResponseView } from '../shared/views.js';
import type { ContentCoding, FileOverrides, Headers } from '../types.js';

/**
 * Everything that may change the headers of a file, besides the file and the options. All sources are
 * listed here, so that code that caches headers cannot overlook one.
 */
export interface HeaderSources {
  readonly request: RequestView;
  /** The request as option functions get it. */
  readonly subject: ApplicationView['subject'];
  /** Headers that the application has set on the response, by lower-case name. */
  readonly application: Readonly<Record<string, unknown>>;
  /** `res.locals`; empty if the framework has none. */
  readonly locals: Readonly<Record<string, unknown>>;
  readonly overrides: FileOverrides;
  /** Coding of the precompressed file that is sent instead of the requested file. */
  readonly coding: ContentCoding | undefined;
  /** Whether a Content-Encoding would reach the client. */
  readonly passesContentEncoding: boolean;
  /** Seconds until the link expires; undefined if no link was required. */
  readonly remaining: number | undefined;
}

/** Headers of the application that affect the headers of a file, or its representation. */
const INVOLVED =
  /^(?:content-(?!security-policy)|cache-control$|vary$|etag$|repr-digest$|last-modified$|expires$|accept-ranges$|x-content-type-options$)/;
const POLICY = 'content-security-policy';
const OWN_RESOURCE_POLICY = RESOURCE_POLICY.toLowerCase();

/** No headers, or no locals, of the application. */
export const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

/** Returns the headers that the application has set; none unless one of them matters. */
export function applicationHeaders(
  response: ResponseView,
  presets: Headers | undefined,
): HeaderSources['application'] {
  if (presets === undefined && !response.getHeaderNames().some(isSource)) return NOTHING;
  const application: Record<string, unknown> = { ...response.getHeaders() };
  for (const [name, value] of Object.entries(presets ?? NOTHING)) {
    application[name.toLowerCase()] = value;
  }
  return application;
}

function isSource(name: string): boolean {
  return INVOLVED.test(name) || name === POLICY || name === OWN_RESOURCE_POLICY;
}

/** Keys of requests that do not affect headers, by how the file is sent. */
const PLAIN = { encoded: 'e', passing: 'p', dropping: 'd' };
/** The same for applications that set Cross-Origin-Resource-Policy on all responses, as the middleware `helmet` does. */
const WITH_RESOURCE_POLICY = { encoded: 'E', passing: 'P', dropping: 'D' };
export const PLAIN_KEYS = [PLAIN, WITH_RESOURCE_POLICY].flatMap((keys) => Object.values(keys));

/**
 * Returns a key for the effect of a request on the headers of a file, except for the application's
 * Content-Security-Policy: requests with the same key get the same headers. Undefined if a few
 * strings cannot express it.
 */
export function memoKeyOf(sources: HeaderSources): string | undefined {
  const { application, locals, overrides } = sources;
  if (application !== NOTHING && Object.keys(application).some((name) => INVOLVED.test(name))) {
    return undefined;
  }
  const keys = application[OWN_RESOURCE_POLICY] === undefined ? PLAIN : WITH_RESOURCE_POLICY;
  const plain = keys[kindOf(sources)];
  const values = [
    overrides.contentDisposition,
    overrides.contentType,
    locals.contentDisposition,
    locals.contentType,
  ];
  if (values.every((value) => value === undefined)) return plain;
  const others = values.map(keyOf);
  return others.includes(undefined) ? undefined : [plain, ...others].join(' ');
}

/** A precompressed file may also be requested by its own name. */
function kindOf({ coding, passesContentEncoding }: HeaderSources): keyof typeof PLAIN {
  if (coding !== undefined) return 'encoded';
  return passesContentEncoding ? 'passing' : 'dropping';
}

/** Different values have different keys, because the lengths of strings are included. */
function keyOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '-';
  if (typeof value === 'string') return `${value.length}:${value}`;
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const { type, filename } = value as { type?: unknown; filename?: unknown };
  const isKnown = [type, filename].every((each) => each === undefined || typeof each === 'string');
  return isKnown ? `{${keyOf(type)} ${keyOf(filename)}}` : undefined;
}

/** Whether the application has set a Content-Security-Policy. */
export function hasPolicy({ application }: HeaderSources): boolean {
  return application[POLICY] !== undefined;
}
