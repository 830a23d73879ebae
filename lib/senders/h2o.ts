import type { IncomingMessage } from 'node:http';
import { CONTROL_HEADER, FORGOTTEN_HEADERS, SUPPLIED_BY_H2O } from '../protocol/control-headers.js';
import { typeInH2o } from '../protocol/h2o-types.js';
import { parseH2oLocation } from '../protocol/location.js';
import { checkKnownKeys } from '../shared/option-checks.js';
import { encodePercent } from '../shared/path-encoding.js';
import type { FileTarget, Sender } from '../types.js';
import { createHeaderSender, type NamingContext } from './header-sender.js';

const FORGOTTEN: readonly string[] = [
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
  ...FORGOTTEN_HEADERS,
];
const SUPPLIED: Readonly<Record<string, string>> = SUPPLIED_BY_H2O;

/** Options of {@link h2oSender}. */
export interface H2oSenderOptions {
  /**
   * URL of the virtual host that has the files and that no client can reach.
   *
   * h2o recognises the name and port as its own; it opens no connection.
   *
   * @default 'http://files.internal:81/'
   */
  readonly location?: string | undefined;
}

/**
 * `X-Reproxy-URL` for h2o 2, with the URL of an internal virtual host.
 *
 * h2o forgets the application's headers. A file whose answer needs one of them, such as an
 * attachment, or a page that has to be in a sandbox, is sent by this process; and so are answers to
 * HEAD and to If-Range, which h2o gets wrong.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function h2oSender(options: H2oSenderOptions = {}): Sender {
  checkKnownKeys('h2oSender', options, ['location']);
  const prefix = parseH2oLocation(options.location, 'h2oSender').href;
  return createHeaderSender({
    name: 'h2o',
    header: CONTROL_HEADER.h2o,
    value: ({ relativePath }) => prefix + encodePercent(relativePath),
    declines: (file, context) => !canAnswer(context.req) || !forgetsNothing(file, context),
    passesContentEncoding: false,
    needsValidators: false,
    announcesRanges: true,
    dropped: ['Content-Type', ...FORGOTTEN],
  });
}

/**
 * h2o asks its internal host by GET, and sends the body to HEAD, too: a client that keeps the
 * connection takes it for the next answer. It also ignores If-Range, so that a download that is
 * resumed would consist of the old and the new file.
 */
function canAnswer({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['if-range'] === undefined;
}

/** Counts what hooks, options and links have added to the application's own headers, too. */
function forgetsNothing({ type, name }: FileTarget, { headerOf }: NamingContext): boolean {
  return (
    type === typeInH2o(name) &&
    FORGOTTEN.every((header) => {
      const value = headerOf(header);
      return value === undefined || withoutNoTransform(value) === SUPPLIED[header];
    })
  );
}

/** Meant for middleware of this process, which h2o's answer does not pass. */
function withoutNoTransform(value: string): string {
  return value.replace(/, no-transform$/, '');
}
