import { show } from '../../shared/option-checks.js';
import {
  checked,
  type Option,
  type Read,
  type Readers,
  readElement,
  withDefault,
} from '../../shared/option-reader.js';
import type { Traits } from '../contract.js';
import { checkDirectory } from '../front-end-root.js';
import { isAddress, isHost } from '../host.js';
import { checkLocation } from '../location.js';

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

/** Debian's and Ubuntu's. */
const DEFAULT_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

const optionsFor = (remoteLocation: string) =>
  ({
    origin: parseOrigin,
    location: withDefault(remoteLocation, checkLocation),
    trustedCertificates: withDefault(DEFAULT_CERTIFICATES, checkDirectory),
    resolver: checked<string>(
      'the address of a DNS server, such as "127.0.0.53" or "[::1]"',
      isResolver,
    ),
    hideHeaders: checked<readonly string[]>(
      'names of response headers, such as ["x-amz-meta-owner"]',
      (value) => Array.isArray(value) && value.every(isHeaderName),
      [],
    ),
  }) satisfies Readers<FrontEndRemote>;

/** A store, complete and checked. Its location ends with a slash. */
export type RemoteSettings = Read<ReturnType<typeof optionsFor>>;

/** @throws {@link BadOptionError} */
export function parseRemotes(
  { name, remoteLocation }: Traits,
  remotes: unknown,
  option: Option,
): readonly RemoteSettings[] {
  if (!Array.isArray(remotes)) {
    throw option.wrong('an array of { origin }', remotes);
  }
  if (remotes.length === 0) return [];
  if (remoteLocation === undefined) {
    throw option.error(
      `remotes are for nginx only. Leave them out: behind ${name} Node sends remote objects.`,
    );
  }
  const table = optionsFor(remoteLocation);
  const parsed = remotes.map((each: unknown, index) => readElement(each, index, option, table));
  const keys = parsed.map(({ origin, location }) => `${origin.origin} ${location}`);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice === undefined) return parsed;
  throw option.error(
    `remotes must list each origin once, got ${show(twice.split(' ')[0])} twice. Handlers share its location.`,
  );
}

/** Whether a value has only characters that nginx also allows in the name of a variable. */
export function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z\d][\w-]*$/i.test(name);
}

/** An address, with or without a port. */
function isResolver(text: unknown): boolean {
  const [, address = ''] = /^(.*?)(?::\d{1,5})?$/.exec(String(text)) ?? [];
  return typeof text === 'string' && isAddress(address);
}

function parseOrigin(origin: unknown, option: Option): URL {
  if (typeof origin === 'string' && URL.canParse(origin)) {
    const url = new URL(origin);
    const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
    if (isHttp && url.origin === origin && isHost(url.hostname)) return url;
  }
  throw option.wrong(
    'one of the origins of remoteRoot(), such as "https://bucket.s3.example"',
    origin,
  );
}
