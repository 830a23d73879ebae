import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CheckedFile, RootDirectory } from '../files/root-directory.js';
import type { Describe, Representation } from '../representation/describe.js';
import { toFileInfo } from '../representation/file-info.js';
import { collectSources, type HeaderSources } from '../representation/sources.js';
import type { RemoteStore } from '../shared/remote-store.js';
import type { AllowContext, ContentCoding, FileOverrides, FileTarget, Headers } from '../types.js';
import type { Configuration } from './options.js';
import type { Exchange } from './outcome.js';
import type { ResponseHead } from './write-head.js';

/** State that all requests to one handler share. */
export interface Site {
  readonly directory: RootDirectory;
  readonly config: Configuration;
  readonly describe: Describe;
  /** The stores that have the files; undefined if they are in the directory. */
  readonly store: RemoteStore | undefined;
}

/** Differences between requests to a handler and calls such as `res.sendFile()`. */
export interface RequestPolicy {
  /** Whether any method is accepted, because the route selects the method. */
  readonly takesAnyMethod: boolean;
  /** Headers treated as set by the application, for responses with the file only. */
  readonly presets: Headers | undefined;
  /** Whether `res.locals` is used: applications written for `res.sendFile()` may store anything there. */
  readonly hasLocals: boolean;
  /** Whether the front end is used only if the request has the handshake. */
  readonly needsHandshake: boolean;
  /** Called when a sender has written its response. */
  readonly onHandedOver: () => void;
}

/** Policy of requests to a handler, and of `send()`. */
export const DEFAULT_POLICY: RequestPolicy = Object.freeze({
  takesAnyMethod: false,
  presets: undefined,
  hasLocals: true,
  needsHandshake: true,
  onHandedOver: () => {},
});

/** Limits of the access that a link grants. */
export interface Access {
  /** What the link says. */
  readonly claims: NonNullable<AllowContext['claims']>;
  /** Seconds until the link expires. */
  readonly remaining: number;
}

/** A request with an accepted path: state that the remaining steps share. */
export interface Delivery {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly site: Site;
  readonly policy: RequestPolicy;
  readonly segments: readonly string[];
  /** Absolute path of the directory that the file must be in; undefined for the root. */
  readonly within: string | undefined;
  readonly overrides: FileOverrides;
  /** Whether this process honours ranges. */
  readonly acceptRanges: boolean;
  /** Undefined for requests that need no link. */
  readonly access: Access | undefined;
  readonly exchange: Exchange;
  /** Returns the head of the response, which the first call creates. */
  readonly head: () => ResponseHead;
}

/** The file that is sent for a request: the requested one, or its sibling in a coding. */
export interface Variant<File extends CheckedFile = CheckedFile> {
  readonly file: File;
  /** Undefined for the requested file. */
  readonly coding: ContentCoding | undefined;
}

/** Determines the headers of a file for this request, without setting them on the response. */
export function describeFor(
  delivery: Delivery,
  { file, coding }: Variant,
  passesContentEncoding: boolean,
): Representation {
  const { site, segments } = delivery;
  return site.describe(file, segments, sourcesOf(delivery, coding, passesContentEncoding));
}

/** Collects everything in this request that may affect headers. */
export function sourcesOf(
  { req, res, policy, overrides, access }: Delivery,
  coding: ContentCoding | undefined,
  passesContentEncoding: boolean,
): HeaderSources {
  const { presets, hasLocals } = policy;
  const remaining = access?.remaining;
  const options = { overrides, presets, hasLocals, coding, passesContentEncoding, remaining };
  return collectSources(req, res, options);
}

/** Describes the file for senders and hooks; created on demand, because most requests need neither. */
export function targetOf(
  { site, segments }: Delivery,
  file: CheckedFile,
  { type, validators }: Representation,
): FileTarget {
  const info = toFileInfo(site.directory.path, segments, file);
  return Object.freeze({ ...info, type, etag: validators.etag });
}
