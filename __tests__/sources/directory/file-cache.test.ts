import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CacheBounds,
  type CachedFile,
  FileCache,
} from '../../../lib/sources/directory/cache.js';
import { identityOf } from '../../../lib/sources/identity.js';
import { type Body, NO_BODY, NO_FACTS } from '../../../lib/sources/source.js';
import { createTree } from '../../helpers/tree.js';

const BOUNDS: CacheBounds = { maxEntries: 2, maxBytes: 10, maxFileSize: 8 };
const root = createTree({ a: 'aaaa', b: 'bbbb', c: 'cccc' });
const at = (name: string): string => join(root, name);

function entryOf(name: string, bytes = 0): CachedFile {
  const identity = identityOf(statSync(at(name), { bigint: true }));
  const body: Body = { kind: 'bytes', bytes: Buffer.alloc(bytes), recycle: undefined };
  const file = {
    path: at(name),
    relativePath: name,
    identity,
    size: bytes,
    checkedAtMs: 0,
    facts: NO_FACTS,
    memo: undefined,
  };
  const opened = { ...file, body, decision: undefined, close() {} };
  return { file, opened: bytes === 0 ? undefined : opened, isDirect: true };
}

function cacheOf(entries: Readonly<Record<string, number>>, bounds = BOUNDS): FileCache {
  const cache = new FileCache(root, bounds);
  for (const [name, bytes] of Object.entries(entries)) cache.set(at(name), entryOf(name, bytes));
  return cache;
}

const listed = (cache: FileCache): string[] =>
  ['a', 'b', 'c'].filter((name) => cache.verify(at(name))?.catch(() => {}) !== undefined);

describe('new FileCache(root, bounds)', () => {
  it('caches no file that is larger than all of it', () => {
    expect(new FileCache(root, BOUNDS).maxFileSize).toBe(8);
    expect(new FileCache(root, { ...BOUNDS, maxFileSize: 99 }).maxFileSize).toBe(10);
  });
});

describe('cache.set(path, entry)', () => {
  it.each<[Readonly<Record<string, number>>, string[]]>([
    [{ a: 0, b: 0 }, ['a', 'b']],
    [{ a: 0, b: 0, c: 0 }, ['b', 'c']],
    [{ a: 5, b: 5 }, ['a', 'b']],
    [{ a: 5, b: 6 }, ['b']],
    [{ a: 2, b: 4, c: 6 }, ['b', 'c']],
  ])('keeps to the bounds: %j', (entries, expected) => {
    expect(listed(cacheOf(entries))).toEqual(expected);
  });

  it('takes an open file without content, such as a large one', () => {
    const cache = cacheOf({});
    const { file } = entryOf('a');
    const opened = { ...file, body: NO_BODY, decision: undefined, close() {} };
    cache.set(at('a'), { file, opened, isDirect: true });
    cache.delete(at('a'));
    expect(listed(cache)).toEqual([]);
  });

  it('counts an entry that replaces another one once', () => {
    const cache = cacheOf({ a: 6, b: 4 });
    cache.set(at('a'), entryOf('a', 5));
    cache.set(at('a'), entryOf('a', 6));
    expect(listed(cache)).toEqual(['a', 'b']);
  });
});

describe('cache.delete(path)', () => {
  it('makes room again', () => {
    const cache = cacheOf({ a: 5, b: 5 });
    cache.delete(at('a'));
    cache.delete(at('a'));
    cache.set(at('c'), entryOf('c', 5));
    expect(listed(cache)).toEqual(['b', 'c']);
  });
});

describe('cache.verify(path)', () => {
  it('returns the entry of an unchanged file, and keeps it longer', async () => {
    const cache = cacheOf({});
    const entry = entryOf('a');
    cache.set(at('a'), entry);
    cache.set(at('b'), entryOf('b'));
    expect(await cache.verify(at('a'))).toBe(entry);
    cache.set(at('c'), entryOf('c'));
    expect(listed(cache)).toEqual(['a', 'c']);
  });

  it('returns nothing for an unknown path', async () => {
    expect(await cacheOf({}).verify(at('a'))).toBeUndefined();
  });

  it('removes the entry of a changed file', async () => {
    const cache = cacheOf({ c: 0 });
    writeFileSync(at('c'), 'CCCC');
    utimesSync(at('c'), 1, 1);
    expect(await cache.verify(at('c'))).toBeUndefined();
    expect(listed(cache)).toEqual([]);
  });

  it('removes the entry of a file that is gone, and throws the reason', async () => {
    const cache = cacheOf({});
    cache.set(at('gone'), entryOf('a'));
    await expect(cache.verify(at('gone'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(cache.verify(at('gone'))).toBeUndefined();
  });

  it('does not bring an entry back that was removed in the meantime', async () => {
    const cache = cacheOf({ a: 0 });
    const verified = cache.verify(at('a'));
    cache.delete(at('a'));
    expect(await verified).toBeDefined();
    expect(listed(cache)).toEqual([]);
  });
});
