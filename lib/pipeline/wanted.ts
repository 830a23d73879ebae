import { evaluatePreconditions, isRangeFresh } from '../http/conditions.js';
import { splitConditions } from '../http/store-conditions.js';
import { preferredCodings } from '../representation/accept-encoding.js';
import { mayBePrecompressed } from '../representation/precompressed.js';
import type { Found, StoreConditions, Wanted } from '../sources/source.js';
import type { ContentCoding } from '../types.js';
import { describeFor, type RequestState, sourcesOf } from './request-state.js';

/**
 * Demands of a request on a source. A class, because an object with its own getter would have a hidden class of
 * its own: for each request, that costs more than all steps of the pipeline.
 */
export class WantedFile implements Wanted {
  readonly request: Wanted['request'];
  readonly application: Wanted['application'];
  readonly segments: readonly string[];
  readonly within: string | undefined;
  readonly claims: Wanted['claims'];
  readonly acceptRanges: boolean;
  readonly codings: readonly ContentCoding[];
  readonly #state: RequestState;
  #abort: AbortController | undefined;

  constructor(segments: readonly string[], within: string | undefined, state: RequestState) {
    this.request = state.responder.request;
    this.application = state.responder;
    this.segments = segments;
    this.within = within;
    this.claims = state.access?.claims;
    this.acceptRanges = state.acceptRanges;
    this.codings = codingsFor(segments, state);
    this.#state = state;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      this.#state.responder.onceOver((isComplete) => {
        if (!isComplete) abort.abort();
      });
    }
    return this.#abort.signal;
  }

  negotiate(declared: Found): StoreConditions {
    return negotiate(declared, this.#state);
  }

  isRangeFresh(opened: Found): boolean {
    const { headers } = this.request;
    if (headers['if-range'] === undefined) return true;
    return isRangeFresh(headers, describeFor(this.#state, opened, true).validators);
  }

  /** Whether an error only means that the client has disconnected. */
  isAbort(error: unknown): boolean {
    return this.#abort?.signal.aborted === true && error === this.#abort.signal.reason;
  }
}

const NONE: readonly ContentCoding[] = [];

/** The codings in which a precompressed file may be sent, the best for the client first. */
function codingsFor(segments: readonly string[], state: RequestState): readonly ContentCoding[] {
  const { responder, handler } = state;
  const { precompressed } = handler.config;
  if (precompressed.length === 0) return NONE;
  const { application } = sourcesOf(state, undefined, false);
  const isPossible = mayBePrecompressed(segments.at(-1) ?? '', application, handler.config);
  return isPossible
    ? preferredCodings(responder.request.headers['accept-encoding'], precompressed)
    : NONE;
}

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
const NARROWING = ['range', ...CONDITIONS];

/** Whether the response is likely to be the whole file, because no function can still decide. */
export function isContentLikely({ responder, handler: { config } }: RequestState): boolean {
  const { method, headers } = responder.request;
  return (
    config.allow.length === 0 &&
    method !== 'HEAD' &&
    NARROWING.every((name) => headers[name] === undefined)
  );
}

function negotiate(declared: Found, state: RequestState): StoreConditions {
  const { responder, acceptRanges } = state;
  const { request, response } = responder;
  // An error page of the application is sent as a whole.
  if (response.statusCode !== 200) return { headers: {}, isDecided: false };
  const isConditional = [...CONDITIONS, 'if-range'].some(
    (name) => request.headers[name] !== undefined,
  );
  const { validators } = isConditional ? describeFor(state, declared, true) : UNKNOWN;
  // RFC 9110 §14.2: Range is defined only for GET.
  const mayHaveRange = acceptRanges && request.method === 'GET';
  const { local, forwarded } = splitConditions(request.headers, validators, mayHaveRange);
  return {
    headers: forwarded,
    isDecided: evaluatePreconditions(local, validators) !== 'proceed',
  };
}

const UNKNOWN = {
  validators: {
    etag: undefined,
    lastModified: undefined,
    isDateStrong: false,
    isDateFinal: false,
  },
};
