import type { FoundMember, MembersOfRequest } from '../handlers/member-files.js';
import { aboutMember, isRefusal, XSendfileError } from '../shared/errors.js';
import type { OpenedFile } from '../sources/source.js';
import type { Member } from './member.js';
import type { EntryRecord } from './records.js';
import { sumKeyOf } from './sums.js';

/** Properties of an entry that the application has declared, or that follow from its file. */
export interface Stated extends EntryRecord {
  readonly crc32: number | undefined;
}

/** Files up to this size, in bytes, are read as a whole: that costs less than sending them on their own. */
export const SMALL_BYTES = 64 * 1024;

/** A file of the handler as a member: the version that was found, or none. */
export function fileMember(files: MembersOfRequest, found: FoundMember, stated: Stated): Member {
  const { name } = stated;
  const { identity, etag } = found;
  const { dev, ino, size, mtimeNs, ctimeNs } = identity;

  async function openFile(): Promise<OpenedFile> {
    try {
      const opened = await files.open(found, found.size <= SMALL_BYTES);
      if (opened !== undefined) return opened;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Whatever else it is now, it is not the file that was found.
      if (error.status >= 500) throw aboutMember(error, name);
    }
    throw changed(name);
  }

  return {
    ...stated,
    tag: etag && [etag, dev, ino, size, mtimeNs, ctimeNs].join(' '),
    sumKey: sumKeyOf(found),
    async open() {
      const opened = await openFile();
      const { body, close } = opened;
      // Directories have no others.
      if (body.kind !== 'bytes' && body.kind !== 'descriptor') throw changed(name);
      return {
        body,
        async verify() {
          if (!(await files.isStill(opened, found))) throw changed(name);
        },
        close() {
          close();
          if (body.kind === 'bytes') body.recycle?.();
        },
      };
    },
  };
}

function changed(member: string): XSendfileError {
  return aboutMember(
    new XSendfileError(
      'ERR_XSENDFILE_FILE_CHANGED',
      'xsendfile: a member of the archive was changed while it was sent.',
    ),
    member,
  );
}
