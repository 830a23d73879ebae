import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { NO_DIRECTORY } from '../files/no-directory.js';
import type { CheckedObject } from '../files/remote-object.js';
import type { OpenedFile, RootDirectory } from '../files/root-directory.js';
import { createDescribe } from '../representation/describe.js';
import { rulesOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { RefusedError, XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import type { RemoteStore } from '../shared/remote-store.js';
import type { FileOverrides, Outcome } from '../types.js';
import { chooseSender } from './choose-sender.js';
import { isGone, whenTurn } from './connection.js';
import {
  type Access,
  DEFAULT_POLICY,
  type Delivery,
  type RequestPolicy,
  type Site,
} from './delivery.js';
import { handOver } from './hand-over.js';
import type { Configuration } from './options.js';
import { beginExchange, type Exchange, endingOf } from './outcome.js';
import { sendObject } from './send-object.js';
import { serve } from './serve.js';
import { openInSession } from './session.js';
import { warnOfTraps } from './traps.js';
import { acquireVariant } from './variant.js';
import { ResponseHead } from './write-head.js';

/** One request for a file. */
export interface FileRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Returns the requested file if access is allowed; throws {@link RefusedError} otherwise. */
  readonly authorize: () => RequestedFile;
  /** Whether the caller waits for the outcome. */
  readonly isAwaited: boolean;
  /** @default the policy of requests to a handler */
  readonly policy?: RequestPolicy | undefined;
  /** To send instead of a file below the root. */
  readonly content?: OpenedFile | undefined;
}

/** The requested file, and the headers and access that come with it. */
export interface RequestedFile {
  readonly segments: readonly string[];
  readonly overrides?: FileOverrides | undefined;
  readonly access?: Access | undefined;
  /** For a site with a store: the object to send; by default, the one that `locate` names. */
  readonly object?: CheckedObject | undefined;
  /** Refusal of a request whose file is known nevertheless, for the outcome. */
  readonly refusal?: RefusedError | undefined;
}

/** Creates the state that the requests to one handler share. */
export function createSite(directory: RootDirectory, config: Configuration): Site {
  return { directory, config, describe: createDescribe(directory.path, config), store: undefined };
}

/** The same for objects of remote stores. */
export function createRemoteSite(store: RemoteStore, config: Configuration): Site {
  return { ...createSite(NO_DIRECTORY, config), store };
}

/**
 * Runs all steps of a request, and resolves with its outcome when the exchange is over.
 *
 * Rejects only if nothing was written: with a {@link RefusedError}, or with the error of an option
 * function. Either way there is exactly one outcome.
 */
export async function run(site: Site, request: FileRequest): Promise<Outcome> {
  const { req, res, isAwaited } = request;
  // Adapters restore it as soon as the path has been parsed.
  const { url = '' } = req;
  const exchange = beginExchange(req, res, site.config.onFinish, isAwaited, site.config.reports);
  try {
    return await answer(site, request, exchange);
  } catch (error) {
    warnOfTraps(exchange.end(endingOf(error)), site, request, url);
    // Frameworks treat a falsy value as no error, and would pass the request on.
    throw error || new RefusedError('ERR_XSENDFILE_INTERNAL');
  }
}

async function answer(
  site: Site,
  { req, res, authorize, policy = DEFAULT_POLICY, content }: FileRequest,
  exchange: Exchange,
): Promise<Outcome> {
  if (res.headersSent || res.writableEnded) {
    throw new XSendfileError(
      'ERR_XSENDFILE_HEADERS_SENT',
      'xsendfile: the response to this request has already been sent.',
    );
  }
  if (!policy.takesAnyMethod && req.method !== 'GET' && req.method !== 'HEAD') {
    throw new RefusedError('ERR_XSENDFILE_METHOD_NOT_ALLOWED');
  }
  const { segments, overrides = NO_OVERRIDES, access, refusal, object } = authorize();
  exchange.note({ path: segments.join('/') });
  if (access?.claims.id !== undefined) exchange.note({ tokenId: access.claims.id });
  if (refusal !== undefined) throw refusal;
  let head: ResponseHead | undefined;
  const delivery: Delivery = {
    req,
    res,
    site,
    policy,
    segments,
    within: content === undefined ? confine(req, site) : undefined,
    overrides,
    acceptRanges: overrides.acceptRanges ?? site.config.acceptRanges,
    access,
    exchange,
    head() {
      head ??= new ResponseHead(res, policy.presets);
      return head;
    },
  };

  if (site.store !== undefined) return sendObject(site.store, object, delivery);
  const sender = content === undefined ? chooseSender(delivery) : undefined;
  if (sender !== undefined) {
    const check = (names: readonly string[]) => site.directory.check(names, delivery.within);
    const find = () => acquireVariant(delivery, check, nothingToRelease);
    const outcome = await handOver(sender, find, delivery);
    if (outcome !== undefined) return outcome;
  }
  if (res.socket === null) {
    await whenTurn(req, res);
    if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });
  }
  if (content !== undefined) return serve({ file: content, coding: undefined }, delivery);
  const find = (isContentNeeded: boolean) => {
    const isWanted = isContentNeeded || isContentWanted(req, site);
    const open = (names: readonly string[]) =>
      site.directory.open(names, isWanted, delivery.within);
    return acquireVariant(delivery, open, (file) => file.close());
  };
  return serve(await openInSession(find, delivery), delivery);
}

const NO_OVERRIDES: FileOverrides = Object.freeze({});

/**
 * Returns the absolute path of the directory that the file must be in; undefined for the root.
 *
 * @throws {@link RefusedError} if the application names none, or none that can be below the root.
 */
function confine(req: IncomingMessage, site: Site): string | undefined {
  const { within } = site.config;
  if (within === undefined) return undefined;
  const directory: unknown = within(req);
  if (directory === undefined) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
  if (typeof directory !== 'string' && !Array.isArray(directory)) {
    throw new XSendfileError(
      'ERR_XSENDFILE_BAD_OPTION',
      `xsendfile: options.within must return a path, a list of names or undefined, synchronously, got ${showType(directory)}.`,
    );
  }
  return join(site.directory.path, ...sanitizePath(directory, rulesOf(site.config)));
}

function nothingToRelease(): void {}

const NARROWING = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
];

/** Whether the response is likely to be the whole file, with nobody left to ask. */
function isContentWanted({ method, headers }: IncomingMessage, { config }: Site): boolean {
  return (
    config.allow.length === 0 &&
    method !== 'HEAD' &&
    NARROWING.every((name) => headers[name] === undefined)
  );
}
