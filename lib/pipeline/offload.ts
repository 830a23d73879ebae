import type { Representation } from '../representation/describe.js';
import { type HeaderSender, isHeaderSender } from '../servers/contract.js';
import { appendToList } from '../shared/header-list.js';
import { stackOf } from '../shared/stack.js';
import type { Found, Wanted } from '../sources/source.js';
import type { Headers, Outcome, Sender, SenderContext } from '../types.js';
import { isAllowed } from './allow.js';
import { canOffload, dropsRequestedHeader } from './can-offload.js';
import {
  cutOff,
  isBodyWrapped,
  isFlushed,
  isGone,
  isWriteWrapped,
  whenOver,
} from './connection.js';
import { type Ending, endingOf, type OutcomeRecorder } from './outcome.js';
import { planResponse } from './plan.js';
import { rateFor } from './rate.js';
import { describeFor, planSourcesOf, type RequestState, targetOf } from './request-state.js';
import { isPlain, toFlatList } from './write-head.js';

/**
 * Lets a front end, or a custom sender, respond with a file that was found.
 *
 * @returns the outcome; undefined if this process must send the file.
 * @throws {@link RefusedError}, and errors of the sender or of option functions, as long as nothing was written.
 */
export async function offload(
  chosen: Sender,
  found: Found,
  wanted: Wanted,
  state: RequestState,
): Promise<Outcome | undefined> {
  const { req, res, handler, policy, recorder } = state;
  const { allow, reports, handshake } = handler.config;
  const { file, reference } = found;
  recorder.record({ size: Number.isFinite(file.size) ? file.size : undefined });
  if (isGone(req, res)) return recorder.end({ kind: 'aborted', status: 0 });
  const sender = reference === 'path' ? chosen : reference && chosen.forRemote?.(reference);
  if (sender === undefined) return undefined;
  if (!canOffload(sender, found, state)) return undefined;
  const representation = describeFor(state, found, sender.passesContentEncoding === true);
  if (dropsRequestedHeader(sender, representation, state)) return undefined;
  const rate = rateFor(found, state);
  const rateHeaders = rate === undefined ? NO_HEADERS : sender.limitRate?.(rate);
  if (rateHeaders === undefined) return undefined;
  if (allow.length > 0 || reports !== undefined) {
    const { status } = planResponse(200, planSourcesOf(file, representation, state), undefined);
    // Some front ends would send the file instead, and it may be allowed only because of the status;
    // others would report such a status without the id.
    if (status >= 300) return undefined;
    if (!(await isAllowed(found, representation, status, state))) {
      return recorder.end({ kind: 'aborted', status: 0 });
    }
    // The front end opens a name, which may be another file's since the application was asked.
    if (allow.length > 0 && !(await handler.source.isStill(found, wanted))) return undefined;
    if (isGone(req, res)) return recorder.end({ kind: 'aborted', status: 0 });
  }
  const idHeaders = idHeadersOf(sender, recorder);
  const named: NamedFile = { found, representation, rate, rateHeaders, idHeaders };
  if (isHeaderSender(sender) && canBeNamed(state)) {
    if (!nameFile(sender, named, state)) return undefined;
  } else {
    const result = await callSender(sender, named, state);
    if (result === 'declined') return undefined;
    if (result !== undefined) {
      recorder.record({ sender: sender.name });
      return recorder.end(result);
    }
  }
  if (policy.needsHandshake) handshake.noteOffload();
  policy.onHandedOver();
  recorder.record({ sender: sender.name });
  // Without an observer there is no need to wait once the kernel has the response.
  const isOver = !recorder.isObserved() && res.writableEnded && isFlushed(req, res);
  const isComplete = isOver || (await whenOver(req, res));
  const status = res.headersSent ? res.statusCode : 0;
  return recorder.end({ kind: isComplete ? 'offloaded' : 'aborted', status });
}

/** A file for a front end to send. */
interface NamedFile {
  readonly found: Found;
  readonly representation: Representation;
  /** Bytes per second; undefined for no limit. */
  readonly rate: number | undefined;
  /** Headers with which the front end keeps that rate. */
  readonly rateHeaders: Headers;
  /** The header with the id of the download, if its delivery is to be reported. */
  readonly idHeaders: Headers;
}

const NO_HEADERS: Headers = Object.freeze({});

function idHeadersOf({ downloadIdHeader }: Sender, recorder: OutcomeRecorder): Headers {
  const id = downloadIdHeader === undefined ? undefined : recorder.downloadId();
  return downloadIdHeader === undefined || id === undefined
    ? NO_HEADERS
    : { [downloadIdHeader]: id };
}

/** Whether the head can be written at once, because neither application nor middleware can change it. */
function canBeNamed({ res, handler, policy }: RequestState): boolean {
  const { setHeaders } = handler.config;
  return (
    setHeaders === undefined && policy.presets === undefined && isPlain(res) && !isBodyWrapped(res)
  );
}

/** Names a file to the front end; returns false if its header cannot represent the name. */
function nameFile(
  sender: HeaderSender,
  { found, representation, rate, rateHeaders, idHeaders }: NamedFile,
  state: RequestState,
): boolean {
  const { req, res, handler, acceptRanges } = state;
  const naming = sender.variantOf(req);
  const restoresHeaders = handler.config.handshake.restoresHeaders(req);
  const key =
    naming === undefined ? undefined : `${restoresHeaders} ${acceptRanges} ${rate} ${naming}`;
  const { remembered } = representation;
  const named = key === undefined ? undefined : remembered?.named;
  let list = named?.key === key ? named?.list : undefined;
  if (list === undefined) {
    const headers = completeHeaders(representation, state);
    const headerOf = (name: string) => textOf(headers[name] ?? res.getHeader(name));
    const context = { req, headerOf, restoresHeaders };
    const changes = sender.nameFile(targetOf(state, found, representation), context);
    if (changes === undefined) return false;
    list = toFlatList(res, { ...headers, ...rateHeaders, ...changes });
    if (key !== undefined && remembered !== undefined) remembered.named = { key, list };
  }
  // Remembered without it: the id is another one each time.
  res.writeHead(
    200,
    idHeaders === NO_HEADERS ? (list as string[]) : [...list, ...toFlatList(res, idHeaders)],
  );
  // No body: with a string, Node would write the head as UTF-8 and corrupt the path.
  res.end();
  return true;
}

/** Calls a sender; returns the ending if it failed after writing the head. */
async function callSender(
  sender: Sender,
  { found, representation, rateHeaders, idHeaders }: NamedFile,
  state: RequestState,
): Promise<'declined' | Ending | undefined> {
  const { req, res, handler, head } = state;
  const target = targetOf(state, found, representation);
  const { setHeaders } = handler.config;
  const hook = setHeaders && (() => setHeaders(res, target.path, target));
  const ownHeaders = { ...rateHeaders, ...idHeaders };
  const headers = { ...completeHeaders(representation, state), ...ownHeaders };
  const controls = [...(sender.controls ?? []), ...Object.keys(ownHeaders)];
  head().decide(headers, {}, hook, controls);

  let isDeclined = false;
  const context: SenderContext = {
    req,
    res,
    headers: { ...res.getHeaders() } as Headers,
    restoresHeaders: handler.config.handshake.restoresHeaders(req),
    decline: () => {
      isDeclined = true;
    },
  };
  try {
    // A promise that stays pending must not outlive the exchange.
    await Promise.race([sender.send(target, context), whenOver(req, res)]);
    if (isDeclined && res.headersSent) throw new Error('declined after it had started to respond');
  } catch (error) {
    if (!res.headersSent) {
      head().reset();
      throw error;
    }
    process.emitWarning(
      `xsendfile: sender '${sender.name}' failed during a response: ${stackOf(error)}`,
      { code: 'XSENDFILE_SENDER_FAILED' },
    );
    cutOff(res);
    return { ...endingOf(error), kind: 'failed', status: res.statusCode };
  }
  if (!isDeclined) return undefined;
  head().reset();
  return 'declined';
}

/** Returns the headers of the file, and those that every sender adds. */
function completeHeaders(
  { headers, cacheControl }: Representation,
  { res, acceptRanges }: RequestState,
): Headers {
  const complete: Headers = { ...headers };
  if (acceptRanges) complete['Accept-Ranges'] = 'bytes';
  if (isWriteWrapped(res)) {
    // If a middleware compressed the empty body, some front ends would send its Content-Encoding with
    // the uncompressed file.
    complete['Cache-Control'] = appendToList(cacheControl, 'no-transform');
  }
  return complete;
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
