import { EMBEDDING } from '../../shared/embedding.js';
import { type Readers, readOptions } from '../../shared/option-reader.js';
import type { Embedding, FileTarget, NamingContext, Sender } from '../../types.js';
import { createHeaderSender } from '../contract.js';
import { defaultHeaders, h2o, NEEDED_HEADERS, parseLocation } from './traits.js';
import { typeInH2o } from './types.js';

/** Options of {@link h2oSender}. */
export interface H2oSenderOptions {
  /**
   * URL of the internal virtual host that serves the files, which clients cannot reach.
   *
   * h2o recognises the name and port as its own; it opens no connection.
   *
   * @default 'http://files.internal:81/'
   */
  readonly location?: string | undefined;
  /**
   * The option `embedding` of the handler, and of `createFrontEndConfig()`: h2o sends its headers as constants. This
   * process sends files with others.
   *
   * @default 'same-site'
   */
  readonly embedding?: Embedding | undefined;
}

const OPTIONS = {
  location: parseLocation,
  embedding: EMBEDDING,
} satisfies Readers<H2oSenderOptions>;

/**
 * Creates a sender for h2o 2: `X-Reproxy-URL` with the URL of an internal virtual host.
 *
 * h2o drops the application's headers. If a response needs one of them, as for an attachment or a
 * sandboxed page, this process sends the file. It also responds to HEAD and If-Range, which h2o
 * handles incorrectly.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 */
export function h2oSender(options: H2oSenderOptions = {}): Sender {
  const { location, embedding } = readOptions('h2oSender', options, OPTIONS);
  const constants = defaultHeaders(embedding);
  return createHeaderSender(h2o, {
    location,
    declines: (file, context) =>
      !canAnswer(context.request) || !dropsNothing(file, context, constants),
  });
}

/**
 * h2o requests the file with GET, and sends the body in response to HEAD, too: on a persistent
 * connection, a client would read it as the next response. It also ignores If-Range, so a resumed
 * download could combine bytes of the old and the new file.
 */
function canAnswer({ method, headers }: NamingContext['request']): boolean {
  return method === 'GET' && headers['if-range'] === undefined;
}

/** Considers all headers: the application's own, and those from its functions, options and links. */
function dropsNothing(
  { type, name }: FileTarget,
  { headerOf }: NamingContext,
  constants: Readonly<Record<string, string>>,
): boolean {
  return (
    type === typeInH2o(name) &&
    NEEDED_HEADERS.every((header) => {
      const value = headerOf(header);
      return value === undefined || withoutNoTransform(value) === constants[header];
    })
  );
}

/** The directive is for middleware of the application, through which h2o's response does not pass. */
function withoutNoTransform(value: string): string {
  return value.replace(/, no-transform$/, '');
}
