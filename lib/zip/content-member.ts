import { createHash } from 'node:crypto';
import type { Piece } from '../sources/source.js';
import type { Content } from '../types.js';
import { crc32 } from './crc32.js';
import type { Stated } from './file-member.js';
import type { Member } from './member.js';

/** Bytes in memory as a member. */
export function bytesMember(bytes: Buffer, stated: Stated): Member {
  return {
    ...stated,
    tag: `"${createHash('sha256').update(bytes).digest('base64url')}"`,
    crc32: stated.crc32 ?? crc32(bytes),
    sumKey: undefined,
    open: always({ kind: 'bytes', bytes, recycle: undefined }),
  };
}

/** Content that the application reads as a member. */
export function contentMember(
  { etag, read }: Pick<Content, 'etag' | 'read'>,
  stated: Stated,
): Member {
  return {
    ...stated,
    tag: etag,
    // An etag distinguishes the versions of one thing, but not two things.
    sumKey: undefined,
    open: always({ kind: 'stream', read, isResponse: false }),
  };
}

/** Opens what needs neither to be checked nor to be closed. */
function always(body: Piece['body']): Member['open'] {
  return async () => ({ body, verify: async () => {}, close() {} });
}
