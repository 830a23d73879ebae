import { ChunkSize } from '../../lib/respond/chunk-size.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const running: ChunkSize[] = [];

function startTransfer(): ChunkSize {
  const size = new ChunkSize();
  running.push(size);
  return size;
}

/** Starts transfers of clients that have proved to be fast. */
function startFast(count: number): ChunkSize[] {
  return Array.from({ length: count }, () => {
    const size = startTransfer();
    size.next(MIB);
    size.note(6 * MIB, 0);
    return size;
  });
}

afterEach(() => {
  for (const size of running.splice(0)) size.release();
});

describe('next(most)', () => {
  it('begins with 256 KiB', () => {
    expect(startTransfer().next(Infinity)).toBe(256 * KIB);
  });

  it.each([
    [1, 32 * KIB],
    [32 * KIB, 32 * KIB],
    [32 * KIB + 1, 64 * KIB],
    [100_000, 128 * KIB],
    [128 * KIB, 128 * KIB],
    [200_000, 256 * KIB],
    [256 * KIB + 1, 256 * KIB],
  ])('is the smallest power of two for %d bytes, between 32 and 256 KiB', (most, bytes) => {
    expect(startTransfer().next(most)).toBe(bytes);
  });
});

describe('note(bytes, elapsedMs)', () => {
  it('allows 1 MiB once a fast client has taken 6 MiB', () => {
    const size = startTransfer();
    for (let sent = 0; sent < 6 * MIB; sent += 256 * KIB) {
      expect(size.next(Infinity)).toBe(256 * KIB);
      size.note(256 * KIB, 29);
    }
    expect(size.next(Infinity)).toBe(MIB);
    size.note(MIB, 0);
    expect(size.next(Infinity)).toBe(MIB);
  });

  it('counts what was taken slowly, too', () => {
    const size = startTransfer();
    size.note(6 * MIB, 100);
    expect(size.next(Infinity)).toBe(256 * KIB);
    size.note(1, 0);
    expect(size.next(Infinity)).toBe(MIB);
  });

  it('makes the chunk 32 KiB after 300 milliseconds, and four times as large after each fast one', () => {
    const [size] = startFast(1) as [ChunkSize];
    size.note(MIB, 301);
    const sizes = [size.next(Infinity)];
    for (let fast = 0; fast < 3; fast += 1) {
      size.note(32 * KIB, 29);
      sizes.push(size.next(Infinity));
    }
    expect(sizes).toEqual([32 * KIB, 128 * KIB, 512 * KIB, MIB]);
  });

  it.each([30, 300])('leaves the size as it is after %d milliseconds', (elapsedMs) => {
    const size = startTransfer();
    size.note(32 * KIB, 301);
    size.note(32 * KIB, 0);
    size.note(8 * MIB, elapsedMs);
    expect(size.next(Infinity)).toBe(128 * KIB);
  });
});

describe('all transfers together', () => {
  it.each([
    [16, MIB],
    [17, 512 * KIB],
    [32, 512 * KIB],
    [33, 256 * KIB],
    [512, 32 * KIB],
    [2000, 32 * KIB],
  ])('share 16 MiB, but have 32 KiB at least: %d transfers', (count, bytes) => {
    expect(new Set(startFast(count).map((size) => size.next(Infinity)))).toEqual(new Set([bytes]));
  });

  it('share it from the first chunk until release()', () => {
    const [size] = startFast(16) as [ChunkSize];
    const other = startTransfer();
    expect(size.next(Infinity)).toBe(MIB);
    other.next(1);
    expect(size.next(Infinity)).toBe(512 * KIB);
    other.release();
    expect(size.next(Infinity)).toBe(MIB);
    // Once only.
    other.release();
    startTransfer().next(1);
    expect(size.next(Infinity)).toBe(512 * KIB);
  });
});
