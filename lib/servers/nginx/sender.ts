import { STRICT, sanitizeTarget } from '../../request-path/sanitize.js';
import { boolean, optional, type Readers, readOptions } from '../../shared/option-reader.js';
import { encodePercent } from '../../shared/path-encoding.js';
import type { RequestView } from '../../shared/views.js';
import type { Sender } from '../../types.js';
import { createHeaderSender, type Traits } from '../contract.js';
import { REMOTE_HEADER } from '../headers.js';
import { checkLocation } from '../location.js';
import { nginx, remoteLocationOf } from './traits.js';

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

const OPTIONS = {
  location: optional(checkLocation),
  prependMount: boolean(false),
} satisfies Readers<NginxSenderOptions>;

/**
 * Creates a sender for nginx: `X-Accel-Redirect` with the percent-encoded URI of an `internal`
 * location.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function nginxSender(options: NginxSenderOptions = {}): Sender {
  const { location, prependMount } = readOptions('nginxSender', options, OPTIONS);
  return createHeaderSender(nginx, {
    location: location ?? nginx.defaultLocation,
    ...(prependMount && { prefix: mountPathOf }),
    forRemote: (url) => remoteSender(location ?? nginx.remoteLocation, url),
  });
}

/** The headers of the store are passed on. */
const REMOTE: Traits = {
  ...nginx,
  passesContentEncoding: false,
  dropped: ['Content-Encoding', 'ETag', 'Last-Modified'],
};

/**
 * The URL is in a separate header, because nginx would decode one after `X-Accel-Redirect`, and the signature would
 * no longer match.
 */
function remoteSender(prefix: string, url: URL): Sender {
  return createHeaderSender(REMOTE, {
    location: remoteLocationOf(prefix, url),
    path: () => '',
    more: { [REMOTE_HEADER]: url.pathname + url.search },
  });
}

/**
 * Returns the mount path of the handler. It is the client's spelling, so it is sanitized and encoded
 * again.
 */
function mountPathOf({ baseUrl }: RequestView): string {
  if (typeof baseUrl !== 'string' || baseUrl === '') return '';
  const segments = sanitizeTarget(baseUrl, STRICT);
  return `/${segments.map(encodePercent).join('/')}`;
}
