import type { NamedFile } from '../../pipeline/responder.js';
import { type HeaderSender, isHeaderSender } from '../../servers/contract.js';
import { appendToList } from '../../shared/headers.js';
import { stackOf } from '../../shared/thrown.js';
import type { Exchange } from '../../shared/views.js';
import { warn } from '../../shared/warning.js';
import type { Headers, Sender, SenderContext } from '../../types.js';
import { rememberedNaming } from '../remembered-head.js';
import { abortResponse, isBodyWrapped, isWriteWrapped, whenOver } from './connection.js';
import { canWriteHeadDirectly, type ResponseHead, toRawHeaders } from './response-head.js';

/** Result of a sender; with `failed`, it has written a head that is not followed by the file. */
export type OffloadResult = 'offloaded' | 'declined' | { readonly failed: unknown };

/**
 * Lets a sender respond.
 *
 * @throws errors of the sender and of `setHeaders`; nothing was written then.
 */
export async function offload(
  sender: Sender,
  file: NamedFile,
  exchange: Exchange,
  headOf: () => ResponseHead,
): Promise<OffloadResult> {
  return isHeaderSender(sender) && canBeNamed(file, exchange)
    ? nameFile(sender, file, exchange)
    : callSender(sender, file, exchange, headOf());
}

/** Whether the head can be written at once, because neither application nor middleware can change it. */
function canBeNamed({ setHeaders, presets }: NamedFile, { res }: Exchange): boolean {
  return (
    setHeaders === undefined &&
    presets === undefined &&
    canWriteHeadDirectly(res) &&
    !isBodyWrapped(res)
  );
}

/** Names a file to the front end; declines if its header cannot represent the name. */
function nameFile(sender: HeaderSender, file: NamedFile, { req, res }: Exchange): OffloadResult {
  const { rateHeaders, idHeaders, restoresHeaders } = file;
  const list = rememberedNaming(sender, file, req, () => {
    const headers = completeHeaders(file, res);
    const headerOf = (name: string) => textOf(headers[name] ?? res.getHeader(name));
    const changes = sender.nameFile(file.target(), { request: req, headerOf, restoresHeaders });
    return changes && toRawHeaders(res, { ...headers, ...rateHeaders, ...changes });
  });
  if (list === undefined) return 'declined';
  // Remembered without it: the id is another one each time.
  res.writeHead(200, idHeaders === undefined ? list : [...list, ...toRawHeaders(res, idHeaders)]);
  // No body: with a string, Node would write the head as UTF-8 and corrupt the path.
  res.end();
  return 'offloaded';
}

/** Calls a sender that writes the response itself. */
async function callSender(
  sender: Sender,
  file: NamedFile,
  exchange: Exchange,
  head: ResponseHead,
): Promise<OffloadResult> {
  const { req, res } = exchange;
  const { setHeaders, rateHeaders, idHeaders, restoresHeaders } = file;
  const target = file.target();
  const ownHeaders = { ...rateHeaders, ...idHeaders };
  const headers = { ...completeHeaders(file, res), ...ownHeaders };
  const controls = [...(sender.controls ?? []), ...Object.keys(ownHeaders)];
  head.decide(headers, {}, setHeaders && (() => setHeaders(res)), controls);

  let isDeclined = false;
  const context: SenderContext = {
    req,
    res,
    headers: { ...res.getHeaders() } as Headers,
    restoresHeaders,
    decline: () => {
      isDeclined = true;
    },
  };
  try {
    // A promise that stays pending must not outlive the exchange.
    await Promise.race([sender.send(target, context), whenOver(exchange)]);
    if (isDeclined && res.headersSent) throw new Error('declined after it had started to respond');
  } catch (error) {
    if (!res.headersSent) {
      head.reset();
      throw error;
    }
    const message = `xsendfile: sender '${sender.name}' failed during a response: ${stackOf(error)}`;
    warn('XSENDFILE_SENDER_FAILED', message);
    abortResponse(res);
    return { failed: error };
  }
  if (!isDeclined) return 'offloaded';
  head.reset();
  return 'declined';
}

/** Returns the headers of the file, and those that every sender adds. */
function completeHeaders(
  { representation: { headers, cacheControl }, acceptRanges }: NamedFile,
  res: Exchange['res'],
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
