import { parseRanges } from '../http/ranges.js';
import { toDeclaredFile } from '../sources/declared.js';
import type { Found, OpenedFile, Source, StoreDecision, Wanted } from '../sources/source.js';
import type { Content } from '../types.js';
import { type Archived, ArchivePieces } from './archive-pieces.js';
import type { Member } from './member.js';
import { type Sum, summedBytesOf } from './sums.js';

/** Content that is an archive. */
export interface ArchiveToSend extends Archived {
  readonly content: Content & { readonly size: number };
  readonly maxUnsentBytes: number;
}

/** The source of an archive, for the pipeline. */
export function archiveSource(root: string, archive: ArchiveToSend): Source {
  const { read: _, ...statement } = archive.content;
  // Or each range of a response would read the same member again, up to `maxUnsentBytes` each time.
  const sums = new Map<number, Sum>();
  const file = toDeclaredFile(statement, {
    kind: 'pieces',
    read: (start, end) => new ArchivePieces(archive, start, end + 1, sums),
  });
  const found = ({ segments }: Wanted): Found<OpenedFile> => ({
    file,
    segments,
    coding: undefined,
    reference: undefined,
  });
  return {
    root,
    takesDescriptors: true,
    find: async (wanted) => found(wanted),
    isStill: async () => true,
    async open(wanted) {
      if (!isTooExpensive(wanted, archive)) return found(wanted);
      return { ...found(wanted), file: { ...file, decision: WHOLE } };
    },
  };
}

/** A server may ignore any Range (RFC 9110 §14.2); the client still learns that there are ranges. */
const WHOLE: StoreDecision = Object.freeze({ status: 200, range: undefined, acceptsRanges: true });

/** Whether the ranges of a request need the sums of too many bytes that would be read, but not sent. */
function isTooExpensive(
  { request, acceptRanges }: Wanted,
  { content, layout, members, maxUnsentBytes }: ArchiveToSend,
): boolean {
  const { range } = request.headers;
  if (range === undefined || request.method !== 'GET' || !acceptRanges) return false;
  const ranges = parseRanges(range, content.size);
  if (typeof ranges === 'string') return false;
  const isSummed = new Uint8Array(members.length);
  let unsentBytes = 0;
  for (const { start, end } of ranges) {
    for (const { kind, index, needsSum, start: from } of layout.pieces(start, end + 1)) {
      const member = members[index];
      if (member === undefined || !needsSum || isSummed[index] === 1) continue;
      isSummed[index] = 1;
      // What comes after the beginning of the piece is sent.
      const needed = kind === 'data' ? from : member.size;
      unsentBytes += Math.max(0, needed - summedBytes(member));
      if (unsentBytes > maxUnsentBytes) return true;
    }
  }
  return false;
}

function summedBytes({ crc32, size, sumKey }: Member): number {
  if (crc32 !== undefined) return size;
  return sumKey === undefined ? 0 : summedBytesOf(sumKey);
}
