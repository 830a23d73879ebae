import { isSameIdentity } from '../files/identity.js';
import type { CheckedFile } from '../files/root-directory.js';
import type { Representation } from '../representation/describe.js';
import { type HeaderSender, isHeaderSender } from '../senders/header-sender.js';
import { appendToList } from '../shared/header-list.js';
import { stackOf } from '../shared/stack.js';
import type { Headers, Outcome, Sender, SenderContext } from '../types.js';
import { isAllowed } from './allow.js';
import { canOffload } from './choose-sender.js';
import {
  cutOff,
  isBodyWrapped,
  isFlushed,
  isGone,
  isWriteWrapped,
  whenOver,
} from './connection.js';
import { type Delivery, describeFor, targetOf, type Variant } from './delivery.js';
import { type Exchange, endingOf } from './outcome.js';
import { planFor } from './plan-for.js';
import { rateFor } from './rate.js';
import { isPlain, toFlatList } from './write-head.js';

/**
 * Lets a sender respond with a file that was checked.
 *
 * @param find - checks the file, and again once it is allowed.
 * @returns the outcome; undefined if this process must send the file.
 * @throws what `find` throws, and errors of the sender or of option functions, as long as nothing was
 * written.
 */
export async function handOver(
  sender: Sender,
  find: () => Promise<Variant>,
  delivery: Delivery,
): Promise<Outcome | undefined> {
  const { req, res, site, policy, exchange } = delivery;
  const variant = await find();
  const { file, coding } = variant;
  const { allow, reports } = site.config;
  exchange.note({ size: Number.isFinite(file.size) ? file.size : undefined });
  if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });
  // Its front end could not say which download it reports.
  if (reports !== undefined && sender.downloadIdHeader === undefined) return undefined;
  if (!canOffload(req, file)) return undefined;
  const passesContentEncoding = sender.passesContentEncoding === true;
  if (coding !== undefined && !passesContentEncoding) return undefined;

  const representation = describeFor(delivery, variant, passesContentEncoding);
  if (dropsWhatWasAsked(sender, representation, delivery)) return undefined;
  const rate = rateFor(file, delivery);
  const rateHeaders = rate === undefined ? NO_HEADERS : sender.limitRate?.(rate);
  if (rateHeaders === undefined) return undefined;
  if (allow.length > 0 || reports !== undefined) {
    const { status } = planFor(file, representation, delivery);
    // Some front ends would send the file instead, and it may be allowed only because of the status;
    // others would report such a status without the id.
    if (status >= 300) return undefined;
    if (allow.length > 0) {
      if (!(await isAllowed(file, representation, status, delivery))) {
        return exchange.end({ kind: 'aborted', status: 0 });
      }
      // The front end opens a name, which may be another file's since the application was asked.
      const { file: present } = await find();
      if (!isSameIdentity(present.identity, file.identity)) return undefined;
      if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });
    }
  }
  const named: NamedFile = {
    ...{ file, representation, rate, rateHeaders },
    idHeaders: idHeadersOf(sender, exchange),
  };
  const isNamed =
    isHeaderSender(sender) && canBeNamed(delivery)
      ? nameFile(sender, named, delivery)
      : await callSender(sender, named, delivery);
  if (isNamed !== true) return isNamed === false ? undefined : isNamed;

  if (policy.needsHandshake) site.config.handshake.noteOffload();
  policy.onHandedOver();
  exchange.note({ sender: sender.name });
  // Without an observer there is no need to wait once the kernel has the response.
  const isOver = !exchange.isObserved() && res.writableEnded && isFlushed(req, res);
  const isComplete = isOver || (await whenOver(req, res));
  const status = res.headersSent ? res.statusCode : 0;
  return exchange.end({ kind: isComplete ? 'offloaded' : 'aborted', status });
}

/** A file for a front end to send. */
interface NamedFile {
  readonly file: CheckedFile;
  readonly representation: Representation;
  /** Bytes per second; undefined for no limit. */
  readonly rate: number | undefined;
  /** Headers with which the front end keeps that rate. */
  readonly rateHeaders: Headers;
  /** The header with the id of the download, if its delivery is to be reported. */
  readonly idHeaders: Headers;
}

const NO_HEADERS: Headers = Object.freeze({});

function idHeadersOf({ downloadIdHeader }: Sender, exchange: Exchange): Headers {
  const id = downloadIdHeader === undefined ? undefined : exchange.downloadId();
  return downloadIdHeader === undefined || id === undefined
    ? NO_HEADERS
    : { [downloadIdHeader]: id };
}

/** Whether the head can be written at once, because neither application nor middleware can change it. */
function canBeNamed({ res, site, policy }: Delivery): boolean {
  const { setHeaders } = site.config;
  return (
    setHeaders === undefined && policy.presets === undefined && isPlain(res) && !isBodyWrapped(res)
  );
}

/** Names a file to the front end; returns false if its header cannot represent the name. */
function nameFile(
  sender: HeaderSender,
  { file, representation, rate, rateHeaders, idHeaders }: NamedFile,
  delivery: Delivery,
): boolean {
  const { req, res, site } = delivery;
  const restoresHeaders = site.config.handshake.restoresHeaders(req);
  const naming = sender.variantOf(req);
  const key = naming === undefined ? undefined : `${restoresHeaders} ${rate} ${naming}`;
  const { remembered } = representation;
  const named = key === undefined ? undefined : remembered?.named;
  let list = named?.key === key ? named?.list : undefined;
  if (list === undefined) {
    const headers = completeHeaders(representation, delivery);
    const headerOf = (name: string) => textOf(headers[name] ?? res.getHeader(name));
    const context = { req, headerOf, restoresHeaders };
    const changes = sender.nameFile(targetOf(delivery, file, representation), context);
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

/** Calls a sender; returns false if it declined, and an outcome if it failed after writing the head. */
async function callSender(
  sender: Sender,
  { file, representation, rateHeaders, idHeaders }: NamedFile,
  delivery: Delivery,
): Promise<boolean | Outcome> {
  const { req, res, site, exchange, head } = delivery;
  const target = targetOf(delivery, file, representation);
  const { setHeaders } = site.config;
  const hook = setHeaders && (() => setHeaders(res, target.path, target));
  const ownHeaders = { ...rateHeaders, ...idHeaders };
  const headers = { ...completeHeaders(representation, delivery), ...ownHeaders };
  const controls = [...(sender.controls ?? []), ...Object.keys(ownHeaders)];
  head().decide(headers, {}, hook, controls);

  let isDeclined = false;
  const context: SenderContext = {
    req,
    res,
    headers: { ...res.getHeaders() } as Headers,
    restoresHeaders: site.config.handshake.restoresHeaders(req),
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
    exchange.note({ sender: sender.name });
    return exchange.end({ ...endingOf(error), kind: 'failed', status: res.statusCode });
  }
  if (isDeclined) head().reset();
  return !isDeclined;
}

/** Returns the headers of the file, and those that every sender adds. */
function completeHeaders(
  { headers, cacheControl }: Representation,
  { res, site }: Delivery,
): Headers {
  const complete: Headers = { ...headers };
  if (site.config.acceptRanges) complete['Accept-Ranges'] = 'bytes';
  if (isWriteWrapped(res)) {
    // If a middleware compressed the empty body, some front ends would send its Content-Encoding with
    // the uncompressed file.
    complete['Cache-Control'] = appendToList(cacheControl, 'no-transform');
  }
  return complete;
}

/** Whether the front end would drop a header that the application requested; defaults do not count. */
function dropsWhatWasAsked(
  { dropped = [] }: Sender,
  { headers }: Representation,
  { res, site, policy }: Delivery,
): boolean {
  const presets = Object.keys(policy.presets ?? {}).map((name) => name.toLowerCase());
  return dropped.some((header) => {
    const name = header.toLowerCase();
    return (
      res.hasHeader(name) ||
      presets.includes(name) ||
      (name === 'content-disposition' && headers['Content-Disposition'] !== undefined) ||
      (name === 'vary' && site.config.precompressed.length > 0 && 'Vary' in headers) ||
      (name === 'cache-control' && site.config.isCacheControlGiven && 'Cache-Control' in headers)
    );
  });
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
