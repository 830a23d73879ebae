import type { IncomingMessage } from 'node:http';
import { BadOptionError } from '../errors.js';
import { checkKnownKeys } from '../option-checks.js';
import { sanitizeTarget } from '../path-sanitizer.js';
import type { Sender } from '../types.js';
import { createHeaderSender } from './header-sender.js';
import { encodePercent } from './path-encoding.js';

const DEFAULT_LOCATION = '/-internal-/';

/** Options of {@link nginxSender}. */
export interface NginxSenderOptions {
  /**
   * Name of nginx's `internal` location.
   *
   * Must match the `location` block; a wrong one gives 404 from nginx, not from here. A missing
   * slash at the end is added.
   *
   * @default the path where the handler is mounted, and '/-internal-/'
   */
  readonly location?: string | undefined;
  /**
   * Whether the path where the handler is mounted goes before `location`, as wsgi-xsendfile does
   * with SCRIPT_NAME.
   *
   * @default false if `location` is given
   */
  readonly prependMount?: boolean | undefined;
}

/**
 * `X-Accel-Redirect` for nginx, with the percent-encoded URI of an `internal` location.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function nginxSender(options: NginxSenderOptions = {}): Sender {
  checkKnownKeys('nginxSender', options, ['location', 'prependMount']);
  const { location, prependMount = location === undefined } = options;
  if (typeof prependMount !== 'boolean') {
    throw new BadOptionError(
      `nginxSender: prependMount must be true or false, got ${JSON.stringify(prependMount)}.`,
    );
  }
  const prefix = location === undefined ? DEFAULT_LOCATION : checkLocation(location);
  return createHeaderSender({
    name: 'nginx',
    header: 'X-Accel-Redirect',
    value: ({ relativePath }, req) =>
      (prependMount ? mountPathOf(req) : '') + prefix + encodePercent(relativePath),
    passesContentEncoding: true,
    needsValidators: false,
    announcesRanges: true,
  });
}

/** The header's value is a URI of nginx's: one that could mean `@name`, arguments or a parent is a mistake. */
function checkLocation(location: unknown): string {
  if (typeof location === 'string') {
    const withSlash = location.endsWith('/') ? location : `${location}/`;
    const isPath = /^\/[\w.~!$&'()*+,;=:@%/-]*$/.test(withSlash);
    if (isPath && withSlash !== '/' && !/\/\.{0,2}(?=\/)/.test(withSlash)) return withSlash;
  }
  throw new BadOptionError(
    `nginxSender: location must be the path of an internal location, such as "/-internal-/", got ${JSON.stringify(location)}.`,
  );
}

/**
 * Where Express mounted the handler. The client spelt that part of the URL, so it goes through the
 * sanitizer and is encoded anew.
 */
function mountPathOf(req: IncomingMessage): string {
  const baseUrl = (req as { baseUrl?: unknown }).baseUrl;
  if (typeof baseUrl !== 'string' || baseUrl === '') return '';
  const segments = sanitizeTarget(baseUrl, { collapseSlashes: false, windows: false });
  return `/${segments.map(encodePercent).join('/')}`;
}
