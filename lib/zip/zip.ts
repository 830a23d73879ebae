import { createHash } from 'node:crypto';
import { markAsArchive } from '../handlers/archive-content.js';
import { checked, oneOf, type Readers, readOptions, unread } from '../shared/option-reader.js';
import type { Content } from '../types.js';
import { readArchive } from './archive-pieces.js';
import { archiveSource } from './archive-source.js';
import { findMembers, readEntries, type SkippedEntry, type ZipEntry } from './entries.js';
import { membersOf, type RequestOf, type ZipFiles } from './files.js';
import { folder } from './folder.js';
import { Layout } from './layout.js';
import type { Member } from './member.js';

/** Options of {@link zip}. */
export interface ZipOptions<Request = unknown> {
  /** The request for the archive, as for `send()`: of Node, a `Request`, or the context of Koa. */
  readonly req: Request;
  /** File name of the archive. @default 'archive.zip' */
  readonly name?: string | undefined;
  /**
   * Treatment of a file that cannot be sent: `reject` with what `send()` would reject with, or `skip` it, and list it in
   * {@link ZipArchive.skipped}. Errors of the server, with status 500 and above, are never skipped.
   *
   * @default 'reject'
   */
  readonly onRefused?: 'reject' | 'skip' | undefined;
  /**
   * Maximum bytes that may be read for a range without being sent, for sums that the range contains, but that are not
   * known. If it needs more, the range is ignored: the response is the whole archive.
   *
   * @default 1073741824
   */
  readonly maxUnsentBytes?: number | undefined;
}

/** An archive, for `sendContent()`. */
export interface ZipArchive extends Content {
  /** In bytes. */
  readonly size: number;
  /** The entries that were left out. */
  readonly skipped: readonly SkippedEntry[];
}

/** In every ETag; it must change if the same members give other bytes. */
const FORMAT = 'xsendfile/zip 1';
const DEFAULT_UNSENT_BYTES = 1024 ** 3;

const OPTIONS = {
  req: unread<unknown>,
  name: checked<string>(
    'a file name',
    (value) => typeof value === 'string' && value !== '',
    'archive.zip',
  ),
  onRefused: oneOf('reject', 'skip'),
  maxUnsentBytes: checked<number>(
    'a number of bytes, 0 or more',
    (value) => typeof value === 'number' && value >= 0,
    DEFAULT_UNSENT_BYTES,
  ),
} satisfies Readers<ZipOptions>;

/**
 * Makes a ZIP archive of several files, which are stored without compression: its length is known before the first
 * byte, and any range of it can be sent, so that browsers show progress and downloads can be resumed.
 *
 * Each file passes the checks of a download, the option `allow` of the handler included, and is read while it is sent.
 * Send the archive at once, with `sendContent()` of the same handler and the same request, as an attachment by default.
 * If a file has changed by then, the connection is closed, and the `member` of the outcome names it.
 *
 * @param files - a handler for a directory.
 * @throws {@link BadOptionError} (as a rejection) for wrong entries or names, {@link RefusedError} for a file that cannot
 * be sent, with its name as `member`, and what `allow` throws.
 *
 * @example Two files and a note
 * ```ts
 * import express from 'express';
 * import { xsendfile } from 'xsendfile';
 * import { zip } from 'xsendfile/zip';
 *
 * const files = xsendfile('/srv/files');
 * const app = express();
 * app.get('/reports', async (req, res) => {
 *   const entries = [
 *     { path: '2024/q3.pdf', name: 'Reports/Q3.pdf' },
 *     { path: '2024/q4.pdf', name: 'Reports/Q4.pdf' },
 *     { content: Buffer.from('Not audited.'), name: 'README.txt' },
 *   ];
 *   const archive = await zip(files, entries, { req, name: 'Reports.zip' });
 *   await files.sendContent(req, res, archive);
 * });
 * ```
 */
export async function zip<Files extends ZipFiles>(
  files: Files,
  entries: readonly ZipEntry[],
  options: ZipOptions<RequestOf<Files>>,
): Promise<ZipArchive> {
  const { req, name, onRefused, maxUnsentBytes } = readOptions('zip', options, OPTIONS);
  const request = membersOf(files, 'zip')(req, name);
  const checkedEntries = readEntries(entries);
  const { observers } = request;
  try {
    const { members, skipped } = await findMembers(checkedEntries, request, onRefused === 'skip');
    const layout = new Layout(members);
    const content = {
      name,
      size: layout.size,
      etag: etagOf(members),
      type: 'application/zip',
      read: (start: number, end: number = layout.size - 1) =>
        readArchive({ members, layout }, start, end + 1),
    };
    // Of a file that is left out, nothing allows the content beside it.
    const paths = checkedEntries.filter(({ path }) => path !== undefined);
    const isDecided = paths.length > skipped.length;
    return Object.freeze(
      markAsArchive(
        { ...content, skipped },
        {
          name,
          createSource: (root) => archiveSource(root, { content, members, layout, maxUnsentBytes }),
          decidedFor: isDecided ? request.subject : undefined,
          observers,
        },
      ),
    );
  } catch (error) {
    observers.fail(error);
    throw error;
  }
}

/** Returns the ETag of an archive; undefined if a member has none, and weak if one is. */
function etagOf(members: readonly Member[]): string | undefined {
  const hash = createHash('sha256').update(FORMAT);
  let isWeak = false;
  for (const { name, size, mtimeMs, tag, crc32 } of members) {
    if (tag === undefined) return undefined;
    isWeak ||= tag.startsWith('W/');
    hash.update(JSON.stringify([name, size, mtimeMs, tag, crc32]));
  }
  return `${isWeak ? 'W/' : ''}"${hash.digest('base64url')}"`;
}

/** See {@link folder}. */
zip.folder = folder;
