import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import { types } from 'node:util';
import { showType } from '../shared/option-checks.js';
import {
  callback,
  count,
  type Option,
  optional,
  type Readers,
  readOptions,
  seconds,
  withDefault,
} from '../shared/option-reader.js';
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
   * Returns the object for a path, so that a handler can be mounted, used on a route, and used for links.
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
   * Seconds within which the store must respond with a head, including the wait for a connection: after that, clients
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

const OPTIONS = {
  origins: parseOrigins,
  // Internally, requests have the types of node:http.
  locate: callback<Locate | undefined>(),
  // More than the slow readers that a process usually has.
  connections: count(1024),
  timeout: seconds(30),
  addresses: withDefault([], parseNetworks),
  ca: optional(readCertificates),
  lookup: callback<RemoteRootOptions['lookup']>(),
} satisfies Readers<RemoteRootOptions>;

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
  const read = readOptions('remoteRoot', options, OPTIONS);
  const { origins, locate, connections, ca } = read;
  const lookup = createLookup(read.addresses, read.lookup);
  return createRemoteRoot(origins, {
    locate,
    checkUrl: (url, caller) => checkUrl(url, origins, caller),
    ask: createStoreClient({ connections, timeoutMs: read.timeout * 1000, lookup, ca }),
  });
}

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** TLS silently ignores anything but certificates in PEM. */
function readCertificates(ca: unknown, option: Option): RemoteRootOptions['ca'] {
  const list: readonly unknown[] = Array.isArray(ca) ? ca : [ca];
  if (list.length > 0 && list.every(hasCertificates)) return ca as RemoteRootOptions['ca'];
  throw option.error(
    `ca must be certificates in PEM, as a string, a Buffer or a list of these, got ${showType(ca)}.`,
  );
}

function hasCertificates(text: unknown): boolean {
  if (typeof text !== 'string' && !types.isUint8Array(text)) return false;
  const certificates = Buffer.from(text as string)
    .toString('latin1')
    .match(CERTIFICATE);
  try {
    for (const each of certificates ?? []) new X509Certificate(each);
    return certificates !== null;
  } catch {
    return false;
  }
}
