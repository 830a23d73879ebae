import { acquireBuffer, LARGEST_BUFFER, releaseBuffer } from '../shared/buffer-pool.js';
import type { Layout, Piece } from './layout.js';
import type { Member, MemberReader } from './member.js';
import { oneAtATime, Sum, sumOf } from './sums.js';

/** Bytes of one chunk: two hundred slow readers must not use much memory. */
const CHUNK_BYTES = 64 * 1024;

const NO_SUM = new Sum();

/** Members and their layout. */
export interface Archived {
  readonly members: readonly Member[];
  readonly layout: Layout;
}

/**
 * The bytes of a range of an archive: chunk by chunk, as fast as they are read, with at most one member open. Sums are
 * computed from the bytes on their way; those of other bytes that the range needs, before.
 */
export class ArchiveStream implements AsyncIterable<Uint8Array> {
  readonly #archived: Archived;
  readonly #chunks: AsyncGenerator<Uint8Array, void>;
  /** Those that requests do not share. */
  readonly #sums = new Map<number, Sum>();
  #buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** The bytes of the buffer that are there, but were not given away. */
  #start = 0;
  #filled = 0;
  #reader: MemberReader | undefined;
  #isOver = false;

  /** @param end - position after the last byte. */
  constructor(archived: Archived, start: number, end: number) {
    this.#archived = archived;
    this.#chunks = this.#read(start, end);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    return this.#chunks;
  }

  /** Ends all work, at the next step of what is under way. */
  destroy(): void {
    this.#isOver = true;
    this.#reader?.abort();
    this.#chunks.return().catch(() => {});
  }

  async *#read(start: number, end: number): AsyncGenerator<Uint8Array, void> {
    for (const piece of this.#archived.layout.pieces(start, end)) {
      if (piece.kind === 'data') yield* this.#readData(piece);
      else yield* this.#readStructure(piece);
      if (this.#isOver) return;
    }
    yield* this.#flush();
  }

  async *#readStructure(piece: Piece): AsyncGenerator<Uint8Array, void> {
    const { members, layout } = this.#archived;
    const member = piece.needsSum ? members[piece.index] : undefined;
    const sum = member === undefined ? NO_SUM : this.#sumOf(member, piece.index);
    if (member !== undefined && sum.position < member.size) {
      yield* this.#flush();
      await this.#complete(sum, member, member.size);
    }
    if (this.#isOver) return;
    let bytes = layout.bytesOf(piece, sum.value);
    while (bytes.length > 0) {
      const copied = bytes.copy(this.#buffer, this.#filled);
      bytes = bytes.subarray(copied);
      this.#filled += copied;
      if (this.#filled === CHUNK_BYTES) yield* this.#flush();
    }
  }

  async *#readData({ index, start, end, needsSum }: Piece): AsyncGenerator<Uint8Array, void> {
    const member = this.#archived.members[index];
    if (member === undefined) return;
    const sum = this.#sumOf(member, index);
    // It goes on where it ends, so that nothing has to be read again.
    if (needsSum && sum.position < start) {
      yield* this.#flush();
      await this.#complete(sum, member, start);
    }
    if (member.mayWait) yield* this.#flush();
    if (this.#isOver) return;
    const reader = await member.open(start, end);
    this.#reader = reader;
    try {
      for (let position = start; position < end && !this.#isOver; ) {
        const room = Math.min(CHUNK_BYTES - this.#filled, end - position);
        const length = await reader.read(this.#buffer, this.#filled, room, position);
        sum.add(this.#buffer.subarray(this.#filled, this.#filled + length), position);
        position += length;
        this.#filled += length;
        if (position === end) await reader.finish();
        if (this.#isOver) return;
        if (member.mayWait || this.#filled === CHUNK_BYTES) yield* this.#flush();
      }
    } finally {
      this.#reader = undefined;
      reader.close();
    }
  }

  /** Computes the sum of the first bytes of a member. */
  async #complete(sum: Sum, member: Member, end: number): Promise<void> {
    await oneAtATime(async () => {
      if (sum.position >= end || this.#isOver) return;
      const reader = await member.open(sum.position, end);
      this.#reader = reader;
      const buffer = acquireBuffer(LARGEST_BUFFER);
      try {
        while (sum.position < end && !this.#isOver) {
          const { position } = sum;
          const room = Math.min(buffer.length, end - position);
          const length = await reader.read(buffer, 0, room, position);
          sum.add(buffer.subarray(0, length), position);
        }
        await reader.finish();
      } finally {
        this.#reader = undefined;
        releaseBuffer(buffer);
        reader.close();
      }
    });
  }

  #sumOf({ crc32, size, sumKey }: Member, index: number): Sum {
    if (crc32 !== undefined) return new Sum(size, crc32);
    if (sumKey !== undefined) return sumOf(sumKey);
    const sum = this.#sums.get(index) ?? new Sum();
    this.#sums.set(index, sum);
    return sum;
  }

  /** Gives away what is there: also before work that may take a while. */
  *#flush(): Generator<Uint8Array, void> {
    if (this.#start === this.#filled) return;
    const bytes = this.#buffer.subarray(this.#start, this.#filled);
    this.#start = this.#filled;
    if (this.#filled === CHUNK_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#start = 0;
      this.#filled = 0;
    }
    yield bytes;
  }
}
