import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FileOverrides, Headers } from '../types.js';

/**
 * What may change the headers of a file, besides the file and the options: all of it is listed here,
 * so that whoever remembers headers cannot overlook a source.
 */
export interface HeaderSources {
  readonly req: IncomingMessage;
  /** What the application has set on the response, by lower-case name. */
  readonly application: Readonly<Record<string, unknown>>;
  /** `res.locals`, where there is such a thing. */
  readonly locals: Readonly<Record<string, unknown>>;
  readonly overrides: FileOverrides;
  /** Whether a Content-Encoding would reach the client. */
  readonly passesContentEncoding: boolean;
  /** Seconds for which the link is still valid; undefined where none was needed. */
  readonly remaining: number | undefined;
}

/** What a call of the application's brings with it. */
export interface SourceOptions {
  readonly overrides: FileOverrides;
  /** These count as set by the application. */
  readonly presets: Headers | undefined;
  /** Whether `res.locals` counts. */
  readonly hasLocals: boolean;
  readonly passesContentEncoding: boolean;
  readonly remaining: number | undefined;
}

/** Headers of the application that decide about those of a file, or about its representation. */
const INVOLVED =
  /^(?:content-(?!security-policy)|cache-control$|vary$|etag$|last-modified$|expires$|accept-ranges$|x-content-type-options$)/;
const POLICY = 'content-security-policy';

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

/** Everything of a request that may decide about headers. */
export function collectSources(
  req: IncomingMessage,
  res: ServerResponse,
  { overrides, presets, hasLocals, passesContentEncoding, remaining }: SourceOptions,
): HeaderSources {
  const { locals } = res as { locals?: Record<string, unknown> };
  return {
    req,
    application: applicationHeaders(res, presets),
    locals: (hasLocals ? locals : undefined) ?? NOTHING,
    overrides,
    passesContentEncoding,
    remaining,
  };
}

function applicationHeaders(
  res: ServerResponse,
  presets: Headers | undefined,
): HeaderSources['application'] {
  if (presets === undefined && !res.getHeaderNames().some(isSource)) return NOTHING;
  const application: Record<string, unknown> = { ...res.getHeaders() };
  for (const [name, value] of Object.entries(presets ?? NOTHING)) {
    application[name.toLowerCase()] = value;
  }
  return application;
}

function isSource(name: string): boolean {
  return INVOLVED.test(name) || name === POLICY;
}

/** That of requests which bring nothing of their own. */
export const PLAIN = '';

/**
 * What the headers of a file depend on besides the file, but for a policy of the application's:
 * requests with the same string get the same. Undefined where it is no matter of a few strings.
 */
export function variantOf({ application, locals, overrides }: HeaderSources): string | undefined {
  if (application !== NOTHING && Object.keys(application).some((name) => INVOLVED.test(name))) {
    return undefined;
  }
  const values = [
    overrides.contentDisposition,
    overrides.contentType,
    locals.contentDisposition,
    locals.contentType,
  ];
  if (values.every((value) => value === undefined)) return PLAIN;
  const keys = values.map(keyOf);
  return keys.includes(undefined) ? undefined : keys.join(' ');
}

/** Of equal values only, as the lengths of strings are part of it. */
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
