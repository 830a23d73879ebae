import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RootDirectory } from '../files/root-directory.js';
import { createDescribe } from '../representation/describe.js';
import { isEmbedded } from '../senders/serve.js';
import { RefusedError, XSendfileError } from '../shared/errors.js';
import { createWarning } from '../shared/warning.js';
import type { FileOverrides, Outcome, Sender } from '../types.js';
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
import { serve } from './serve.js';
import { ResponseHead } from './write-head.js';

/** One request for a file. */
export interface FileRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Which file, if the request may have it; throws {@link RefusedError}. */
  readonly authorize: () => RequestedFile;
  /** Whether the caller waits for the outcome. */
  readonly isAwaited: boolean;
  /** @default that of requests to a handler */
  readonly policy?: RequestPolicy | undefined;
}

/** The file that a request is for, and what comes with it. */
export interface RequestedFile {
  readonly segments: readonly string[];
  readonly overrides?: FileOverrides | undefined;
  readonly access?: Access | undefined;
  /** Why it is refused all the same, where it is known what was asked for. */
  readonly refusal?: RefusedError | undefined;
}

/** What the requests to one handler share. */
export function createSite(directory: RootDirectory, config: Configuration): Site {
  return { directory, config, describe: createDescribe(directory.path, config) };
}

/**
 * Takes a request through all steps and resolves with its outcome when the exchange is over.
 *
 * Rejects only as long as nothing was written: with a {@link RefusedError}, or with what a function
 * among the options threw. Either way there is exactly one outcome.
 */
export async function run(site: Site, request: FileRequest): Promise<Outcome> {
  const { req, res, isAwaited } = request;
  const exchange = beginExchange(req, res, site.config.onFinish, isAwaited);
  try {
    return await answer(site, request, exchange);
  } catch (error) {
    exchange.end(endingOf(error));
    // Frameworks take what is false for no error, and would pass the request on.
    throw error || new RefusedError('ERR_XSENDFILE_INTERNAL');
  }
}

async function answer(
  site: Site,
  { req, res, authorize, policy = DEFAULT_POLICY }: FileRequest,
  exchange: Exchange,
): Promise<Outcome> {
  if (res.headersSent || res.writableEnded) {
    throw new XSendfileError(
      'ERR_XSENDFILE_HEADERS_SENT',
      'xsendfile: this request has been answered already.',
    );
  }
  if (!policy.takesAnyMethod && req.method !== 'GET' && req.method !== 'HEAD') {
    throw new RefusedError('ERR_XSENDFILE_METHOD_NOT_ALLOWED');
  }
  const { segments, overrides = NO_OVERRIDES, access, refusal } = authorize();
  exchange.note({ path: segments.join('/') });
  if (access?.tokenId !== undefined) exchange.note({ tokenId: access.tokenId });
  if (refusal !== undefined) throw refusal;
  let head: ResponseHead | undefined;
  const delivery: Delivery = {
    req,
    res,
    site,
    policy,
    segments,
    overrides,
    access,
    exchange,
    head() {
      head ??= new ResponseHead(res, policy.presets);
      return head;
    },
  };

  const sender = chooseSender(delivery);
  if (sender !== undefined) {
    const outcome = await handOver(sender, await site.directory.check(segments), delivery);
    if (outcome !== undefined) return outcome;
  }
  if (res.socket === null) {
    await whenTurn(req, res);
    if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });
  }
  return serve(await site.directory.open(segments, isContentWanted(req)), delivery);
}

const NO_OVERRIDES: FileOverrides = Object.freeze({});

/** The front end's sender; undefined for this process. */
function chooseSender({ req, res, site, policy }: Delivery): Sender | undefined {
  const { sender, handshake } = site.config;
  if (isEmbedded(sender)) return undefined;
  if (policy.needsHandshake && !handshake.isFromFrontEnd(req)) return undefined;
  if (res.statusCode === 200) return sender;
  // Front ends send files with 200 only; an application's error page has to keep its status.
  warnOfStatus();
  return undefined;
}

const warnOfStatus = createWarning(
  'XSENDFILE_STATUS_SET',
  'xsendfile: the response had another status than 200 before the file was sent, so this process has sent it: front ends send files with 200 only. ' +
    'For an error page that is right; otherwise set res.statusCode to 200 before (Koa presets 404).',
);

/** Whether the answer is likely to be the whole file. */
function isContentWanted({ method, headers }: IncomingMessage): boolean {
  return (
    method !== 'HEAD' &&
    headers.range === undefined &&
    headers['if-none-match'] === undefined &&
    headers['if-modified-since'] === undefined
  );
}
