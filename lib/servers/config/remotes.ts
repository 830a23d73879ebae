import { BadOptionError } from '../../shared/errors.js';
import { checkKnownKeys, show } from '../../shared/option-checks.js';
import { checkDirectory } from '../front-end-root.js';
import { isAddress, isHost } from '../host.js';
import { checkLocation } from '../location.js';
import { DEFAULT_REMOTE_LOCATION, type FrontEndServer } from '../names.js';

/** A store of remote objects, see {@link FrontEndConfigOptions.remotes}. */
export interface FrontEndRemote {
  /** One of the `origins` of `remoteRoot()`. */
  readonly origin: string;
  /**
   * The `location` of the sender.
   *
   * @default '/-remote-/'
   */
  readonly location?: string | undefined;
  /**
   * PEM file of the authorities to trust, for an origin with `https:`: absolute.
   *
   * @default '/etc/ssl/certs/ca-certificates.crt'
   */
  readonly trustedCertificates?: string | undefined;
  /**
   * Address of a DNS server, such as `127.0.0.53`, that the server asks again and again for the name of the origin.
   *
   * @default undefined: names are resolved once, when nginx starts, and connections are kept open
   */
  readonly resolver?: string | undefined;
  /**
   * Further response headers of the store that clients must not see, such as `x-amz-meta-owner`: nginx hides headers
   * by their whole names only.
   *
   * @default none, besides those that stores are known to send
   */
  readonly hideHeaders?: readonly string[] | undefined;
}

/** A store, complete and checked. */
export interface RemoteSettings {
  readonly origin: URL;
  /** Prefix of the location, with a slash at its end. */
  readonly location: string;
  readonly trustedCertificates: string;
  readonly resolver: string | undefined;
  readonly hideHeaders: readonly string[];
}

/** A type forces the list to be complete. */
const KNOWN: { readonly [option in keyof Required<FrontEndRemote>]: true } = {
  origin: true,
  location: true,
  trustedCertificates: true,
  resolver: true,
  hideHeaders: true,
};

/** Debian's and Ubuntu's. */
const DEFAULT_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

const HEADER_NAME = /^[a-z\d][\w-]*$/i;

/** @throws {@link BadOptionError} */
export function parseRemotes(
  server: FrontEndServer,
  remotes: unknown,
  caller: string,
): readonly RemoteSettings[] {
  if (!Array.isArray(remotes)) {
    throw new BadOptionError(
      `${caller}: remotes must be an array of { origin }, got ${show(remotes)}.`,
    );
  }
  if (remotes.length > 0 && server !== 'nginx') {
    throw new BadOptionError(
      `${caller}: remotes are for nginx only. Leave them out: behind ${server} this process sends remote objects.`,
    );
  }
  const parsed = remotes.map((each: FrontEndRemote, index) =>
    parseRemote(each, `${caller}: remotes[${index}]`),
  );
  const keys = parsed.map(({ origin, location }) => `${origin.origin} ${location}`);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice === undefined) return parsed;
  throw new BadOptionError(
    `${caller}: remotes must list each origin once, got ${show(twice.split(' ')[0])} twice. Handlers share its location.`,
  );
}

function parseRemote(remote: FrontEndRemote, caller: string): RemoteSettings {
  checkKnownKeys(caller, remote, Object.keys(KNOWN));
  const {
    origin,
    location,
    trustedCertificates = DEFAULT_CERTIFICATES,
    resolver,
    hideHeaders = [],
  } = remote;
  if (resolver !== undefined && !isResolver(resolver)) {
    throw new BadOptionError(
      `${caller}: resolver must be the address of a DNS server, such as "127.0.0.53" or "[::1]", got ${show(resolver)}.`,
    );
  }
  const isNamed = (name: unknown): boolean => typeof name === 'string' && HEADER_NAME.test(name);
  if (!Array.isArray(hideHeaders) || !hideHeaders.every(isNamed)) {
    throw new BadOptionError(
      `${caller}: hideHeaders must be names of response headers, such as ["x-amz-meta-owner"], got ${show(hideHeaders)}.`,
    );
  }
  return {
    origin: parseOrigin(origin, caller),
    location: location === undefined ? DEFAULT_REMOTE_LOCATION : checkLocation(location, caller),
    trustedCertificates: checkDirectory(trustedCertificates, 'trustedCertificates', caller),
    resolver,
    hideHeaders,
  };
}

/** An address, with or without a port. */
function isResolver(text: unknown): boolean {
  const [, address = ''] = /^(.*?)(?::\d{1,5})?$/.exec(String(text)) ?? [];
  return typeof text === 'string' && isAddress(address);
}

function parseOrigin(origin: unknown, caller: string): URL {
  if (typeof origin === 'string' && URL.canParse(origin)) {
    const url = new URL(origin);
    const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
    if (isHttp && url.origin === origin && isHost(url.hostname)) return url;
  }
  throw new BadOptionError(
    `${caller}: origin must be one of the origins of remoteRoot(), such as "https://bucket.s3.example", got ${show(origin)}.`,
  );
}
