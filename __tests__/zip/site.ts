import type { IncomingMessage } from 'node:http';
import { type Outcome, RefusedError, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { type ZipArchive, type ZipEntry, type ZipOptions, zip } from '../../lib/zip/index.js';
import { type Fixture, listenWith } from '../helpers/check.js';

/** A site whose only URL is an archive. */
export interface ArchiveSite extends Fixture {
  /** The archives that were made. */
  readonly archives: ZipArchive[];
  /** Errors of zip() and sendContent(). */
  readonly errors: unknown[];
}

/** How a site makes its archive. */
export interface ArchiveSiteOptions extends XSendfileOptions {
  readonly entries: readonly ZipEntry[] | ((req: IncomingMessage) => readonly ZipEntry[]);
  readonly zipOptions?: Omit<ZipOptions<IncomingMessage>, 'req'>;
  /** Called between zip() and sendContent(). */
  readonly before?: () => void | Promise<void>;
}

export async function createArchiveSite(
  root: string,
  { entries, zipOptions, before = () => {}, ...options }: ArchiveSiteOptions,
): Promise<ArchiveSite> {
  const outcomes: Outcome[] = [];
  const archives: ZipArchive[] = [];
  const errors: unknown[] = [];
  const files = xsendfile(root, {
    ...options,
    onFinish: (outcome, context) => {
      outcomes.push(outcome);
      options.onFinish?.(outcome, context);
    },
  });
  const site = await listenWith(async (req, res) => {
    try {
      const list = typeof entries === 'function' ? entries(req) : entries;
      const archive = await zip(files, list, { ...zipOptions, req });
      archives.push(archive);
      await before();
      await files.sendContent(req, res, archive);
    } catch (error) {
      errors.push(error);
      const status = error instanceof RefusedError ? error.status : 500;
      if (!res.headersSent) res.writeHead(status).end();
    }
  }, outcomes);
  return { ...site, archives, errors };
}

/** The entry of each path, with its own name. */
export function entriesOf(...paths: readonly string[]): ZipEntry[] {
  return paths.map((path) => ({ path, name: path }));
}
