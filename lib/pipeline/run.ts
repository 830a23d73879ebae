import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RootDirectory } from '../files/root-directory.js';
import { isEmbedded } from '../senders/serve.js';
import { RefusedError, XSendfileError } from '../shared/errors.js';
import { createWarning } from '../shared/warning.js';
import type { FileOverrides, Outcome, Sender } from '../types.js';
import { isGone, whenTurn } from './connection.js';
import type { Access, ApplicationCall, Delivery } from './delivery.js';
import { handOver } from './hand-over.js';
import type { Configuration } from './options.js';
import { beginExchange, type Exchange, endingOf } from './outcome.js';
import { createPreparedAnswers } from './prepared.js';
import { ResponseHead } from './response-head.js';
import { sendFile } from './serve.js';

/** One request for a file. */
export interface FileRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Which file; throws {@link RefusedError}. */
  readonly locate: () => LocatedFile;
  /** Whether the caller waits for the outcome. @default true */
  readonly isAwaited?: boolean;
  /** Present if the application asked for the file by a call that was its own answer before. */
  readonly call?: ApplicationCall | undefined;
}

/** The file that a request is for, and what comes with it. */
export interface LocatedFile {
  readonly segments: readonly string[];
  readonly overrides?: FileOverrides | undefined;
  readonly access?: Access | undefined;
  /** Why it is refused all the same, where it is known what was asked for. */
  readonly refusal?: RefusedError | undefined;
}

/**
 * Takes a request through all steps and resolves with its outcome when the exchange is over.
 *
 * Rejects only as long as nothing was written: with a {@link RefusedError}, or with what a function
 * among the options threw. Either way there is exactly one outcome.
 */
export type Flow = (request: FileRequest) => Promise<Outcome>;

/** The steps that both factories share, from the method to the outcome. */
export function createFlow(directory: RootDirectory, config: Configuration): Flow {
  const prepared = createPreparedAnswers(directory.path, config);

  return async function run(request) {
    const { req, res, isAwaited } = request;
    const exchange = beginExchange(req, res, config.onFinish, isAwaited);
    try {
      return await answer(request, exchange);
    } catch (error) {
      exchange.end(endingOf(error));
      throw error;
    }
  };

  async function answer(
    { req, res, locate, call }: FileRequest,
    exchange: Exchange,
  ): Promise<Outcome> {
    if (res.headersSent || res.writableEnded) {
      throw new XSendfileError(
        'ERR_XSENDFILE_HEADERS_SENT',
        'xsendfile: this request has been answered already.',
      );
    }
    // To a call any method will do: which ones there are is for the route to say.
    if (call === undefined && req.method !== 'GET' && req.method !== 'HEAD') {
      throw new RefusedError('ERR_XSENDFILE_METHOD_NOT_ALLOWED');
    }
    const { segments, overrides, access, refusal } = locate();
    exchange.note({
      path: segments.join('/'),
      ...(access?.tokenId === undefined ? {} : { tokenId: access.tokenId }),
    });
    if (refusal !== undefined) throw refusal;
    const plain =
      overrides === undefined && access === undefined && call === undefined
        ? { req, res, segments, exchange }
        : undefined;
    let delivery: Delivery | undefined;
    const toDelivery = (): Delivery => {
      delivery ??= {
        ...{ req, res, segments, access, config, exchange, call },
        root: directory.path,
        overrides: overrides ?? {},
        head: new ResponseHead(res, call?.headers),
      };
      return delivery;
    };

    const sender = chooseSender(req, res);
    if (sender !== undefined) {
      const file = await directory.check(segments);
      const outcome = await ((plain && prepared?.handOver(plain, file, sender)) ??
        handOver(sender, file, toDelivery()));
      if (outcome !== undefined) return outcome;
    }
    if (res.socket === null) {
      await whenTurn(req, res);
      if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });
    }
    const file = await directory.open(segments, isContentWanted(req));
    try {
      return await ((plain && prepared?.send(plain, file)) ?? sendFile(file, toDelivery()));
    } finally {
      file.close();
    }
  }

  /** The front end's sender; undefined for this process. */
  function chooseSender(req: IncomingMessage, res: ServerResponse): Sender | undefined {
    if (isEmbedded(config.sender) || !config.handshake.isFromFrontEnd(req)) return undefined;
    if (res.statusCode === 200) return config.sender;
    // Front ends send files with 200 only; an application's error page has to keep its status.
    warnOfStatus();
    return undefined;
  }
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
