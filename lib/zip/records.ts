/** The structures of a ZIP archive: APPNOTE.TXT 6.3.10, with its section numbers. All integers are little-endian. */

/** Name, size and time of an entry. */
export interface EntryRecord {
  /** With `/` between its parts. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Time of last modification, in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/** Numbers from these on do not fit, and are in a ZIP64 structure (§4.4.1.4). */
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

/** Features that a reader needs: data descriptors, or ZIP64 (§4.4.3). */
const PLAIN_VERSION = 20;
const ZIP64_VERSION = 45;
/** Unix, for the permissions. */
const MADE_BY = 3 << 8;
/** A regular file that its owner may write. */
const PERMISSIONS = 0o100644 * 2 ** 16;
/** Bit 3: the sum is in a data descriptor. Bit 11: the name is UTF-8. */
const FLAGS = 0x0808;

const ZIP64_ID = 0x0001;
const TIMESTAMP_ID = 0x5455;
const TIMESTAMP_BYTES = 9;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;

/** Writes integers one after the other. */
class Writer {
  readonly bytes: Buffer;
  #position = 0;

  constructor(length: number) {
    this.bytes = Buffer.allocUnsafe(length);
  }

  u16(...values: readonly number[]): this {
    for (const value of values) this.#position = this.bytes.writeUInt16LE(value, this.#position);
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) this.#position = this.bytes.writeUInt32LE(value, this.#position);
    return this;
  }

  u64(...values: readonly number[]): this {
    for (const value of values) {
      this.#position = this.bytes.writeBigUInt64LE(BigInt(value), this.#position);
    }
    return this;
  }

  text(value: string): this {
    this.#position += this.bytes.write(value, this.#position);
    return this;
  }

  /** Time of last modification in seconds, UTC: the extended timestamp of Info-ZIP. */
  timestamp(mtimeMs: number): this {
    if (!hasTimestamp(mtimeMs)) return this;
    this.u16(TIMESTAMP_ID, TIMESTAMP_BYTES - 4);
    this.bytes.writeUInt8(1, this.#position);
    this.#position = this.bytes.writeInt32LE(Math.floor(mtimeMs / 1000), this.#position + 1);
    return this;
  }
}

function hasTimestamp(mtimeMs: number): boolean {
  const seconds = Math.floor(mtimeMs / 1000);
  return seconds === (seconds | 0);
}

function timestampBytes(mtimeMs: number): number {
  return hasTimestamp(mtimeMs) ? TIMESTAMP_BYTES : 0;
}

function isLarge({ size }: EntryRecord): boolean {
  return size >= MAX_32;
}

function clamp(value: number): number {
  return Math.min(value, MAX_32);
}

/** Returns the date and the time of MS-DOS (§4.4.6), in UTC: the same archive has the same bytes in every time zone. */
function dosTime(mtimeMs: number): [time: number, date: number] {
  const year = new Date(mtimeMs).getUTCFullYear();
  if (!(year >= 1980)) return [0, 0x21];
  if (year > 2107) return [0xbf7d, 0xff9f];
  const date = new Date(mtimeMs);
  return [
    (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1),
    ((year - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate(),
  ];
}

export function localHeaderLength(entry: EntryRecord): number {
  const zip64 = isLarge(entry) ? 20 : 0;
  return LOCAL_BYTES + Buffer.byteLength(entry.name) + zip64 + timestampBytes(entry.mtimeMs);
}

/** The header before the bytes of an entry (§4.3.7): with its size, for readers that cannot seek, but without its sum. */
export function localHeader(entry: EntryRecord): Buffer {
  const { name, size, mtimeMs } = entry;
  const nameBytes = Buffer.byteLength(name);
  const writer = new Writer(localHeaderLength(entry))
    .u32(0x04034b50)
    .u16(isLarge(entry) ? ZIP64_VERSION : PLAIN_VERSION, FLAGS, 0, ...dosTime(mtimeMs))
    .u32(0, clamp(size), clamp(size))
    .u16(nameBytes, localHeaderLength(entry) - LOCAL_BYTES - nameBytes)
    .text(name);
  if (isLarge(entry)) writer.u16(ZIP64_ID, 16).u64(size, size);
  return writer.timestamp(mtimeMs).bytes;
}

export function descriptorLength(entry: EntryRecord): number {
  return isLarge(entry) ? 24 : 16;
}

/** The data descriptor after the bytes of an entry (§4.3.9). */
export function descriptor(entry: EntryRecord, sum: number): Buffer {
  const writer = new Writer(descriptorLength(entry)).u32(0x08074b50, sum);
  const { size } = entry;
  return (isLarge(entry) ? writer.u64(size, size) : writer.u32(size, size)).bytes;
}

function zip64Fields(entry: EntryRecord, offset: number): number[] {
  return [
    ...(isLarge(entry) ? [entry.size, entry.size] : []),
    ...(offset >= MAX_32 ? [offset] : []),
  ];
}

/** @param offset - position of the local header. */
export function centralHeaderLength(entry: EntryRecord, offset: number): number {
  const fields = zip64Fields(entry, offset).length;
  const zip64 = fields === 0 ? 0 : 4 + 8 * fields;
  return CENTRAL_BYTES + Buffer.byteLength(entry.name) + zip64 + timestampBytes(entry.mtimeMs);
}

/** The header of an entry in the central directory (§4.3.12). */
export function centralHeader(entry: EntryRecord, offset: number, sum: number): Buffer {
  const { name, size, mtimeMs } = entry;
  const fields = zip64Fields(entry, offset);
  const version = fields.length > 0 ? ZIP64_VERSION : PLAIN_VERSION;
  const length = centralHeaderLength(entry, offset);
  const nameBytes = Buffer.byteLength(name);
  const writer = new Writer(length)
    .u32(0x02014b50)
    .u16(MADE_BY | version, version, FLAGS, 0, ...dosTime(mtimeMs))
    .u32(sum, clamp(size), clamp(size))
    .u16(nameBytes, length - CENTRAL_BYTES - nameBytes, 0, 0, 0)
    .u32(PERMISSIONS, clamp(offset))
    .text(name);
  if (fields.length > 0) writer.u16(ZIP64_ID, 8 * fields.length).u64(...fields);
  return writer.timestamp(mtimeMs).bytes;
}

/** The central directory, as the end of an archive describes it. */
export interface CentralDirectory {
  readonly entries: number;
  /** Position of its first byte. */
  readonly start: number;
  /** Position after its last byte. */
  readonly end: number;
}

/** The end of an archive (§4.3.14 to §4.3.16). */
export function endRecords({ entries, start, end }: CentralDirectory): Buffer {
  const length = end - start;
  const isZip64 = entries >= MAX_16 || length >= MAX_32 || start >= MAX_32;
  const writer = new Writer(isZip64 ? 98 : 22);
  if (isZip64) {
    writer
      .u32(0x06064b50)
      .u64(44)
      .u16(MADE_BY | ZIP64_VERSION, ZIP64_VERSION)
      .u32(0, 0)
      .u64(entries, entries, length, start)
      .u32(0x07064b50, 0)
      .u64(end)
      .u32(1);
  }
  const count = Math.min(entries, MAX_16);
  return writer.u32(0x06054b50).u16(0, 0, count, count).u32(clamp(length), clamp(start)).u16(0)
    .bytes;
}
