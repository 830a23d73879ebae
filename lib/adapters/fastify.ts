/**
 * Plugin for Fastify.
 *
 * @module
 */

import type { FastifyRequest } from 'fastify';
import * as core from '../index.js';
import { readPrefix, splitTarget } from '../request-path/prefix.js';
import { BadOptionError, isRefusal } from '../shared/errors.js';
import { isFileHeader } from '../shared/file-headers.js';
import { showType } from '../shared/option-checks.js';
import { boolean, type Readers, readOptions } from '../shared/option-reader.js';
import { adaptMembers } from './adapt-members.js';
import { type ObservedExchanges, observeExchanges, withHeaders } from './exchange.js';
import type {
  FastifyAuthToken,
  FastifyFileReply,
  FastifyFileRequest,
  FastifyMountOptions,
  FastifyPlugin,
  FastifyRemote,
  FastifyScope,
  FastifyXSendfile,
} from './fastify-types.js';
import { appOf, lendProperties, type RouterProperties, withRest } from './router-properties.js';

/**
 * Creates a Fastify plugin that sends the files below one directory.
 *
 * Headers of the reply, and those that hooks such as @fastify/cors have set, are sent with the file. Options
 * that are functions get Node's request; {@link requestOf} returns Fastify's. `onSend` hooks do not run for
 * files, because Fastify does not send them; `onResponse` hooks do.
 *
 * @param root - absolute path or file: URL of an existing directory, without symbolic links; or the result of
 * `remoteRoot()` of `xsendfile/remote`.
 * @throws `BadRootError`, `BadSenderError` or `BadOptionError`, as the core does.
 *
 * @example A directory, and a route
 * ```ts
 * import Fastify from 'fastify';
 * import { xsendfile } from 'xsendfile/fastify';
 *
 * const app = Fastify();
 * await app.register(xsendfile('/srv/files'), { prefix: '/files' });
 * app.get('/report', (_request, reply) => reply.download('2024/q3.pdf', 'Report.pdf'));
 * await app.listen({ port: 3000 });
 * ```
 */
export function xsendfile<R extends string | URL | core.RemoteRoot>(
  root: R,
  options?: R extends core.RemoteRoot ? core.RemoteOptions : core.XSendfileOptions,
): R extends core.RemoteRoot ? FastifyRemote : FastifyXSendfile {
  const exchanges = observeExchanges<core.XSendfileOptions>(options ?? {});
  // The core distinguishes the kinds of roots.
  return toFastify(core.xsendfile(root as string, exchanges.options), exchanges) as ReturnType<
    typeof xsendfile<R>
  >;
}

/**
 * Creates a Fastify plugin that sends the files below one directory to clients with a valid signed link.
 *
 * @param secret - shared with the signer of the links.
 * @param root - as for {@link xsendfile}.
 * @throws `BadRootError`, `BadSenderError` or `BadOptionError`, as the core does.
 */
export function authToken<R extends string | URL | core.RemoteRoot>(
  secret: core.Secret | readonly core.Secret[],
  root: R,
  options?: R extends core.RemoteRoot ? core.RemoteAuthTokenOptions : core.AuthTokenOptions,
): FastifyAuthToken<R extends core.RemoteRoot ? FastifyRemote : FastifyXSendfile> {
  const exchanges = observeExchanges<core.AuthTokenOptions>(options ?? {});
  const handler = core.authToken(secret, root as string, exchanges.options);
  const plugin = createPlugin(handler, NO_DECORATORS, exchanges, 'authToken', options?.confirm);
  const files = toFastify(handler.files, exchanges) as ReturnType<typeof xsendfile<R>>;
  return Object.freeze(Object.assign(plugin, { signer: handler.signer, files }));
}

const NO_DECORATORS: Decorators = {};

export type {
  FastifyAuthToken,
  FastifyFileReply,
  FastifyFileRequest,
  FastifyMountOptions,
  FastifyPlugin,
  FastifyRemote,
  FastifyScope,
  FastifyXSendfile,
} from './fastify-types.js';

/** Registered, because the ESM and the CommonJS build have separate modules. */
const REQUEST = Symbol.for('xsendfile.fastifyRequest');

/**
 * Returns Fastify's request for a request that an option of the handler has received, for decorators such as
 * `request.user`: `allow: (file, { req }) => isOwner(requestOf(req).user, file)`.
 *
 * @throws TypeError for a request that no plugin of this module has received.
 */
export function requestOf<Request = FastifyRequest>(req: core.HttpRequest): Request {
  const request: unknown = Reflect.get(req, REQUEST);
  if (request === undefined) throw new TypeError('requestOf: this is not a request to Fastify.');
  return request as Request;
}

function toFastify(
  handler: core.XSendfileHandler | core.RemoteHandler,
  exchanges: ObservedExchanges<unknown>,
): FastifyXSendfile | FastifyRemote {
  if ('sendRemote' in handler) {
    const { remote } = handler;
    const sendRemote: FastifyRemote['sendRemote'] = (request, reply, ...rest) =>
      respond(request, reply, {}, () => handler.sendRemote(request.raw, reply.raw, ...rest));
    const decorators = { sendRemote: decoratorOf(sendRemote) };
    const plugin = createPlugin(handler, decorators, exchanges, 'xsendfile');
    return Object.freeze(Object.assign(plugin, { remote, sendRemote }));
  }
  const send: FastifyXSendfile['send'] = (request, reply, ...rest) =>
    respond(request, reply, {}, () => handler.send(request.raw, reply.raw, ...rest));
  const sendContent: FastifyXSendfile['sendContent'] = (request, reply, ...rest) =>
    respond(request, reply, {}, () => handler.sendContent(request.raw, reply.raw, ...rest));
  const sendFile = decoratorOf(send);
  const download: Decorators[string] = function (path, filename, overrides) {
    const contentDisposition = { type: 'attachment', filename };
    return sendFile.call(this, path, { contentDisposition, ...overrides });
  };
  const plugin = createPlugin(handler, { sendFile, download }, exchanges, 'xsendfile');
  const members = adaptMembers(handler, (given: FastifyFileRequest) => {
    const { raw } = given;
    if (raw !== undefined) Reflect.set(raw, REQUEST, given);
    return raw;
  });
  return Object.freeze(Object.assign(plugin, { root: handler.root, send, sendContent }, members));
}

const MOUNT_OPTIONS = {
  prefix: readPrefix,
  serve: boolean(true),
  decorateReply: boolean(true),
} satisfies Readers<FastifyMountOptions>;

function createPlugin(
  handler: core.Middleware,
  decorators: Decorators,
  { handle }: ObservedExchanges<unknown>,
  caller: string,
  confirm: unknown = false,
): FastifyPlugin {
  const plugin: FastifyPlugin = async (instance, options) => {
    const read = readOptions(`${caller}: register()`, options, MOUNT_OPTIONS);
    const { prefix, serve, decorateReply } = read;
    if (decorateReply) {
      for (const [name, method] of Object.entries(decorators)) instance.decorateReply(name, method);
    }
    if (!serve) return;
    const depth = `${instance.prefix}${prefix}`.split('/').length - 1;
    const route = {
      method: ['GET', 'HEAD'],
      url: `${prefix}/*`,
      handler(request: FastifyFileRequest, reply: FastifyFileReply) {
        const { raw } = request;
        const [baseUrl, url] = splitTarget(raw.url ?? '', depth);
        const call = (): Promise<boolean> =>
          withRest(raw, url, () => handle(handler, raw, reply.raw));
        respond(request, reply, { baseUrl }, call)
          .then((isAnswered) => isAnswered || reply.callNotFound())
          .catch((error: unknown) => sendError(reply, error));
      },
    };
    instance.route(route);
    // A scope of its own: the parser, which reads nothing, is only for the form.
    if (confirm !== false) {
      instance.register(async (scope: FormScope) => {
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
        scope.route({ ...route, method: ['POST'] });
      });
    }
  };
  // Fastify's documented way to keep routes and decorators in the instance that registers the plugin.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

/** The parts of a scope that take a form without its body. */
interface FormScope extends FastifyScope {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): void;
}

interface DecoratedReply extends FastifyFileReply {
  readonly request: FastifyFileRequest;
}

/** Methods for replies, by name; their types are declared in `FastifyReply`. */
type Decorators = Readonly<
  // biome-ignore lint/suspicious/noExplicitAny: each has its own arguments.
  Record<string, (this: DecoratedReply, ...rest: any[]) => DecoratedReply>
>;

/** Makes a method of replies that sends, and gives errors to Fastify. */
function decoratorOf<Rest extends unknown[]>(
  send: (
    request: FastifyFileRequest,
    reply: FastifyFileReply,
    ...rest: Rest
  ) => Promise<core.Outcome>,
) {
  return function (this: DecoratedReply, ...rest: Rest): DecoratedReply {
    send(this.request, this, ...rest).catch((error: unknown) => sendError(this, error));
    return this;
  };
}

/** Lets a handler of the core respond to a request to Fastify. */
async function respond<Result>(
  request: FastifyFileRequest,
  reply: FastifyFileReply,
  mount: Partial<RouterProperties>,
  exchange: () => Promise<Result>,
): Promise<Result> {
  if (typeof request?.raw?.headers !== 'object' || typeof reply?.getHeaders !== 'function') {
    throw new BadOptionError(
      `xsendfile/fastify: the first arguments must be the request and the reply of Fastify, got ${showType(request)}, ${showType(reply)}.`,
    );
  }
  const { raw, originalUrl, params, ip, ips } = request;
  Reflect.set(raw, REQUEST, request);
  // `ips` is only there with the option `trustProxy`.
  const app = appOf(ips !== undefined);
  const restore = lendProperties(raw, { originalUrl, params, ip, app, ...mount });
  const takeBack = lendHeaders(reply);
  let result: Result;
  try {
    result = await exchange();
  } catch (error) {
    takeBack();
    throw withHeaders(error);
  } finally {
    restore();
  }
  if (result === false) takeBack();
  else reply.hijack();
  return result;
}

/**
 * Sets the headers of a reply on Node's response, which the file is sent with.
 *
 * @returns a function that restores the previous headers, unless they have been sent.
 */
function lendHeaders(reply: FastifyFileReply): () => void {
  const { raw } = reply;
  const before = raw.getHeaders();
  const lent = Object.entries(reply.getHeaders()).filter(([name, value]) => before[name] !== value);
  for (const [name, value] of lent) if (value !== undefined) raw.setHeader(name, value);
  return () => {
    if (raw.headersSent) return;
    for (const [name] of lent) {
      const value = before[name];
      if (value === undefined) raw.removeHeader(name);
      else raw.setHeader(name, value);
    }
  };
}

/** Gives an error to Fastify, and a 404 to its not-found handler, as @fastify/static does. */
function sendError(reply: FastifyFileReply, error: unknown): void {
  if (reply.sent) return;
  for (const name of Object.keys(reply.getHeaders())) {
    if (!isFileHeader(name)) continue;
    reply.removeHeader(name);
    reply.raw.removeHeader(name);
  }
  if (isRefusal(error) && error.statusCode === 404) {
    reply.headers(error.headers);
    reply.callNotFound();
  } else {
    reply.send(error);
  }
}
