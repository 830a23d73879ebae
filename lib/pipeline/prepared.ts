import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDateFinal, isSettled } from '../files/file-times.js';
import type { CheckedFile, OpenedFile } from '../files/root-directory.js';
import { evaluatePreconditions, type Validators } from '../http/conditions.js';
import { buildHeaders } from '../representation/build-headers.js';
import { frontEndHeaders, indexOfValue, prefixFor } from '../senders/header-sender.js';
import type { HeaderChanges } from '../shared/header-changes.js';
import { unpackedTypeOfName } from '../shared/media-type.js';
import type { FileTarget, Headers, Outcome, Sender } from '../types.js';
import { isBodyWrapped, isDirect, isGone, isHeadWrapped } from './connection.js';
import { toFileInfo } from './delivery.js';
import type { Configuration } from './options.js';
import type { Ending, Exchange } from './outcome.js';
import { NOT_IN_304 } from './plan.js';
import { CONTROL_HEADER } from './response-head.js';
import { SINGLE_WRITE_BYTES, transfer } from './transfer.js';
import { endingOfTransfer } from './transfer-ending.js';
import { watch } from './watch.js';

/**
 * Answers to requests that bring nothing which would change a header, as most do not: made from the
 * file alone, and once for each file that the cache keeps. Every other request takes the long way,
 * of whose parts these answers are made.
 */
export interface PreparedAnswers {
  /** Sends a file whose bytes are at hand; undefined if this request needs the long way. */
  send(request: PlainRequest, file: OpenedFile): Promise<Outcome> | undefined;
  /** Leaves a file to a built-in sender; undefined if this request needs the long way. */
  handOver(request: PlainRequest, file: CheckedFile, sender: Sender): Promise<Outcome> | undefined;
}

/** What an answer is prepared for. */
export interface PlainRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly segments: readonly string[];
  readonly exchange: Exchange;
}

/** The head of a file, and what conditions are compared with. */
interface Head {
  readonly headers: Headers;
  /** As `writeHead()` takes it as it is. */
  readonly whole: string[];
  readonly validators: Validators;
}

/** Headers of the application that have to do with those of a file. */
const INVOLVED =
  /^(?:content-|cache-control$|vary$|etag$|last-modified$|expires$|accept-ranges$|transfer-encoding$|trailer$|x-content-type-options$)/;

/** @param root - absolute path of the root directory. */
export function createPreparedAnswers(
  root: string,
  config: Configuration,
): PreparedAnswers | undefined {
  if (!isConstant(config)) return undefined;
  const heads = new WeakMap<CheckedFile, Head>();
  const handOvers = new WeakMap<CheckedFile, string[] | 'declined'>();

  return {
    send({ req, res, segments, exchange }, file) {
      const { content } = file;
      if (content === undefined || req.headers.range !== undefined) return undefined;
      if (!isPlain(req, res)) return undefined;
      let head = heads.get(file);
      if (head === undefined) {
        if (config.contentEncoding && unpackedTypeOfName(segments.at(-1) ?? '')) return undefined;
        head = prepareHead(segments, file);
        if (file.isKept) heads.set(file, head);
      }
      const result = evaluatePreconditions(req.headers, head.validators);
      if (result === 'failed') return undefined;
      file.close();
      const isWhole = result === 'proceed';
      if (isWhole) res.writeHead(200, head.whole);
      else res.writeHead(304, toFlatList({ ...head.headers, ...NOT_IN_304 }));
      const body = isWhole && req.method === 'GET' ? content : undefined;
      exchange.note({ size: content.length, sender: 'serve' });
      if (body !== undefined && body.length > SINGLE_WRITE_BYTES) {
        return sendLarge(req, res, exchange, file, body.length);
      }
      if (body === undefined) {
        file.recycle?.();
        res.end();
      } else {
        if (file.recycle !== undefined && isDirect(res)) res.once('finish', file.recycle);
        res.end(body);
      }
      const kind = isWhole ? 'sent' : 'not-modified';
      return finish(req, res, exchange, { kind, status: res.statusCode, bytes: body?.length ?? 0 });
    },

    handOver({ req, res, segments, exchange }, file, sender) {
      if (sender.dropped?.length || !isPlain(req, res)) return undefined;
      if (!isDateFinal(file)) return undefined;
      let list = handOvers.get(file);
      if (list === undefined) {
        const prepared = prepareHandOver(segments, file, sender);
        if (prepared === undefined) return undefined;
        list = prepared;
        if (file.isKept) handOvers.set(file, list);
      }
      if (list === 'declined') return undefined;
      const prefix = prefixFor(sender, req);
      res.writeHead(
        200,
        prefix === '' ? list : withPrefix(list, indexOfValue(sender, list), prefix),
      );
      res.end();
      config.handshake.noteOffload();
      exchange.note({ size: Number(file.stats.size), sender: sender.name });
      return finish(req, res, exchange, { kind: 'offloaded', status: 200 });
    },
  };

  /** Ends the exchange when the client has it all; at once if it has, and nobody wants to know. */
  async function finish(
    req: IncomingMessage,
    res: ServerResponse,
    exchange: Exchange,
    ending: Ending,
  ): Promise<Outcome> {
    if (!exchange.isObserved && req.socket.writableLength === 0) return exchange.end(ending);
    const connection = watch(req, res, config.idleTimeoutMs);
    const isComplete = await connection.over;
    const { isTimedOut } = connection;
    if (isComplete) return exchange.end(ending);
    return exchange.end({
      ...ending,
      ...endingOfTransfer({ kind: 'aborted', isTimedOut: isTimedOut() }, ending.status),
    });
  }

  /** Piece by piece, so that a slow reader is seen to be reading. */
  async function sendLarge(
    req: IncomingMessage,
    res: ServerResponse,
    exchange: Exchange,
    file: OpenedFile,
    size: number,
  ): Promise<Outcome> {
    const { idleTimeoutMs } = config;
    const parts = [{ start: 0, end: size - 1 }];
    const result = await transfer(req, res, { file, parts, idleTimeoutMs, release: file.close });
    return exchange.end({ ...endingOfTransfer(result, res.statusCode), bytes: result.bytes });
  }

  function build(
    segments: readonly string[],
    file: CheckedFile,
    passesContentEncoding: boolean,
  ): { headers: Headers; target: FileTarget } {
    const info = toFileInfo(root, segments, file);
    const req = { headers: {} } as IncomingMessage;
    const now = Date.now();
    const headers = buildHeaders(
      info,
      { dated: file, req, application: {}, locals: {}, overrides: {}, passesContentEncoding, now },
      config,
    );
    if (config.acceptRanges) headers['Accept-Ranges'] = 'bytes';
    const etag = headers.ETag === undefined ? undefined : String(headers.ETag);
    const target = Object.assign(info, { type: String(headers['Content-Type']), etag });
    return { headers, target };
  }

  function prepareHead(segments: readonly string[], file: OpenedFile): Head {
    const { headers, target } = build(segments, file, true);
    const lastModified = headers['Last-Modified'];
    const whole = toFlatList(headers);
    whole.push('Content-Length', String(target.size));
    return {
      headers,
      whole,
      validators: {
        etag: target.etag,
        lastModified: lastModified === undefined ? undefined : String(lastModified),
        isDateStrong: isSettled(file),
        isDateFinal: isDateFinal(file),
      },
    };
  }

  function prepareHandOver(
    segments: readonly string[],
    file: CheckedFile,
    sender: Sender,
  ): string[] | 'declined' | undefined {
    if (config.contentEncoding && unpackedTypeOfName(segments.at(-1) ?? '')) return undefined;
    const { headers, target } = build(segments, file, sender.passesContentEncoding === true);
    const own = frontEndHeaders(sender, target, headers);
    if (own === undefined || own === 'declined') return own;
    return toFlatList({ ...headers, ...own });
  }
}

/** Whether no function among the options has a say in the headers. */
function isConstant({
  disposition,
  cacheControl,
  etag,
  contentType,
  setHeaders,
}: Configuration): boolean {
  const options: readonly unknown[] = [disposition, cacheControl, etag, contentType, setHeaders];
  return !options.some((option) => typeof option === 'function');
}

/** Whether nothing that the application or a middleware did asks for headers of its own. */
function isPlain(req: IncomingMessage, res: ServerResponse): boolean {
  if (res.statusCode !== 200 || res.socket === null || res.headersSent || isGone(req, res))
    return false;
  // A wrapped writeHead() may not know flat lists, and a wrapped body may be any other.
  if (isHeadWrapped(res) || isBodyWrapped(res)) return false;
  const { locals } = res as { locals?: Readonly<Record<string, unknown>> };
  if (locals !== undefined && (locals.contentDisposition ?? locals.contentType) !== undefined) {
    return false;
  }
  for (const name of res.getHeaderNames()) {
    if (INVOLVED.test(name) || CONTROL_HEADER.test(name)) return false;
  }
  return true;
}

/** A copy with something before one of the values. */
function withPrefix(list: string[], index: number, prefix: string): string[] {
  return list.with(index, prefix + list[index]);
}

function toFlatList(headers: HeaderChanges): string[] {
  const list: string[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) list.push(name, String(value));
  }
  return list;
}
