import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CheckedFile, RootDirectory } from '../files/root-directory.js';
import type { Describe, Representation } from '../representation/describe.js';
import { toFileInfo } from '../representation/file-info.js';
import { collectSources } from '../representation/sources.js';
import type { FileOverrides, FileTarget, Headers } from '../types.js';
import type { Configuration } from './options.js';
import type { Exchange } from './outcome.js';
import type { ResponseHead } from './write-head.js';

/** What all requests to one handler have in common. */
export interface Site {
  readonly directory: RootDirectory;
  readonly config: Configuration;
  readonly describe: Describe;
}

/** In what a request to a handler differs from a call of the application's, such as `res.sendFile()`. */
export interface RequestPolicy {
  /** Whether any method will do: which ones there are is for the route to say. */
  readonly takesAnyMethod: boolean;
  /** These count as set by the application, as soon as there is a response with the file. */
  readonly presets: Headers | undefined;
  /** Whether `res.locals` counts: an application that made its call before may have put anything there. */
  readonly hasLocals: boolean;
  /** Whether a front end is told of the file only if the request has the handshake. */
  readonly needsHandshake: boolean;
  /** Called when a sender has written its response. */
  readonly onHandedOver: () => void;
}

/** That of requests to a handler, and of `send()`. */
export const DEFAULT_POLICY: RequestPolicy = Object.freeze({
  takesAnyMethod: false,
  presets: undefined,
  hasLocals: true,
  needsHandshake: true,
  onHandedOver: () => {},
});

/** What a link grants. */
export interface Access {
  /** Seconds for which the link is still valid. */
  readonly remaining: number;
  /** The link's `id`. */
  readonly tokenId: string | undefined;
}

/** A request on its way from an accepted path to a response: what the last steps share. */
export interface Delivery {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly site: Site;
  readonly policy: RequestPolicy;
  readonly segments: readonly string[];
  readonly overrides: FileOverrides;
  /** Undefined for requests that need no link. */
  readonly access: Access | undefined;
  readonly exchange: Exchange;
  /** Of the response; made when it is asked for first, and the same each time. */
  readonly head: () => ResponseHead;
}

/** Decides the headers of a file for this request; nothing is set on the response yet. */
export function describeFor(
  { req, res, site, policy, segments, overrides, access }: Delivery,
  file: CheckedFile,
  passesContentEncoding: boolean,
): Representation {
  const { presets, hasLocals } = policy;
  const remaining = access?.remaining;
  const options = { overrides, presets, hasLocals, passesContentEncoding, remaining };
  return site.describe(file, segments, collectSources(req, res, options));
}

/** What senders and `setHeaders` get: made for them alone, because most requests need neither. */
export function targetOf(
  { site, segments }: Delivery,
  file: CheckedFile,
  { type, validators }: Representation,
): FileTarget {
  const info = toFileInfo(site.directory.path, segments, file);
  return Object.freeze({ ...info, type, etag: validators.etag });
}
