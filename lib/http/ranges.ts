/** Positions of the first and last byte of a part of a file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The requested ranges, or the reason why there are none. */
export type ParsedRanges = readonly ByteRange[] | 'ignored' | 'unsatisfiable';

/** All characters of a valid set; `trim` can then remove only spaces and tabs. */
const BYTE_RANGES = /^bytes=([0-9,\t -]*)$/i;
const RANGE = /^(?:(\d+)-(\d*)|-(\d+))$/;
/** Numbers that fit into 64 bits, also when two of them are added. */
const PLAIN_SPEC = /^ ?\d{0,15}-\d{0,15}$/;

/**
 * Parses a Range header for a file of `size` bytes, RFC 9110 §14.
 *
 * Other units and invalid range sets are ignored as a whole, and so is every range of an empty file (§14.2): the
 * client then gets the whole file. Ranges beyond the end are dropped; if none remains, the set is unsatisfiable.
 * Overlapping and adjacent ranges are merged, in the order of the header.
 */
export function parseRanges(header: string, size: number): ParsedRanges {
  const set = BYTE_RANGES.exec(header)?.[1];
  if (set === undefined || size === 0) return 'ignored';
  const ranges: ByteRange[] = [];
  let isEmpty = true;
  for (const element of set.split(',')) {
    const spec = element.trim();
    if (spec === '') continue;
    const fields = RANGE.exec(spec);
    if (fields === null) return 'ignored';
    isEmpty = false;
    const range = toByteRange(fields, size);
    if (range === 'invalid') return 'ignored';
    if (range !== undefined) ranges.push(range);
  }
  if (isEmpty) return 'ignored';
  return ranges.length === 0 ? 'unsatisfiable' : coalesce(ranges);
}

/**
 * Whether every server reads a Range header in the same way: as ranges of which each can be satisfied, in the most
 * common spelling. Otherwise some would respond with 416, and others would send the whole file.
 */
export function isPlainRange(header: string, size: number): boolean {
  const [, set] = /^bytes=(.*)$/.exec(header) ?? [];
  const isPlain = (spec: string): boolean =>
    PLAIN_SPEC.test(spec) && Array.isArray(parseRanges(`bytes=${spec}`, size));
  return set?.split(',').every(isPlain) ?? false;
}

function toByteRange(
  [, first, last = '', suffix]: RegExpExecArray,
  size: number,
): ByteRange | 'invalid' | undefined {
  if (first === undefined) {
    const length = Number(suffix);
    if (length === 0) return undefined;
    return { start: Math.max(size - length, 0), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (end < start) return 'invalid';
  return start >= size ? undefined : { start, end: Math.min(end, size - 1) };
}

/** Without it, a hundred overlapping ranges would send the file a hundred times (CVE-2011-3192). */
function coalesce(ranges: readonly ByteRange[]): readonly ByteRange[] {
  if (ranges.length === 1) return ranges;
  const sorted = ranges
    .map(({ start, end }, position) => ({ start, end, position }))
    .sort((a, b) => a.start - b.start);
  const merged: typeof sorted = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end + 1) merged.push(range);
    else {
      last.end = Math.max(last.end, range.end);
      last.position = Math.min(last.position, range.position);
    }
  }
  return merged.sort((a, b) => a.position - b.position).map(({ start, end }) => ({ start, end }));
}
