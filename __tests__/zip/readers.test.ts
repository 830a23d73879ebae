import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { xsendfile } from '../../lib/index.js';
import { type ZipEntry, zip } from '../../lib/zip/index.js';
import { binaryOf, describeWithPrograms, type ProgramName } from '../helpers/programs.js';
import { createTree, OLD } from '../helpers/tree.js';

/** A program that lists, tests and reads archives. */
interface Reader {
  readonly name: string;
  readonly program: ProgramName;
  /** Tests all sums; fails if one is wrong. */
  readonly test: (path: string) => readonly string[];
  /** Writes the bytes of one entry. */
  readonly extract?: (path: string, name: string) => readonly string[];
  /** Whether it reads standard input, and cannot seek in it. */
  readonly isPiped?: boolean;
}

const PYTHON_TEST = `
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(*archive.namelist(), sep='\\n')
`;
const PYTHON_READ = `
import sys, zipfile
sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))
`;

const READERS: readonly Reader[] = [
  {
    name: 'unzip',
    program: 'unzip',
    test: (path) => ['-tq', path],
    extract: (path, name) => ['-p', path, name.replace(/[[*?\\]/g, '\\$&')],
  },
  {
    name: '7z',
    program: '7z',
    test: (path) => ['t', '-bd', path],
    extract: (path, name) => ['x', '-so', '-bd', path, name],
  },
  {
    name: 'zipfile of Python',
    program: 'python3',
    test: (path) => ['-c', PYTHON_TEST, path],
    extract: (path, name) => ['-c', PYTHON_READ, path, name],
  },
  {
    name: 'bsdtar',
    program: 'bsdtar',
    test: (path) => ['-xOf', path],
    extract: (path, name) => ['-xOf', path, name],
  },
  { name: 'bsdtar of a pipe', program: 'bsdtar', test: () => ['-xOf', '-'], isPiped: true },
  { name: 'jar', program: 'jar', test: (path) => ['tf', path] },
];

const ENVIRONMENT = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'America/New_York' };

/** Runs a reader; returns what it writes. */
function run({ program, isPiped }: Reader, args: readonly string[], archive: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync(binaryOf(program), args, {
    env: ENVIRONMENT,
    input: isPiped === true ? archive : '',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status} ${stderr} ${stdout}`);
  return stdout;
}

const root = createTree({
  'a.txt': 'the first',
  empty: '',
  'large.bin': Buffer.alloc(300_000, 'x'),
});
const files = xsendfile(root);
const req = { headers: {}, url: '/', method: 'GET' } as never;

/** Writes an archive into a file. */
async function write(name: string, entries: readonly ZipEntry[]): Promise<string> {
  const archive = await zip(files, entries, { req });
  const path = join(root, name);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await archive.read(0, archive.size - 1)) chunks.push(chunk);
  writeFileSync(path, Buffer.concat(chunks));
  return path;
}

const NAMES: readonly ZipEntry[] = [
  { path: 'a.txt', name: 'plain.txt' },
  { path: 'a.txt', name: 'with space/sub.txt' },
  { path: 'a.txt', name: 'NFC \u00e9.txt' },
  { path: 'a.txt', name: 'NFD u\u0308.txt' },
  { path: 'a.txt', name: 'שלום/عربي.txt' },
  { path: 'a.txt', name: '🎉.txt' },
  { path: 'empty', name: 'empty.txt' },
  { path: 'large.bin' },
  { content: Buffer.from('content'), name: 'content.txt' },
];

describeWithPrograms('readers of archives', ['unzip', '7z', 'python3', 'bsdtar', 'jar'], () => {
  it.each(READERS)('$name finds all sums right', async (reader) => {
    const path = await write('names.zip', NAMES);
    const bytes = readFileSync(path);
    run(reader, reader.test(path), bytes);
    if (reader.name === 'jar') return;
    // The first byte of a member: the test can fail.
    const broken = Buffer.from(bytes);
    broken[broken.indexOf('the first')] = 0x54;
    writeFileSync(`${path}.broken.zip`, broken);
    const args = reader.test(`${path}.broken.zip`);
    expect(() => run(reader, args, broken)).toThrow();
  });

  it.each(READERS.filter(({ extract }) => extract))('$name reads each entry', async (reader) => {
    const path = await write('names.zip', NAMES);
    for (const { name = 'large.bin', content, path: file } of NAMES) {
      // It makes NFC of names, but not of what it looks for.
      if (reader.name === 'bsdtar' && name.startsWith('NFD')) continue;
      const expected = content ?? readFileSync(join(root, String(file)));
      const bytes = run(reader, reader.extract?.(path, name) ?? [], Buffer.alloc(0));
      expect([name, bytes.equals(expected as Buffer)]).toEqual([name, true]);
    }
  });

  it('names are listed as they are', async () => {
    const path = await write('names.zip', NAMES);
    const [, , python] = READERS;
    if (python === undefined) throw new Error('Python');
    const names = run(python, python.test(path), Buffer.alloc(0)).toString().trim().split('\n');
    expect(names).toEqual(NAMES.map(({ name = 'large.bin' }) => name));
  });

  it('times are unpacked exactly, in another time zone', async () => {
    const path = await write('times.zip', [
      { path: 'a.txt' },
      { content: Buffer.of(1), name: 'b', mtime: new Date('2010-07-01T01:02:03Z') },
    ]);
    const target = join(root, 'unpacked');
    mkdirSync(target);
    execFileSync(binaryOf('unzip'), ['-q', path, '-d', target], { env: ENVIRONMENT });
    const times = execFileSync('stat', ['-c', '%Y', join(target, 'a.txt'), join(target, 'b')]);
    expect(times.toString().trim().split('\n').map(Number)).toEqual([
      OLD.getTime() / 1000,
      Date.UTC(2010, 6, 1, 1, 2, 3) / 1000,
    ]);
  });

  describe('of 65,536 entries', () => {
    let path: string;
    beforeAll(async () => {
      const entries = Array.from({ length: 65_536 }, (_, index) => ({
        content: Buffer.of(index & 255),
        name: `${index >> 8}/${index}`,
      }));
      path = await write('many.zip', entries);
    });

    // bsdtar needs half a minute for it.
    it.each(READERS.filter(({ program }) => program !== 'bsdtar'))('$name reads all', (reader) => {
      run(reader, reader.test(path), Buffer.alloc(0));
    });
  });

  it('unzip and Python accept an archive without entries', async () => {
    const path = await write('none.zip', []);
    expect(readFileSync(path).length).toBe(22);
    const { stdout, stderr } = spawnSync(binaryOf('unzip'), ['-t', path]);
    expect(`${stdout}${stderr}`).toContain('zipfile is empty');
    execFileSync(binaryOf('python3'), ['-c', PYTHON_TEST, path]);
  });

  it('Python and 7z list an archive of 100 GB, with ZIP64', async () => {
    const size = 100 * 1024 ** 3;
    const big = openSync(join(root, 'big'), 'w');
    ftruncateSync(big, size);
    closeSync(big);
    utimesSync(join(root, 'big'), OLD, OLD);
    const archive = await zip(
      files,
      [
        { path: 'a.txt', name: 'first' },
        { path: 'big', crc32: 0 },
        { path: 'a.txt', name: 'last' },
      ],
      { req },
    );
    const end = archive.size - 1;
    const start = end - 1000;
    const chunks: Uint8Array[] = [];
    for await (const chunk of await archive.read(start, end)) chunks.push(chunk);
    // A sparse file with the head and the end of the archive.
    const path = join(root, 'big.zip');
    const descriptor = openSync(path, 'w');
    ftruncateSync(descriptor, archive.size);
    const tail = Buffer.concat(chunks);
    writeSync(descriptor, tail, 0, tail.length, start);
    const head: Uint8Array[] = [];
    for await (const chunk of await archive.read(0, 200)) head.push(chunk);
    writeSync(descriptor, Buffer.concat(head), 0, 201, 0);
    closeSync(descriptor);
    const list = `
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
for entry in archive.infolist(): print(entry.filename, entry.file_size)
print(archive.read('last').decode())
`;
    const listed = execFileSync(binaryOf('python3'), ['-c', list, path]).toString();
    expect(listed).toBe(`first 9\nbig ${size}\nlast 9\nthe first\n`);
    expect(execFileSync(binaryOf('7z'), ['l', '-bd', path]).toString()).toContain(String(size));
    expect(execFileSync(binaryOf('unzip'), ['-l', path]).toString()).toContain(String(size));
  });
});
