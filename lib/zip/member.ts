import type { Piece } from '../sources/source.js';
import type { EntryRecord } from './records.js';

/** An entry of an archive, and where its bytes are. */
export interface Member extends EntryRecord {
  /** Identifies the version of the bytes, for the ETag of the archive; undefined if nothing does. */
  readonly tag: string | undefined;
  /** CRC-32 of the bytes; undefined if it must be computed. */
  readonly crc32: number | undefined;
  /** Key by which the sum is remembered; undefined if it cannot be. */
  readonly sumKey: string | undefined;
  /**
   * Opens the bytes. The caller closes them.
   *
   * @throws {@link XSendfileError}, with the name of the member.
   */
  open(): Promise<OpenMember>;
}

/** The open bytes of a member. */
interface OpenMember {
  readonly body: Piece['body'];
  /** Checks, after the last byte was read, that all of them were of the right version. */
  verify(): Promise<void>;
  close(): void;
}
