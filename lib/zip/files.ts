import type { MemberFiles } from '../handlers/member-files.js';
import { BadOptionError } from '../shared/errors.js';
import { MEMBER_FILES } from '../shared/member-files.js';
import { showType } from '../shared/option-checks.js';

/** A handler for the files below a directory: of the main entry, `xsendfile/web`, Koa or Fastify. */
export interface ZipFiles {
  /** Absolute path of the directory. */
  readonly root: string;
  /** Its first argument is the request for {@link ZipOptions.req}. */
  // biome-ignore lint/suspicious/noExplicitAny: it differs between the entries.
  send(request: any, ...rest: any[]): Promise<unknown>;
}

/** The request that the methods of a handler take. */
export type RequestOf<Files extends ZipFiles> = Parameters<Files['send']>[0];

/**
 * Returns the files of a handler for archives.
 *
 * @throws {@link BadOptionError} for any other value.
 */
export function membersOf(files: unknown, caller: string): MemberFiles {
  const members = (files as { readonly [MEMBER_FILES]?: MemberFiles } | undefined)?.[MEMBER_FILES];
  if (members !== undefined) return members;
  throw new BadOptionError(
    `${caller}: files must be a handler of xsendfile() for a directory, or the property files of authToken(), got ${showType(files)}.`,
  );
}
