import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import { types } from 'node:util';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show, showType } from '../shared/option-checks.js';
import { createRemoteRoot } from '../sources/store/remote-store.js';
import type { HttpRequest, Locate, RemoteRoot } from '../types.js';
import { createLookup, parseNetworks } from './addresses.js';
import { checkUrl, parseOrigins } from './origins.js';
import { createStoreClient } from './store-client.js';

/** Options of {@link remoteRoot}. */
export interface RemoteRootOptions<Req extends HttpRequest = IncomingMessage> {
  /**
   * Origins of the stores, in canonical spelling: `https://bucket.s3.example`, `http://minio.internal:9000`. The URLs
   * of all objects must be below one of them.
   */
  readonly origins: readonly (string | URL)[];
  /**
   * Names the object for a path, so that a handler can be mounted, used as a route, and given links.
   *
   * @default none: only `sendRemote()` can be called
   */
  readonly locate?: Locate<Req> | undefined;
  /**
   * Maximum number of connections to each origin: of downloads at a time, because each has its own. Further requests
   * wait as long as `timeout`.
   *
   * @default 1024
   */
  readonly connections?: number | undefined;
  /**
   * Seconds until the store must have answered with a head, including the wait for a connection: after that, clients
   * get 504, or 503 if no connection was free. During a body, `idleTimeout` of the handler applies.
   *
   * @default 30
   */
  readonly timeout?: number | undefined;
  /**
   * Networks that the names of origins may resolve to, such as `['10.0.0.0/8']`. All addresses that are not public are
   * refused otherwise, except for an origin that is itself an address or `localhost`.
   *
   * @default []
   */
  readonly addresses?: readonly string[] | undefined;
  /** Certificates of the authorities to trust, PEM, instead of Node's. @default Node's */
  readonly ca?: AgentOptions['ca'] | undefined;
  /** Resolves the names of origins. @default `dns.lookup` */
  readonly lookup?: LookupFunction | undefined;
}

/** A type forces the list to be complete. */
const KNOWN: { readonly [key in keyof Required<RemoteRootOptions>]: true } = {
  origins: true,
  locate: true,
  connections: true,
  timeout: true,
  addresses: true,
  ca: true,
  lookup: true,
};

/** More than the slow readers that a process usually has. */
const DEFAULT_CONNECTIONS = 1024;
/** Seconds. */
const DEFAULT_TIMEOUT = 30;
/** Seconds; the limit of Node's timers. */
const LONGEST_TIMEOUT = 2 ** 31 / 1000 - 1;

/**
 * Creates the root of a handler that sends private objects of S3-compatible storage: it takes the place of a
 * directory in `xsendfile()` and `authToken()`.
 *
 * The origins are part of the configuration, and no request can reach another one: redirects are not followed, and
 * names must not resolve to private addresses.
 *
 * @throws {@link BadOptionError} when an option is unknown or has a wrong value.
 *
 * @example Invoices in a bucket
 * ```ts
 * import { xsendfile } from 'xsendfile';
 * import { remoteRoot } from 'xsendfile/remote';
 *
 * const remote = remoteRoot({ origins: ['https://invoices.s3.example'] });
 * const invoices = xsendfile(remote, { disposition: 'attachment' });
 * app.get('/invoice/:id', requireLogin, (req, res, next) => {
 *   presign(`https://invoices.s3.example/${req.params.id}.pdf`)
 *     .then((url) => invoices.sendRemote(req, res, { url, name: 'Invoice.pdf' }))
 *     .catch(next);
 * });
 * ```
 */
export function remoteRoot<Req extends HttpRequest = IncomingMessage>(
  options: RemoteRootOptions<Req>,
): RemoteRoot {
  const caller = 'remoteRoot';
  checkKnownKeys(caller, options, Object.keys(KNOWN));
  const { connections = DEFAULT_CONNECTIONS, timeout = DEFAULT_TIMEOUT, ca } = options;
  const wrong = (name: string, expected: string, value: unknown): BadOptionError =>
    new BadOptionError(`${caller}: ${name} must be ${expected}, got ${show(value)}.`);
  if (!Number.isSafeInteger(connections) || connections < 1) {
    throw wrong('connections', 'a whole number, 1 or more', connections);
  }
  if (typeof timeout !== 'number' || !(timeout > 0 && timeout <= LONGEST_TIMEOUT)) {
    throw wrong('timeout', 'a number of seconds above 0', timeout);
  }
  for (const name of ['locate', 'lookup'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'function') throw wrong(name, 'a function', value);
  }
  if (ca !== undefined && !isCertificates(ca)) {
    throw new BadOptionError(
      `${caller}: ca must be certificates in PEM, as a string, a Buffer or a list of these, got ${showType(ca)}.`,
    );
  }
  const origins = parseOrigins(options.origins, caller);
  const lookup = createLookup(parseNetworks(options.addresses, caller), options.lookup);
  return createRemoteRoot(origins, {
    // Internally, requests have the types of node:http.
    locate: options.locate as Locate | undefined,
    checkUrl: (url, who) => checkUrl(url, origins, who),
    ask: createStoreClient({ connections, timeoutMs: timeout * 1000, lookup, ca }),
  });
}

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Whether a value has certificates in PEM: TLS ignores anything else without a word. */
function isCertificates(ca: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(ca) ? ca : [ca];
  return list.length > 0 && list.every(hasCertificates);
}

function hasCertificates(text: unknown): boolean {
  if (typeof text !== 'string' && !types.isUint8Array(text)) return false;
  const certificates =
    Buffer.from(text as string)
      .toString('latin1')
      .match(CERTIFICATE) ?? [];
  try {
    return certificates.map((each) => new X509Certificate(each)).length > 0;
  } catch {
    return false;
  }
}
