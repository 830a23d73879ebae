import {
  type CheckedObject,
  checkRemoteObject,
  openResponse,
  toRemoteFile,
} from '../files/remote-object.js';
import type { OpenedFile } from '../files/root-directory.js';
import { evaluatePreconditions, isRangeCurrent } from '../http/conditions.js';
import { type ByteRange, parseRanges } from '../http/ranges.js';
import { BadOptionError, RefusedError } from '../shared/errors.js';
import type { RemoteStore, StoreRequest } from '../shared/remote-store.js';
import type { Outcome, RemoteObject } from '../types.js';
import { chooseSender } from './choose-sender.js';
import { isGone, onceOver, whenOver, whenTurn } from './connection.js';
import { type Delivery, describeFor } from './delivery.js';
import { handOver } from './hand-over.js';
import { serve } from './serve.js';
import { type SplitConditions, splitConditions } from './store-conditions.js';

/**
 * Sends an object of a remote store: asks the store with the range and the conditions of the client, and passes its
 * bytes on.
 *
 * @param given - the object; undefined for the one that `locate` names.
 * @throws {@link BadUrlError} or {@link BadOptionError} for a wrong object, {@link RefusedError} if the store has
 * nothing to send, and errors of `locate` and of option functions; nothing was written then.
 */
export async function sendObject(
  store: RemoteStore,
  given: CheckedObject | undefined,
  requested: Delivery,
): Promise<Outcome> {
  const { req, res, exchange } = requested;
  const checked = given ?? (await locate(store, requested));
  if (checked === undefined || isGone(req, res)) {
    return exchange.end({ kind: 'aborted', status: 0 });
  }
  const { object, url } = checked;
  const delivery: Delivery = {
    ...requested,
    segments: [...requested.segments.slice(0, -1), object.name],
  };
  const stated = toRemoteFile(object);
  const sender = mayBeHandedOver(delivery) ? chooseSender(delivery)?.forRemote?.(url) : undefined;
  if (sender !== undefined) {
    // What the application states about times and tags is not what the front end shows.
    const { size, type, name } = object;
    const file = toRemoteFile({ url, name, size, type });
    const outcome = await handOver(sender, async () => ({ file, coding: undefined }), delivery);
    if (outcome !== undefined) return outcome;
  }
  if (res.socket === null) await whenTurn(req, res);
  if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });

  const conditions = conditionsFor(stated, delivery);
  if (conditions.isDecided) return serve({ file: stated, coding: undefined }, delivery);
  const file = await open(store, { object, url, headers: conditions.there }, delivery);
  if (file === undefined) return exchange.end({ kind: 'aborted', status: 0 });
  return serve({ file, coding: undefined }, delivery);
}

/**
 * Whether a front end may ask the store. It passes on what the store says, so this process sends if an option
 * changes that; and it tells nobody what the store says, so with `allow`, which must know whether there will be a
 * body, this process evaluates conditions.
 */
function mayBeHandedOver({ req: { headers }, site: { config }, acceptRanges }: Delivery): boolean {
  if (config.etag === false || !config.lastModified || !acceptRanges) return false;
  return config.allow.length === 0 || CONDITIONS.every((name) => headers[name] === undefined);
}

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** Returns the object for the requested path; undefined if the client disconnected meanwhile. */
async function locate(
  store: RemoteStore,
  { req, res, segments, access }: Delivery,
): Promise<CheckedObject | undefined> {
  const { locate } = store;
  if (locate === undefined) {
    throw new BadOptionError(
      'xsendfile: this handler can only be called as sendRemote(): to mount it, or to use it as a route, give remoteRoot() the option locate, which names the object for a path.',
    );
  }
  const context = Object.freeze({ req, segments, claims: access?.claims });
  const locating = (async () => ({ found: await locate(segments.join('/'), context) }))();
  const located = await Promise.race([locating, whenOver(req, res)]);
  if (typeof located === 'boolean') return undefined;
  const { found } = located;
  if (found === undefined) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
  // Anything but an object is reported by the check.
  const isNameless = Object(found) === found && found.name === undefined;
  const object = isNameless ? { ...found, name: segments.at(-1) } : found;
  return checkRemoteObject(object, store, 'remoteRoot: locate');
}

/** Splits the conditions; `isDecided` if those on stated validators fail, so that the store need not be asked. */
function conditionsFor(
  stated: OpenedFile,
  delivery: Delivery,
): Pick<SplitConditions, 'there'> & { readonly isDecided: boolean } {
  const { req, res } = delivery;
  // An error page of the application is sent as a whole.
  if (res.statusCode !== 200) return { there: {}, isDecided: false };
  const isConditional = [...CONDITIONS, 'if-range'].some((name) => name in req.headers);
  const { validators } = isConditional
    ? describeFor(delivery, { file: stated, coding: undefined }, true)
    : UNKNOWN;
  // RFC 9110 §14.2: Range is defined only for GET.
  const acceptRanges = delivery.acceptRanges && req.method === 'GET';
  const { here, there } = splitConditions(req.headers, validators, acceptRanges);
  return { there, isDecided: evaluatePreconditions(here, validators) !== 'proceed' };
}

const UNKNOWN = {
  validators: {
    etag: undefined,
    lastModified: undefined,
    isDateStrong: false,
    isDateFinal: false,
  },
};

/** Asks the store for an object; returns undefined if the client disconnected. */
async function open(
  store: RemoteStore,
  {
    object,
    url,
    headers,
  }: Pick<StoreRequest, 'url' | 'headers'> & { readonly object: RemoteObject },
  delivery: Delivery,
): Promise<OpenedFile | undefined> {
  const { req, res } = delivery;
  const abort = new AbortController();
  onceOver(req, res, (isComplete) => {
    if (!isComplete) abort.abort();
  });
  const ask = async (sent: StoreRequest['headers']): Promise<OpenedFile> => {
    const response = await store.ask({ url, headers: sent, signal: abort.signal });
    const { status, size } = response;
    const isOther = object.size !== undefined && size !== undefined && object.size !== size;
    if (isOther && (status === 200 || status === 206)) {
      response.close();
      throw new RefusedError('ERR_XSENDFILE_REMOTE_BAD_RESPONSE', {
        cause: new Error(`the object has ${size} bytes, not ${object.size}`),
      });
    }
    return openResponse(object, response);
  };
  // Some stores ignore If-Range, misread a range such as `bytes=-5`, or do not say that the object is empty.
  const askUntilRight = async (sent: StoreRequest['headers']): Promise<OpenedFile> => {
    const file = await ask(sent);
    const { range, 'if-range': ifRange, ...others } = sent;
    if (file.answered?.status === 416) {
      if (ifRange === undefined && file.size > 0 && Number.isFinite(file.size)) return file;
      // A Range is ignored for an empty object, and if If-Range does not match.
      const whole = await ask(others);
      const isRefused =
        isStillRange(whole, delivery) && parseRanges(range ?? '', whole.size) === 'unsatisfiable';
      return isRefused && whole.answered !== undefined
        ? { ...whole, answered: { ...whole.answered, status: 416 } }
        : whole;
    }
    if (file.answered?.status !== 206) return file;
    const isCurrent = isStillRange(file, delivery);
    const exact = exactRange(sent.range ?? '', file.size);
    if (isCurrent && formatRange(file.answered.range) === exact) return file;
    file.close();
    const mayRepeat = isCurrent && exact !== undefined && exact !== range;
    return askUntilRight(mayRepeat ? { ...others, range: exact } : others);
  };
  try {
    return await askUntilRight(headers);
  } catch (error) {
    if (isGone(req, res)) return undefined;
    throw error;
  }
}

/** Whether the client can append a range to what it has. */
function isStillRange(file: OpenedFile, delivery: Delivery): boolean {
  const { headers } = delivery.req;
  if (headers['if-range'] === undefined) return true;
  try {
    const { validators } = describeFor(delivery, { file, coding: undefined }, true);
    return isRangeCurrent(headers, validators);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Returns the single range that a Range header means, with both ends; undefined if there is none. */
function exactRange(header: string, size: number): string | undefined {
  const ranges = parseRanges(header, size);
  if (typeof ranges === 'string' || !Number.isFinite(ranges[0]?.end)) return undefined;
  return formatRange(ranges[0]);
}

function formatRange(range: ByteRange | undefined): string | undefined {
  return range && `bytes=${range.start}-${range.end}`;
}
