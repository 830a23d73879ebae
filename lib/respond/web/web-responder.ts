import { types } from 'node:util';
import type {
  NamedFile,
  PlannedBody,
  PlannedHead,
  Responder,
  TransferResult,
} from '../../pipeline/responder.js';
import { isHeaderSender } from '../../servers/contract.js';
import type { RefusedError } from '../../shared/errors.js';
import { appendToList, changesBetween, type HeaderChanges } from '../../shared/headers.js';
import type { Exchange, ResponseView } from '../../shared/views.js';
import type { Found, OpenedFile } from '../../sources/source.js';
import type { Headers as HeaderRecord, Sender } from '../../types.js';
import { rememberedHead, rememberedNaming } from '../remembered-head.js';
import { transfer } from '../transfer.js';
import { BodyStream } from './body-stream.js';
import { applyChanges, buildHead, type Head, type HeadersHook, plainHead } from './web-head.js';
import type { WebRequest } from './web-request.js';

/**
 * Deno aborts the signal of a request after every response, a complete one too, and warns if anyone reads it; there,
 * only the reader of the body says that a client has disconnected.
 */
const IS_SIGNAL_RELIABLE = !('Deno' in globalThis);

/** The parts of a refusal that the client sees. */
type Answer = Pick<RefusedError, 'status' | 'message' | 'headers'>;

/** Responds with a `Response`, which exists as soon as its head does. */
export class WebResponder implements Responder {
  readonly request: WebRequest;
  readonly response: PreparedResponse = new PreparedResponse();
  readonly subject: never;
  readonly exchange: Exchange;
  readonly #request: Request;
  readonly #respondWith: (response: Response) => void;
  #over: Promise<boolean> | undefined;
  #settleOver: ((isComplete: boolean | Promise<boolean>) => void) | undefined;
  #onAbort: (() => void) | undefined;
  #changesByHook: HeaderChanges | undefined;
  #cookiesByHook: readonly string[] = [];

  /** @param respondWith - called once with the response, unless there is none. */
  constructor(request: Request, view: WebRequest, respondWith: (response: Response) => void) {
    this.request = view;
    this.#request = request;
    this.#respondWith = respondWith;
    // The application's functions have the types of the web entry.
    this.subject = request as never;
    this.exchange = { request } as never;
  }

  get named(): never {
    return this.exchange as never;
  }

  isGone(): boolean {
    return IS_SIGNAL_RELIABLE && !this.response.headersSent && this.#request.signal.aborted;
  }

  over(): Promise<boolean> {
    this.#over ??= new Promise((resolve) => {
      this.#settleOver = resolve;
      if (!IS_SIGNAL_RELIABLE) return;
      this.#onAbort = () => resolve(false);
      this.#request.signal.addEventListener('abort', this.#onAbort);
    });
    return this.#over;
  }

  onceOver(callback: (isComplete: boolean) => void): void {
    void this.over().then(callback);
  }

  /** Nothing is opened for a request that was aborted. */
  turn(): Promise<void> | undefined {
    return this.isGone() ? Promise.resolve() : undefined;
  }

  open(find: (isContentNeeded: boolean) => Promise<Found<OpenedFile>>): Promise<Found<OpenedFile>> {
    return find(false);
  }

  varyBy(field: string): void {
    this.response.varyBy(field);
  }

  async offload(sender: Sender, file: NamedFile): Promise<'offloaded' | 'declined'> {
    // The factory refuses others.
    if (!isHeaderSender(sender)) return 'declined';
    const { representation, acceptRanges, rateHeaders, idHeaders, restoresHeaders } = file;
    const { request } = this;
    const hook = this.#hookOf(file);
    const build = () => {
      const named = { ...rateHeaders, ...idHeaders };
      const headers = buildHead({
        changes: {
          ...this.response.getHeaders(),
          ...representation.headers,
          ...(acceptRanges ? { 'Accept-Ranges': 'bytes' } : {}),
          ...named,
        },
        hook,
        controls: [...(sender.controls ?? []), ...Object.keys(named)],
      });
      const headerOf = (name: string) => headers.get(name) ?? undefined;
      const changes = sender.nameFile(file.target(), { request, headerOf, restoresHeaders });
      if (changes === undefined) return undefined;
      applyChanges(headers, changes);
      return headers.init;
    };
    // The id is another one each time.
    const isOwn = hook !== undefined || idHeaders !== undefined;
    const headers = isOwn ? build() : rememberedNaming(sender, file, request, build);
    if (headers === undefined) return 'declined';
    this.#respond(200, headers, null, true);
    return 'offloaded';
  }

  async send(head: PlannedHead, body: PlannedBody): Promise<TransferResult> {
    const { plan, representation } = head;
    const hook = this.#hookOf(head);
    const build = () => {
      const changes = {
        ...this.response.getHeaders(),
        ...representation.headers,
        ...plan.headers,
      };
      const built = buildHead({ changes, hook, controls: [] });
      applyChanges(built, plan.framing);
      return built.init;
    };
    const headers = hook === undefined ? rememberedHead(head, build) : build();
    const bytes = bytesAtHand(body);
    if (bytes !== undefined) {
      body.file.close();
      this.#respond(plan.status, headers, bytes, true);
      return { kind: 'sent', bytes: bytes?.length ?? 0 };
    }
    const signal = IS_SIGNAL_RELIABLE ? this.#request.signal : undefined;
    const stream = new BodyStream(signal, body.idleTimeoutMs);
    this.#respond(plan.status, headers, stream.stream, stream.connection.over);
    return transfer(stream, body);
  }

  refuse(refusal: Answer): Promise<boolean> {
    const { response } = this;
    this.#respond(
      refusal.status,
      headersOf(refusal, response.getHeaders()),
      bodyOf(refusal, this.request.method),
      true,
    );
    return this.over();
  }

  /** The head of a response that a sender has declined is built again, but the hook runs once. */
  #hookOf({ setHeaders }: Pick<PlannedHead, 'setHeaders'>): HeadersHook | undefined {
    if (setHeaders === undefined) return undefined;
    return (headers) => {
      if (this.#changesByHook !== undefined) {
        applyChanges(headers, this.#changesByHook);
        headers.delete('Set-Cookie');
        for (const cookie of this.#cookiesByHook) headers.append('Set-Cookie', cookie);
        return;
      }
      const before = Object.fromEntries(headers);
      // The hook gets the headers in place of a response.
      setHeaders(headers as never);
      this.#changesByHook = changesBetween(before, Object.fromEntries(headers));
      // The only header whose values cannot be joined (RFC 9110 §5.3): an object has just the last one.
      this.#cookiesByHook = headers.getSetCookie();
    };
  }

  /** @param over - whether the response is complete, or can no longer be completed. */
  #respond(
    status: number,
    headers: Head['init'],
    body: Uint8Array | ReadableStream | string | null,
    over: boolean | Promise<boolean>,
  ): void {
    this.response.statusCode = status;
    this.response.headersSent = true;
    if (this.#settleOver === undefined) {
      this.#over = over === true ? COMPLETE : Promise.resolve(over);
    } else {
      this.#settleOver(over);
    }
    if (this.#onAbort !== undefined) {
      this.#request.signal.removeEventListener('abort', this.#onAbort);
    }
    // Frameworks may keep, and change, the object; and other responses have the same.
    const init = { status, headers: headers instanceof Headers ? headers : { ...headers } };
    // Some types of a body exclude memory that could be shared between threads.
    this.#respondWith(new Response(body as string, init));
  }
}

const COMPLETE = Promise.resolve(true);

/** The state of a response that does not exist yet. */
class PreparedResponse implements ResponseView {
  statusCode = 200;
  headersSent = false;
  #headers: HeaderRecord = {};

  get writableEnded(): boolean {
    return this.headersSent;
  }

  getHeaderNames(): string[] {
    return Object.keys(this.#headers);
  }

  getHeaders(): HeaderRecord {
    return this.#headers;
  }

  varyBy(field: string): void {
    this.#headers = { vary: appendToList(this.#headers.vary?.toString(), field) };
  }
}

/** Returns the response to a refusal: its status, and a line of text. */
export function toResponse(
  refusal: RefusedError,
  method: string,
  headers: HeaderRecord = {},
): Response {
  const { status } = refusal;
  return new Response(bodyOf(refusal, method), { status, headers: headersOf(refusal, headers) });
}

function bodyOf({ message }: Answer, method: string): string | null {
  return method === 'HEAD' ? null : `${message}\n`;
}

function headersOf({ message, headers }: Answer, others: HeaderRecord): Head['init'] {
  const complete = plainHead();
  applyChanges(complete, {
    ...others,
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    'Content-Length': Buffer.byteLength(message) + 1,
  });
  return complete.init;
}

/** Returns the body, if it is in memory as a whole; null if it is empty. */
function bytesAtHand({
  parts: [part, ...more],
  file: { body },
  rate,
}: PlannedBody): Buffer | null | undefined {
  if (part === undefined) return null;
  if (more.length > 0 || rate !== undefined || body.kind !== 'bytes' || Buffer.isBuffer(part)) {
    return undefined;
  }
  const bytes = body.bytes.subarray(part.start, part.end + 1);
  // A Response takes no memory that is shared between threads.
  return types.isSharedArrayBuffer(bytes.buffer) ? Buffer.from(bytes) : bytes;
}
