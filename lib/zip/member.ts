import type { EntryRecord } from './records.js';

/** An entry of an archive, and where its bytes are. */
export interface Member extends EntryRecord {
  /** Identifies the version of the bytes, for the ETag of the archive; undefined if nothing does. */
  readonly tag: string | undefined;
  /** CRC-32 of the bytes; undefined if it must be computed. */
  readonly crc32: number | undefined;
  /** Key by which the sum is remembered; undefined if it cannot be. */
  readonly sumKey: string | undefined;
  /** Whether reading may wait for something else than a disk: what is there is sent first. */
  readonly mayWait: boolean;
  /**
   * Opens the bytes, to be read from a position up to another one, which is excluded. The caller closes the reader.
   *
   * @throws {@link XSendfileError}, with the name of the member.
   */
  open(start: number, end: number): Promise<MemberReader>;
}

/** Reads a range of the bytes of a member, from its start on. */
export interface MemberReader {
  /**
   * Reads into a buffer.
   *
   * @returns the number of bytes, at least 1.
   * @throws {@link XSendfileError} if there are none.
   */
  read(target: Buffer, offset: number, length: number, position: number): Promise<number>;
  /** Checks, after the last byte was read, that all of them were of the right version. */
  finish(): Promise<void>;
  /** Ends a read that waits, because nothing needs it any more; `close()` must still be called. */
  abort(): void;
  /** Must not be called while a read waits. */
  close(): void;
}
