import { closeSync, openSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { acquireBuffer, LARGEST_BUFFER, releaseBuffer } from '../../../lib/shared/buffer-pool.js';
import { contentSource } from '../../../lib/sources/content.js';
import { readAndStat, readContent } from '../../../lib/sources/directory/descriptor.js';
import { inThreadPool } from '../../../lib/sources/directory/fs-batch.js';
import type { OpenedFile } from '../../../lib/sources/source.js';
import type { Content } from '../../../lib/types.js';
import { createTree } from '../../helpers/tree.js';

const root = createTree({
  empty: '',
  'ten.txt': '0123456789',
  'short.txt': '0123456789',
  large: 'x'.repeat(200_000),
});
const descriptors: number[] = [];
afterAll(() => {
  for (const descriptor of descriptors) closeSync(descriptor);
});

function open(name: string): number {
  const descriptor = openSync(join(root, name), 'r');
  descriptors.push(descriptor);
  return descriptor;
}

/** A number that no open file has. */
const NOT_OPEN = 2 ** 20;

describe('readContent(descriptor, size)', () => {
  it.each(['empty', 'ten.txt', 'large'])('reads %s', async (name) => {
    const expected = { empty: '', 'ten.txt': '0123456789', large: 'x'.repeat(200_000) }[name];
    const bytes = await readContent(open(name), expected?.length ?? 0);
    expect(bytes?.toString()).toBe(expected);
  });

  it('returns nothing for a file that has become shorter', async () => {
    const descriptor = open('short.txt');
    truncateSync(join(root, 'short.txt'), 4);
    expect(await readContent(descriptor, 10)).toBeUndefined();
  });

  it('returns nothing if the file cannot be read', async () => {
    expect(await readContent(NOT_OPEN, 10)).toBeUndefined();
  });
});

describe.each([true, false])('readAndStat(descriptor, %s)', (isLocal) => {
  it('reads small files immediately, and no more than 64 of them at a time', async () => {
    const descriptor = open('ten.txt');
    const looks = await Promise.all(
      Array.from({ length: 65 }, () => readAndStat(descriptor, isLocal)),
    );
    const texts = looks.map(({ content }) => content?.toString());
    expect(texts.slice(0, 64)).toEqual(Array(64).fill('0123456789'));
    expect(texts[64]).toBeUndefined();
    expect(looks.every(({ stats }) => stats.size === 10n)).toBe(true);
    expect((await readAndStat(descriptor, isLocal)).content?.toString()).toBe('0123456789');
  });

  it('has no content of a large file', async () => {
    const { stats, content, recycle } = await readAndStat(open('large'), isLocal);
    expect([stats.size, content, recycle]).toEqual([200_000n, undefined, undefined]);
  });

  it('reports an error of the system', async () => {
    await expect(readAndStat(NOT_OPEN, isLocal)).rejects.toMatchObject({ code: 'EBADF' });
  });
});

it('inThreadPool(call) reports what the call throws', async () => {
  const error = new Error('thrown synchronously');
  await expect(
    inThreadPool(() => {
      throw error;
    }),
  ).rejects.toBe(error);
});

describe('the buffer pool', () => {
  const take = (count: number) =>
    Array.from({ length: count }, () => acquireBuffer(LARGEST_BUFFER));

  it('gives a buffer out again', () => {
    const buffer = Buffer.allocUnsafeSlow(LARGEST_BUFFER);
    releaseBuffer(buffer);
    expect(take(1)[0] === buffer).toBe(true);
  });

  it('keeps 16 MiB at most', () => {
    take(20);
    const released = Array.from({ length: 40 }, () => Buffer.allocUnsafeSlow(LARGEST_BUFFER));
    for (const buffer of released) releaseBuffer(buffer);
    const taken = new Set(take(40));
    const kept = released.map((buffer) => taken.has(buffer));
    expect(kept.filter((isKept) => isKept).length).toBeLessThanOrEqual(16);
    expect([kept.at(0), kept.at(-1)]).toEqual([false, true]);
  });
});

/** Opens content as the pipeline does. */
const openContent = async (content: Uint8Array | Content): Promise<OpenedFile> => {
  const opened = await contentSource('/srv', content).open({ segments: [''] } as never, true);
  return opened.file;
};

describe('contentSource(root, content)', () => {
  it('describes bytes, and shares their memory', async () => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const { body, ...file } = await openContent(bytes);
    if (body.kind !== 'bytes') throw new Error(body.kind);
    expect([...body.bytes]).toEqual([2, 3]);
    expect(body.bytes.buffer).toBe(bytes.buffer);
    expect(file).toMatchObject({
      ...{ path: '', relativePath: '', size: 2, memo: undefined, decision: undefined },
      facts: { type: undefined, etag: undefined, encoding: undefined },
    });
  });

  it('describes what is read from elsewhere', async () => {
    const read = async function* () {};
    const file = await openContent({ name: 'a.txt', size: 0, read });
    expect(file).toMatchObject({
      ...{ relativePath: 'a.txt', size: 0 },
      body: { kind: 'stream', read, isResponse: false },
    });
    const unsized = await openContent({ name: 'a.txt', read });
    expect(unsized.size).toBe(Number.POSITIVE_INFINITY);
  });

  it('has nothing for a front end', async () => {
    const source = contentSource('/srv', new Uint8Array());
    const found = await source.find({ segments: ['a'] } as never);
    expect(found).toEqual({ file: expect.anything(), segments: ['a'] });
    expect(await source.isStill(found, {} as never)).toBe(true);
    expect(source.root).toBe('/srv');
  });
});

describe('contentSource(root, content) rejects', () => {
  const content = { name: 'a.txt', read: async function* () {} };
  it.each<[object | null, string]>([
    [{ name: '' }, 'name must be a file name, got "".'],
    [{ name: 7 }, 'name must be a file name, got 7.'],
    [{ size: -1 }, 'size must be a number of bytes, or undefined if it is not known, got -1.'],
    [{ size: 0.5 }, 'size must be a number of bytes, or undefined if it is not known, got 0.5.'],
    [{ size: '1' }, 'size must be a number of bytes, or undefined if it is not known, got "1".'],
    [{ mtime: 7 }, 'mtime must be a Date, got 7.'],
    [{ mtime: new Date('x') }, 'mtime must be a Date, got null.'],
    [{ etag: '' }, 'etag must be a non-empty string, got "".'],
    [{ etag: 7 }, 'etag must be a non-empty string, got 7.'],
    [{ type: '' }, 'type must be a media type, got "".'],
    [{ type: 7 }, 'type must be a media type, got 7.'],
    [{ read: 7 }, 'read must be a function that returns the bytes as an async iterable, got 7.'],
    [{ x: 1 }, 'unknown option "x". Known options: name, size, mtime, etag, type, read.'],
  ])('%p', (changes, message) => {
    expect(() => contentSource('/srv', { ...content, ...changes } as never)).toThrow(
      `xsendfile: sendContent(): ${message}`,
    );
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    ['text', 'a string of 4 characters'],
  ])('%p', (value, shown) => {
    expect(() => contentSource('/srv', value as never)).toThrow(
      `xsendfile: sendContent(): content must be a Buffer, a Uint8Array or { name, size, read }, got ${shown}.`,
    );
  });
});
