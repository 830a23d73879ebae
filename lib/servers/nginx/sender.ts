import type { IncomingMessage } from 'node:http';
import { STRICT, sanitizeTarget } from '../../request-path/sanitize.js';
import { BadOptionError } from '../../shared/errors.js';
import { checkKnownKeys } from '../../shared/option-checks.js';
import { encodePercent } from '../../shared/path-encoding.js';
import type { Sender } from '../../types.js';
import { createHeaderSender } from '../contract.js';
import { checkLocation } from '../location.js';
import {
  CONTROL_HEADER,
  DEFAULT_LOCATION,
  DEFAULT_REMOTE_LOCATION,
  DOWNLOAD_ID_HEADER,
  REMOTE_HEADER,
  RESTORED_HEADERS,
  remoteLocationOf,
  TUNING_HEADERS,
} from '../names.js';

/** Options of {@link nginxSender}. */
export interface NginxSenderOptions {
  /**
   * Name of nginx's `internal` location.
   *
   * Must match the `location` block; otherwise nginx responds with 404. A missing trailing slash is
   * added.
   *
   * For remote objects it is the prefix of the locations of all origins.
   *
   * @default `'/-internal-/'`, wherever the handler is mounted; `'/-remote-/'` for remote objects
   */
  readonly location?: string | undefined;
  /**
   * Whether the mount path of the handler is put before `location`, as wsgi-xsendfile does with
   * SCRIPT_NAME. It does not change the locations of remote objects.
   *
   * @default false
   */
  readonly prependMount?: boolean | undefined;
}

/**
 * Creates a sender for nginx: `X-Accel-Redirect` with the percent-encoded URI of an `internal`
 * location.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function nginxSender(options: NginxSenderOptions = {}): Sender {
  checkKnownKeys('nginxSender', options, ['location', 'prependMount']);
  const { location, prependMount = false } = options;
  if (typeof prependMount !== 'boolean') {
    throw new BadOptionError(
      `nginxSender: prependMount must be true or false, got ${JSON.stringify(prependMount)}.`,
    );
  }
  const prefix =
    location === undefined ? DEFAULT_LOCATION.nginx : checkLocation(location, 'nginxSender');
  return createHeaderSender({
    ...NGINX,
    value: ({ relativePath }) => prefix + encodePercent(relativePath),
    ...(prependMount ? { prefix: mountPathOf } : { location: prefix }),
    passesContentEncoding: true,
    forRemote: (url) =>
      remoteSender(location === undefined ? DEFAULT_REMOTE_LOCATION : prefix, url),
  });
}

const NGINX = {
  name: 'nginx',
  header: CONTROL_HEADER.nginx,
  needsValidators: false,
  announcesRanges: true,
  restored: RESTORED_HEADERS,
  controls: TUNING_HEADERS.nginx,
  downloadIdHeader: DOWNLOAD_ID_HEADER.nginx,
  limitRate: (bytesPerSecond: number) => ({ 'X-Accel-Limit-Rate': bytesPerSecond }),
} as const;

/**
 * The URL is in a header of its own, because nginx would decode one after `X-Accel-Redirect`, and the signature
 * would be that of another.
 */
function remoteSender(prefix: string, url: URL): Sender {
  return createHeaderSender({
    ...NGINX,
    value: () => remoteLocationOf(prefix, url),
    more: { [REMOTE_HEADER]: url.pathname + url.search },
    passesContentEncoding: false,
    // What the store says is passed on.
    dropped: ['Content-Encoding', 'ETag', 'Last-Modified'],
  });
}

/**
 * Returns the mount path of the handler. It is the client's spelling, so it is sanitized and encoded
 * again.
 */
function mountPathOf(req: IncomingMessage): string {
  const baseUrl = (req as { baseUrl?: unknown }).baseUrl;
  if (typeof baseUrl !== 'string' || baseUrl === '') return '';
  const segments = sanitizeTarget(baseUrl, STRICT);
  return `/${segments.map(encodePercent).join('/')}`;
}
