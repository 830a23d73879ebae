type Pool = typeof import('../../lib/shared/buffer-pool.js');

const MEGABYTE = 1024 * 1024;

/** A pool without free buffers. */
function createPool(): Pool {
  let pool: Pool | undefined;
  jest.isolateModules(() => {
    pool = jest.requireActual('../../lib/shared/buffer-pool.js');
  });
  return pool as Pool;
}

const buffersOf = (count: number, size = MEGABYTE): Buffer[] =>
  Array.from({ length: count }, () => Buffer.allocUnsafeSlow(size));

/** How many of the buffers the pool gives out again. */
function keptOf({ acquireBuffer }: Pool, buffers: readonly Buffer[]): number {
  const taken = new Set(buffers.map(({ length }) => acquireBuffer(length)));
  return buffers.filter((buffer) => taken.has(buffer)).length;
}

function release({ releaseBuffer }: Pool, buffers: readonly Buffer[]): void {
  for (const buffer of buffers) releaseBuffer(buffer);
}

it('has buffers from 32 KiB to 1 MiB', () => {
  const { SMALLEST_BUFFER, LARGEST_BUFFER } = createPool();
  expect([SMALLEST_BUFFER, LARGEST_BUFFER]).toEqual([32_768, MEGABYTE]);
});

it('makes buffers of the requested size, without a memory of other buffers', () => {
  const { acquireBuffer } = createPool();
  const buffer = acquireBuffer(65_536);
  expect([buffer.length, buffer.buffer.byteLength]).toEqual([65_536, 65_536]);
});

it('gives released buffers out again, by their size', () => {
  const pool = createPool();
  const buffers = [...buffersOf(3), ...buffersOf(2, 32_768)];
  release(pool, buffers);
  expect(keptOf(pool, buffers)).toBe(5);
});

it('keeps 16 MiB, also after it has given some out', () => {
  const pool = createPool();
  const buffers = buffersOf(16);
  release(pool, buffers);
  expect(keptOf(pool, buffers)).toBe(16);
  release(pool, buffers);
  release(
    pool,
    Array.from({ length: 8 }, () => pool.acquireBuffer(MEGABYTE)),
  );
  expect(keptOf(pool, buffers)).toBe(16);
});

it('gives up all of them when one more is released', () => {
  const pool = createPool();
  const buffers = buffersOf(17);
  release(pool, buffers);
  expect(keptOf(pool, buffers)).toBe(1);
});

it('counts what it keeps from then on', () => {
  const pool = createPool();
  const buffers = buffersOf(32);
  release(pool, buffers);
  expect(keptOf(pool, buffers)).toBe(16);
});
