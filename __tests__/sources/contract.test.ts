import { createReadStream, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError } from '../../lib/index.js';
import { contentSource } from '../../lib/sources/content.js';
import { openDirectory } from '../../lib/sources/directory/caching-directory.js';
import { directorySource } from '../../lib/sources/directory/directory-source.js';
import type { OpenedFile, Source, Wanted } from '../../lib/sources/source.js';
import type { RemoteStore, StoreResponse } from '../../lib/sources/store/remote-store.js';
import { storeSource } from '../../lib/sources/store/store-source.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { expectAllClosed } from '../pipeline/transfer/descriptors.js';

/** The contract of `Source`, for each of its implementations. */

const BYTES = Buffer.from('the bytes of the file, '.repeat(20_000));
const OTHER = Buffer.from('other bytes, in their place');

/** A source with one file, which a test can change. */
interface Subject {
  readonly source: Source;
  readonly wanted: Wanted;
  /** Undefined if the source cannot notice it, because the application has named the bytes. */
  readonly replace: (() => void) | undefined;
  readonly remove: (() => void) | undefined;
  /** Fails if anything is open. */
  readonly expectClosed: () => Promise<void>;
}

interface SourceRow {
  readonly title: string;
  readonly create: () => Subject;
}

function wantedOf(segments: readonly string[], within?: string): Wanted {
  return {
    req: { headers: {} },
    segments,
    within,
    claims: undefined,
    acceptRanges: true,
    codings: [],
    signal: new AbortController().signal,
    negotiate: () => ({ headers: {}, isDecided: false }),
    isRangeFresh: () => true,
  } as unknown as Wanted;
}

const BOUNDS = { maxEntries: 10, maxBytes: 10_000_000, maxFileSize: 1_000_000 };

function directoryRow(
  title: string,
  options: Partial<Parameters<typeof openDirectory>[1]>,
  { folder = '', bytes = BYTES } = {},
): SourceRow {
  return {
    title,
    create() {
      const name = `${folder}file.txt`;
      const root = createTree({ [name]: bytes });
      const directory = openDirectory(root, {
        dotfiles: 'ignore',
        symlinks: 'inside',
        cache: undefined,
        ...options,
      });
      return {
        source: directorySource(directory),
        wanted: wantedOf(name.split('/'), folder === '' ? undefined : join(root, folder, '.')),
        replace() {
          writeFileSync(join(root, 'new'), OTHER);
          renameSync(join(root, 'new'), join(root, name));
        },
        remove: () => rmSync(join(root, name)),
        expectClosed: () => expectAllClosed(root),
      };
    },
  };
}

const contentRow = (title: string, source: () => Source): SourceRow => ({
  title,
  create: () => ({
    source: source(),
    wanted: wantedOf(['file.txt']),
    replace: undefined,
    remove: undefined,
    expectClosed: async () => {},
  }),
});

const storeRow: SourceRow = {
  title: 'an object of a store',
  create() {
    const root = createTree({ 'file.txt': BYTES });
    const path = join(root, 'file.txt');
    let isThere = true;
    const store: RemoteStore = {
      locate: undefined,
      checkUrl: (url) => new URL(String(url)),
      async ask() {
        if (!isThere) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
        const body = createReadStream(path);
        const response: StoreResponse = {
          status: 200,
          size: BYTES.length,
          range: undefined,
          acceptsRanges: true,
          etag: '"1"',
          lastModified: undefined,
          encoding: undefined,
          body,
          close: () => void body.destroy(),
        };
        return response;
      },
    };
    const url = new URL('https://bucket.example/file.txt');
    const options = { etag: undefined, lastModified: true, allow: [] };
    return {
      source: storeSource(store, options, { object: { url: url.href, name: 'file.txt' }, url }),
      wanted: wantedOf(['file.txt']),
      replace: undefined,
      remove: () => {
        isThere = false;
      },
      expectClosed: () => expectAllClosed(root),
    };
  },
};

const ROWS: readonly SourceRow[] = [
  directoryRow('a directory', {}),
  directoryRow('a directory, with a small file', {}, { bytes: BYTES.subarray(0, 1000) }),
  directoryRow('a directory with a cache', { cache: BOUNDS }),
  directoryRow('a directory without links', { symlinks: 'deny' }),
  directoryRow('a directory whose links may lead anywhere', { symlinks: 'follow' }),
  directoryRow('a directory within the root', {}, { folder: 'tenant/' }),
  contentRow('bytes in memory', () => contentSource('', BYTES)),
  contentRow('content that is read', () =>
    contentSource('', {
      name: 'file.txt',
      size: BYTES.length,
      read: async function* read(start, end = BYTES.length - 1) {
        yield BYTES.subarray(start, end + 1);
      },
    }),
  ),
  storeRow,
];

/** Reads all bytes of an open file. */
async function read({ body, size }: OpenedFile): Promise<Buffer> {
  if (body.kind === 'none') return Buffer.alloc(0);
  if (body.kind === 'bytes') return body.bytes;
  if (body.kind === 'descriptor') {
    const buffer = Buffer.alloc(size);
    readSync(body.descriptor, buffer, 0, size, 0);
    return buffer;
  }
  if (body.kind === 'pieces') throw new Error('none of these sources has pieces');
  const chunks: Uint8Array[] = [];
  for await (const chunk of await body.read(0, size - 1)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

describe.each(ROWS)('$title', ({ create }) => {
  it('finds the file, and opens nothing for that', async () => {
    const { source, wanted, expectClosed } = create();
    const { file, segments, coding } = await source.find(wanted);
    expect([segments, coding]).toEqual([wanted.segments, undefined]);
    expect(file.size === Number.POSITIVE_INFINITY || file.size > 0).toBe(true);
    await expectClosed();
  });

  it.each([true, false])(
    'opens the file with its bytes (content is likely: %s)',
    async (likely) => {
      const { source, wanted, expectClosed } = create();
      const { file, segments, coding } = await source.open(wanted, likely);
      expect([segments, coding]).toEqual([wanted.segments, undefined]);
      const bytes = await read(file);
      expect(bytes.equals(BYTES.subarray(0, file.size))).toBe(true);
      expect(bytes).toHaveLength(file.size);
      file.close();
      await expectClosed();
    },
  );

  it('closes a file once, however often close() is called', async () => {
    const { source, wanted, expectClosed } = create();
    const { file: first } = await source.open(wanted, true);
    first.close();
    await expectClosed();
    // It may have the number of the descriptor that was closed.
    const { file: second } = await source.open(wanted, true);
    first.close();
    await new Promise(setImmediate);
    expect((await read(second)).length).toBe(second.size);
    second.close();
    second.close();
    await expectClosed();
  });

  it('gives each request a file that others cannot close', async () => {
    const { source, wanted, expectClosed } = create();
    const [one, other] = await Promise.all([source.open(wanted, true), source.open(wanted, true)]);
    one.file.close();
    await new Promise(setImmediate);
    expect(await read(other.file)).toHaveLength(other.file.size);
    other.file.close();
    await expectClosed();
  });

  it('has the same file as long as nothing changes it', async () => {
    const { source, wanted } = create();
    const found = await source.find(wanted);
    expect(await source.isStill(found, wanted)).toBe(true);
    expect(await source.isStill(await source.find(wanted), wanted)).toBe(true);
  });

  it('notices that the file was replaced, unless the application has named the bytes', async () => {
    const { source, wanted, replace, expectClosed } = create();
    const found = await source.find(wanted);
    replace?.();
    expect(await source.isStill(found, wanted)).toBe(replace === undefined);
    await expectClosed();
  });

  it('keeps the bytes of an open file that is replaced', async () => {
    const { source, wanted, replace, expectClosed } = create();
    const { file } = await source.open(wanted, true);
    replace?.();
    expect(await read(file)).toEqual(BYTES.subarray(0, file.size));
    file.close();
    await expectClosed();
  });
});

describe.each(ROWS.filter(({ create }) => create().remove !== undefined))(
  '$title',
  ({ create }) => {
    it('refuses a file that was removed, and leaves nothing open', async () => {
      const { source, wanted, remove, expectClosed } = create();
      const opened = await source.open(wanted, true);
      opened.file.close();
      remove?.();
      const refusal = { name: 'RefusedError', code: 'ERR_XSENDFILE_NOT_FOUND', status: 404 };
      for (const likely of [true, false]) {
        await expect(source.open(wanted, likely)).rejects.toMatchObject(refusal);
      }
      await expectClosed();
    });
  },
);

describe.each(ROWS.filter(({ create }) => create().replace !== undefined))(
  '$title',
  ({ create }) => {
    it('refuses to say that a removed file is still the same', async () => {
      const { source, wanted, remove, expectClosed } = create();
      const found = await source.find(wanted);
      remove?.();
      const refusal = { name: 'RefusedError', code: 'ERR_XSENDFILE_NOT_FOUND' };
      await expect(source.isStill(found, wanted)).rejects.toMatchObject(refusal);
      await expect(source.find(wanted)).rejects.toMatchObject(refusal);
      await expectClosed();
    });

    it('refuses what does not exist, and leaves nothing open', async () => {
      const { source, wanted, expectClosed } = create();
      const missing = { ...wanted, segments: [...wanted.segments.slice(0, -1), 'missing'] };
      const refusal = { name: 'RefusedError', code: 'ERR_XSENDFILE_NOT_FOUND' };
      await expect(source.find(missing)).rejects.toMatchObject(refusal);
      await expect(source.open(missing, true)).rejects.toMatchObject(refusal);
      await expectClosed();
    });
  },
);
