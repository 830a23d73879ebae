import {
  centralHeader,
  centralHeaderLength,
  descriptor,
  descriptorLength,
  type EntryRecord,
  endRecords,
  localHeader,
  localHeaderLength,
} from './records.js';

/** A part of an archive, or some of its bytes. */
export interface Piece {
  readonly kind: 'header' | 'data' | 'descriptor' | 'central' | 'end';
  /** Number of the entry. */
  readonly index: number;
  /** Positions in the part; the end is excluded. */
  readonly start: number;
  readonly end: number;
  /** Whether the sum of the entry's bytes is needed: it is in this piece, or in the next one. */
  readonly needsSum: boolean;
}

/**
 * The layout of an archive of stored entries: all positions follow from names, sizes and times alone.
 *
 * Each entry is a header, its bytes, and a descriptor with their sum; the central directory and the end follow.
 */
export class Layout {
  /** Bytes of the archive. */
  readonly size: number;
  readonly #entries: readonly EntryRecord[];
  /** Position of each entry, and of what follows the last one: the central directory. */
  readonly #entryStarts: Float64Array;
  /** Position of each header in the central directory, and of the end records. */
  readonly #centralStarts: Float64Array;
  readonly #end: Buffer;

  constructor(entries: readonly EntryRecord[]) {
    this.#entries = entries;
    this.#entryStarts = positions(
      0,
      entries,
      (entry) => localHeaderLength(entry) + entry.size + descriptorLength(entry),
    );
    const start = at(this.#entryStarts, entries.length);
    this.#centralStarts = positions(start, entries, (entry, index) =>
      centralHeaderLength(entry, at(this.#entryStarts, index)),
    );
    const end = at(this.#centralStarts, entries.length);
    this.#end = endRecords({ entries: entries.length, start, end });
    this.size = end + this.#end.length;
  }

  /**
   * The pieces of a range, in their order.
   *
   * @param end - position after its last byte.
   */
  *pieces(start: number, end: number): Generator<Piece> {
    const { length } = this.#entries;
    /** The bytes of a part that are in the range; undefined if there are none. */
    function cut(
      kind: Piece['kind'],
      index: number,
      needsSum: boolean,
      first: number,
      next: number,
    ): Piece | undefined {
      const from = Math.max(first, start);
      const to = Math.min(next, end);
      return from < to
        ? { kind, index, start: from - first, end: to - first, needsSum }
        : undefined;
    }
    for (let index = lastUpTo(this.#entryStarts, start); index < length; index += 1) {
      const entry = this.#entries[index];
      const from = at(this.#entryStarts, index);
      if (entry === undefined || from >= end) break;
      const data = from + localHeaderLength(entry);
      const sum = data + entry.size;
      const next = at(this.#entryStarts, index + 1);
      const header = cut('header', index, false, from, data);
      if (header !== undefined) yield header;
      const bytes = cut('data', index, end > sum, data, sum);
      if (bytes !== undefined) yield bytes;
      const after = cut('descriptor', index, true, sum, next);
      if (after !== undefined) yield after;
    }
    for (let index = lastUpTo(this.#centralStarts, start); index < length; index += 1) {
      const from = at(this.#centralStarts, index);
      if (from >= end) break;
      const header = cut('central', index, true, from, at(this.#centralStarts, index + 1));
      if (header !== undefined) yield header;
    }
    const rest = cut('end', length, false, at(this.#centralStarts, length), this.size);
    if (rest !== undefined) yield rest;
  }

  /**
   * Returns the bytes of a piece that is not data.
   *
   * @param sum - CRC-32 of the entry's bytes; 0 for a piece that does not need it.
   */
  bytesOf({ kind, index, start, end }: Piece, sum: number): Buffer {
    return this.#partOf(kind, index, sum).subarray(start, end);
  }

  #partOf(kind: Piece['kind'], index: number, sum: number): Buffer {
    const entry = this.#entries[index];
    if (entry === undefined) return this.#end;
    if (kind === 'header') return localHeader(entry);
    if (kind === 'descriptor') return descriptor(entry, sum);
    return centralHeader(entry, at(this.#entryStarts, index), sum);
  }
}

/** Adds the lengths up, from a start. */
function positions<Item>(
  start: number,
  items: readonly Item[],
  lengthOf: (item: Item, index: number) => number,
): Float64Array {
  const starts = new Float64Array(items.length + 1);
  let position = start;
  for (const [index, item] of items.entries()) {
    starts[index] = position;
    position += lengthOf(item, index);
  }
  starts[items.length] = position;
  return starts;
}

function at(positions: Float64Array, index: number): number {
  return positions[index] ?? 0;
}

/** Returns the index of the last position that is not above the given one; 0 if there is none. */
function lastUpTo(positions: Float64Array, position: number): number {
  let low = 0;
  let high = positions.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (at(positions, middle) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
