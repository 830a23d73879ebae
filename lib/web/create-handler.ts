import type { Prepare, Prepared, Root } from '../handlers/open-root.js';
import { authorizeByPath } from '../handlers/requested-file.js';
import type { Configuration } from '../pipeline/options.js';
import { checkOverrides } from '../pipeline/overrides.js';
import { type FileRequest, run } from '../pipeline/run.js';
import { WebRequest } from '../respond/web/web-request.js';
import { toResponse, WebResponder } from '../respond/web/web-responder.js';
import { isHeaderSender } from '../servers/contract.js';
import { isEmbedded } from '../servers/serve.js';
import {
  BadOptionError,
  BadSenderError,
  isRefusal,
  RefusedError,
  XSendfileError,
} from '../shared/errors.js';
import { MEMBER_FILES } from '../shared/member-files.js';
import { showType } from '../shared/option-checks.js';
import { PASSED_ON } from '../shared/passed-on.js';
import type { FileOverrides, Outcome } from '../types.js';
import { recordOutcomeOf } from './outcomes.js';
import type { RemoteWebHandler, WebHandler, WebOnlyOptions, XSendfileWebHandler } from './types.js';

/** Creates a handler for the files of a root; handlers of one root share its directory and cache. */
export function createHandler(
  root: Root,
  config: Configuration,
  prefix: string,
  caller: string,
): XSendfileWebHandler<Response | undefined> | RemoteWebHandler<Response | undefined> {
  const state = root.createState(config);
  const handle = createRequestHandler({ state, authorize: authorizeByPath(state) }, prefix, caller);
  const methods = Object.entries(root.methodsOf(state)).map(([name, prepare]) => [
    name,
    createSendMethod(name, prepare, prefix),
  ]);
  return Object.freeze(
    Object.assign(handle, root.properties, Object.fromEntries(methods), {
      [MEMBER_FILES]: root.membersOf(state, (request) => {
        checkRequest(request, 'zip');
        const view = new WebRequest(request, prefix);
        return { request: view, subject: request as never, named: { request } as never };
      }),
    }),
  ) as ReturnType<typeof createHandler>;
}

/**
 * Creates the function that responds to each request.
 *
 * @throws {@link BadSenderError} for a sender that needs a response of Node.
 */
export function createRequestHandler(
  { state, authorize, refusalsVaryBy, policy }: Prepared,
  prefix: string,
  caller: string,
): WebHandler<Response | undefined> {
  const { sender, fallthrough } = state.config;
  if (!isEmbedded(sender) && !isHeaderSender(sender)) {
    throw new BadSenderError(
      `${caller}: sender '${sender.name}' writes to a response of Node, which does not exist here. Name files by { name, nameFile } instead.`,
    );
  }
  const { onRefused } = state.config as unknown as Pick<WebOnlyOptions, 'onRefused'>;

  return async function xsendfileHandler(request) {
    checkRequest(request, caller);
    const view = new WebRequest(request, prefix);
    if (!view.isBelowPrefix && fallthrough && onRefused === undefined) return undefined;
    const exchange = createExchange(request, view, {
      policy,
      authorize(responder) {
        if (!view.isBelowPrefix) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
        const file = authorize(responder);
        if (!view.isCanonical) throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
        return file;
      },
    });
    try {
      return await exchange.respond(state);
    } catch (error) {
      if (!isRefusal(error) || error.status === 500) throw error;
      if (onRefused === undefined && fallthrough) {
        if (PASSED_ON.includes(error.status)) return undefined;
        throw error;
      }
      const headers = refusalsVaryBy === undefined ? {} : { Vary: refusalsVaryBy };
      const answer = await onRefused?.(error, { request });
      if (answer !== undefined && answer !== null) checkResponse(answer, caller);
      const response = answer ?? toResponse(error, request.method, headers);
      recordOutcomeOf(response, exchange.outcome);
      return response;
    }
  };
}

/** A method of a handler that sends what the application names. */
type SendMethod = (
  request: Request,
  ...rest: [given: unknown, overrides?: FileOverrides]
) => Promise<Response>;

function createSendMethod(name: string, prepare: Prepare, prefix: string): SendMethod {
  return async (request, ...rest) => {
    const [given, overrides = {}] = rest;
    checkOverrides(overrides, `${name}()`);
    checkRequest(request, `xsendfile: ${name}()`);
    const { state, authorize } = prepare(given as never);
    const exchange = createExchange(request, new WebRequest(request, prefix), {
      authorize: (responder) => ({ ...authorize(responder), overrides }),
    });
    return exchange.respond(state);
  };
}

/** One request and its response. */
interface WebExchange {
  readonly outcome: Promise<Outcome>;
  /** @throws as `run()` does, and the reason of the signal. */
  respond(state: Prepared['state']): Promise<Response>;
}

function createExchange(
  request: Request,
  view: WebRequest,
  { authorize, policy }: Pick<FileRequest, 'authorize' | 'policy'>,
): WebExchange {
  let onOutcome: (outcome: Outcome) => void = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    onOutcome = resolve;
  });
  return {
    outcome,
    respond: (state) =>
      new Promise((resolve, reject) => {
        const responder = new WebResponder(request, view, (response) => {
          recordOutcomeOf(response, outcome);
          resolve(response);
        });
        // Once there is a response, nothing is thrown any more.
        void run(state, { responder, authorize, policy, isAwaited: false, onOutcome }).then(() => {
          if (!responder.response.headersSent) reject(abortError(request.signal.reason));
        }, reject);
      }),
  };
}

/** Some servers abort with a string. */
function abortError(reason: unknown): unknown {
  if (typeof reason === 'object' && reason !== null) return reason;
  return new DOMException(String(reason ?? 'The request was aborted.'), 'AbortError');
}

/** @throws {@link BadOptionError} for anything but a `Request`; frameworks have their own classes of it. */
function checkRequest(request: unknown, caller: string): asserts request is Request {
  const { url, method, headers, req } = (request ?? {}) as Readonly<Record<string, unknown>>;
  const isRequest = typeof (headers as Headers | undefined)?.get === 'function';
  if (isRequest && typeof url === 'string' && typeof method === 'string') return;
  const [what, fix] = has(req, 'raw')
    ? ['the context of Hono', 'Pass c.req.raw.']
    : has(request, 'raw') && headers === undefined
      ? ['the request of Hono', 'Pass c.req.raw.']
      : has(req, 'headers') || has(request, 'request')
        ? ['the event or context of a framework', 'Pass its request.']
        : headers !== undefined && method !== undefined
          ? ['a request of Node', "Use the main entry, 'xsendfile'."]
          : [showType(request), 'Pass the Request.'];
  throw new BadOptionError(`${caller}: the request must be a Request, got ${what}. ${fix}`);
}

/** @throws {@link XSendfileError} for anything but a `Response`; frameworks have their own classes of it. */
function checkResponse(answer: unknown, caller: string): asserts answer is Response {
  const { status, headers } = answer as Partial<Response>;
  if (typeof status === 'number' && typeof headers?.get === 'function') return;
  throw new XSendfileError(
    'ERR_XSENDFILE_BAD_OPTION',
    `${caller}: options.onRefused must return a Response or undefined, or a promise of one, got ${showType(answer)}.`,
  );
}

function has(value: unknown, property: string): boolean {
  return typeof value === 'object' && value !== null && property in value;
}
