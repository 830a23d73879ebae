import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  Answer,
  NamedFile,
  PlannedBody,
  PlannedHead,
  Responder,
  TransferResult,
} from '../../pipeline/responder.js';
import { appendToList } from '../../shared/headers.js';
import type { Exchange } from '../../shared/views.js';
import type { Found, OpenedFile } from '../../sources/source.js';
import type { Sender } from '../../types.js';
import { isFlushed, isGone, onceOver, whenOver, whenTurn } from './connection.js';
import { type OffloadResult, offload } from './offload.js';
import { answerRefusal } from './refusal.js';
import { ResponseHead } from './response-head.js';
import { sendBody } from './send-body.js';
import { openInSession } from './session.js';
import { writeHead } from './write-head.js';

/** Responds with a response of `node:http`, or of the compatibility API of `node:http2`. */
export class NodeResponder implements Responder {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly exchange: Exchange;
  #head: ResponseHead | undefined;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.request = req;
    this.response = res;
    this.exchange = { req, res };
  }

  get subject(): IncomingMessage {
    return this.request;
  }

  get named(): { readonly req: IncomingMessage } {
    return { req: this.request };
  }

  varyBy(field: string): void {
    const { response } = this;
    if (response.headersSent) return;
    const vary = response.getHeader('Vary');
    response.setHeader('Vary', appendToList(vary === undefined ? undefined : String(vary), field));
  }

  isGone(): boolean {
    return isGone(this.exchange);
  }

  over(isObserved: boolean): Promise<boolean> {
    const { exchange } = this;
    if (!isObserved && exchange.res.writableEnded && isFlushed(exchange)) return COMPLETE;
    return whenOver(exchange);
  }

  onceOver(callback: (isComplete: boolean) => void): void {
    onceOver(this.exchange, callback);
  }

  turn(): Promise<void> | undefined {
    return this.response.socket === null ? whenTurn(this.exchange) : undefined;
  }

  open(
    find: (isContentNeeded: boolean) => Promise<Found<OpenedFile>>,
    idleTimeoutMs: number,
  ): Promise<Found<OpenedFile>> {
    return openInSession(find, this.exchange, idleTimeoutMs);
  }

  offload(sender: Sender, file: NamedFile): Promise<OffloadResult> {
    return offload(sender, file, this.exchange, () => this.#headFor(file));
  }

  async send(head: PlannedHead, body: PlannedBody): Promise<TransferResult> {
    writeHead(head, this.exchange, () => this.#headFor(head));
    return sendBody(body, this.exchange);
  }

  refuse(refusal: Answer): Promise<boolean> {
    answerRefusal(this.exchange, refusal);
    return this.over(true);
  }

  /** The head of a response that a sender has declined is continued here: the hook runs once. */
  #headFor({ presets }: Pick<PlannedHead, 'presets'>): ResponseHead {
    this.#head ??= new ResponseHead(this.response, presets);
    return this.#head;
  }
}

const COMPLETE = Promise.resolve(true);
