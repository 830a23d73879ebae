import type { IncomingMessage } from 'node:http';
import { appendToList } from '../headers/header-value.js';
import type { FileTarget, Sender } from '../types.js';

/** What one front end wants to be told, and how. */
interface FrontEnd {
  readonly name: string;
  /** The header by which it is told what to send. */
  readonly header: string;
  /** The header's value; undefined for a file that the front end cannot be told of. */
  readonly value: (file: FileTarget, req: IncomingMessage) => string | undefined;
  readonly passesContentEncoding: boolean;
  /**
   * Whether ETag and Last-Modified are the application's business; if it sends no ETag, nothing may
   * be stored: Apache would give every file the same one.
   */
  readonly needsValidators: boolean;
  /** Whether it announces ranges by itself; Apache alone does not. */
  readonly announcesRanges: boolean;
}

/**
 * A sender that names the file in a header and leaves the rest to the server in front.
 *
 * The answer is always 200 with an empty body, to GET and HEAD alike, whatever was asked in
 * conditions and ranges: the front end evaluates these and supplies length and bytes. The size of
 * the file as Content-Length would make Apache wait for a body that never comes.
 */
export function createHeaderSender(frontEnd: FrontEnd): Sender {
  return Object.freeze({
    name: frontEnd.name,
    passesContentEncoding: frontEnd.passesContentEncoding,
    send(file, { req, res, decline }) {
      const value = frontEnd.value(file, req);
      if (value === undefined) return decline();
      if (frontEnd.announcesRanges) res.removeHeader('Accept-Ranges');
      if (frontEnd.needsValidators && file.etag === undefined) {
        const cacheControl = res.getHeader('Cache-Control');
        res.setHeader(
          'Cache-Control',
          appendToList(cacheControl === undefined ? undefined : String(cacheControl), 'no-store'),
        );
      }
      res.setHeader(frontEnd.header, value);
      res.setHeader('Content-Length', 0);
      res.writeHead(200);
      // Nothing but an empty end: with a text, Node would write the head as UTF-8 and change the path.
      res.end();
    },
  } satisfies Sender);
}
