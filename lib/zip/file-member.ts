import { read } from 'node:fs';
import type { FoundMember, MembersOfRequest } from '../handlers/member-files.js';
import {
  aboutMember,
  isRefusal,
  refusalForFileSystemError,
  XSendfileError,
} from '../shared/errors.js';
import type { OpenedFile } from '../sources/source.js';
import type { Member, MemberReader } from './member.js';
import type { EntryRecord } from './records.js';
import { sumKeyOf } from './sums.js';

/** What the application says about an entry. */
export interface Stated extends EntryRecord {
  readonly crc32: number | undefined;
}

/** A file of the handler as a member: the version that was found, or none. */
export function fileMember(files: MembersOfRequest, found: FoundMember, stated: Stated): Member {
  const { name } = stated;
  const { identity, etag } = found;
  const { dev, ino, size, mtimeNs, ctimeNs } = identity;

  async function openFile(): Promise<OpenedFile> {
    try {
      const opened = await files.open(found);
      if (opened !== undefined) return opened;
    } catch (error) {
      // Whatever else it is now, it is not the file that was found.
      if (!isRefusal(error) || error.status >= 500) throw about(error, name);
    }
    throw changed(name);
  }

  return {
    ...stated,
    tag: etag && [etag, dev, ino, size, mtimeNs, ctimeNs].join(' '),
    sumKey: sumKeyOf(found),
    mayWait: false,
    async open() {
      const opened = await openFile();
      return {
        async read(target, offset, length, position) {
          const bytesRead = await readInto(
            opened,
            target.subarray(offset, offset + length),
            position,
          );
          if (bytesRead === 0) throw changed(name);
          return bytesRead;
        },
        async finish() {
          if (!(await files.isStill(opened, found))) throw changed(name);
        },
        abort() {},
        close: opened.close,
      } satisfies MemberReader;
    },
  };

  async function readInto({ body }: OpenedFile, target: Buffer, position: number): Promise<number> {
    if (body.kind === 'bytes') return body.bytes.copy(target, 0, position);
    if (body.kind !== 'descriptor') throw changed(name);
    const { descriptor } = body;
    try {
      return await new Promise<number>((resolve, reject) => {
        read(descriptor, target, 0, target.length, position, (error, bytesRead) =>
          error ? reject(error) : resolve(bytesRead),
        );
      });
    } catch (error) {
      throw aboutMember(refusalForFileSystemError(error), name);
    }
  }
}

function about(error: unknown, member: string): unknown {
  return isRefusal(error) ? aboutMember(error, member) : error;
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
