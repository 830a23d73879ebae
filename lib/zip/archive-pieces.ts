import { failed, wrongLength } from '../respond/pump-source.js';
import { acquireBuffer, LARGEST_BUFFER, releaseBuffer } from '../shared/buffer-pool.js';
import {
  aboutMember,
  isXSendfileError,
  refusalForFileSystemError,
  type XSendfileError,
} from '../shared/errors.js';
import type { Piece, Pieces } from '../sources/source.js';
import { SMALL_BYTES } from './file-member.js';
import type { Layout, Piece as Part } from './layout.js';
import type { Member } from './member.js';
import { readBody } from './read-body.js';
import { oneAtATime, Sum, sumOf } from './sums.js';

/** Members and their layout. */
export interface Archived {
  readonly members: readonly Member[];
  readonly layout: Layout;
}

const NO_SUM = new Sum();

/**
 * The pieces of a range of an archive, with at most one member open. Structures and small members are put together.
 * Sums are computed from the bytes on their way; those of other bytes that the range needs, before.
 */
export class ArchivePieces implements Pieces {
  readonly #archived: Archived;
  readonly #pieces: AsyncGenerator<Piece, void>;
  readonly #over = new AbortController();
  readonly #sums: Map<number, Sum>;
  #buffer = Buffer.allocUnsafeSlow(SMALL_BYTES);
  /** Bytes of the buffer that were not given away begin and end here. */
  #start = 0;
  #filled = 0;

  /**
   * @param end - position after the last byte.
   * @param sums - those that requests do not share: the ranges of one response do.
   */
  constructor(archived: Archived, start: number, end: number, sums: Map<number, Sum> = new Map()) {
    this.#archived = archived;
    this.#sums = sums;
    this.#pieces = this.#generate(start, end);
  }

  [Symbol.asyncIterator](): AsyncIterator<Piece, void> {
    return this.#pieces;
  }

  destroy(): void {
    this.#over.abort();
    this.#pieces.return().catch(() => {});
  }

  async *#generate(start: number, end: number): AsyncGenerator<Piece, void> {
    const { members, layout } = this.#archived;
    for (const part of layout.pieces(start, end)) {
      const member = part.kind === 'end' ? undefined : members[part.index];
      const sum = member === undefined ? NO_SUM : this.#sumOf(member, part.index);
      const needed = part.kind === 'data' ? part.start : (member?.size ?? 0);
      if (member !== undefined && part.needsSum && sum.position < needed) {
        // The client need not wait for what is there.
        yield* this.#flush();
        await this.#complete(sum, member, needed);
      }
      if (this.#over.signal.aborted) return;
      if (member !== undefined && part.kind === 'data') yield* this.#readData(part, member, sum);
      else yield* this.#put(layout.bytesOf(part, sum.value));
    }
    yield* this.#flush();
  }

  async *#readData({ start, end }: Part, member: Member, sum: Sum): AsyncGenerator<Piece, void> {
    const { body, verify, close } = await member.open();
    try {
      if (body.kind === 'bytes') {
        const bytes = body.bytes.subarray(start, end);
        await verify();
        sum.add(bytes, start);
        if (bytes.length <= SMALL_BYTES) return yield* this.#put(bytes);
        yield* this.#flush();
        return yield pieceOf(bytes);
      }
      yield* this.#flush();
      const inspect: Piece['inspect'] = (bytes, position) => {
        sum.add(bytes, position);
        // Before they are sent: they may complete the response.
        return position + bytes.length === end ? verify() : undefined;
      };
      yield { body, start, end: end - 1, member: member.name, inspect };
    } finally {
      close();
    }
  }

  /** Computes the sum of the first bytes of a member. */
  async #complete(sum: Sum, member: Member, end: number): Promise<void> {
    await oneAtATime(async () => {
      if (sum.position >= end || this.#over.signal.aborted) return;
      const { body, verify, close } = await member.open();
      const buffer = acquireBuffer(LARGEST_BUFFER);
      try {
        let { position } = sum;
        const range = { body, start: position, end };
        for await (const bytes of readBody(range, () => buffer, this.#over.signal)) {
          if (bytes.length > end - position) throw wrongLength('too many bytes');
          sum.add(bytes, position);
          position += bytes.length;
        }
        if (position < end) throw wrongLength(`${end - position} bytes too few`);
        await verify();
      } catch (error) {
        if (this.#over.signal.aborted) return;
        throw aboutMember(toXSendfileError(error, body), member.name);
      } finally {
        releaseBuffer(buffer);
        close();
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

  /** Copies bytes into the buffer, and gives it away when it is full. */
  *#put(bytes: Uint8Array): Generator<Piece, void> {
    for (let rest = bytes; rest.length > 0; ) {
      const part = rest.subarray(0, SMALL_BYTES - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === SMALL_BYTES) yield* this.#flush();
    }
  }

  /** Gives away what is there. */
  *#flush(): Generator<Piece, void> {
    const bytes = this.#buffer.subarray(this.#start, this.#filled);
    this.#start = this.#filled;
    if (this.#filled === SMALL_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(SMALL_BYTES);
      this.#start = 0;
      this.#filled = 0;
    }
    if (bytes.length > 0) yield pieceOf(bytes);
  }
}

function toXSendfileError(error: unknown, { kind }: Piece['body']): XSendfileError {
  if (isXSendfileError(error)) return error;
  return kind === 'stream' ? failed(error) : refusalForFileSystemError(error);
}

function pieceOf(bytes: Buffer): Piece {
  const body = { kind: 'bytes', bytes, recycle: undefined } as const;
  return { body, start: 0, end: bytes.length - 1, member: undefined, inspect: undefined };
}

/** Reads a range of an archive as bytes, without a response. */
export async function* readArchive(
  archived: Archived,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void> {
  const pieces = new ArchivePieces(archived, start, end);
  const { signal } = new AbortController();
  try {
    for await (const { body, start: from, end: last, inspect } of pieces) {
      let position = from;
      const range = { body, start: from, end: last + 1 };
      for await (const bytes of readBody(range, () => Buffer.allocUnsafe(SMALL_BYTES), signal)) {
        await inspect?.(bytes, position);
        position += bytes.length;
        yield bytes;
      }
    }
  } finally {
    pieces.destroy();
  }
}
