import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { runCli } from './cli/run-cli.js';
import { createFixture } from './helpers/check.js';
import { binaryOf, describeWithPrograms } from './helpers/programs.js';
import { createTree } from './helpers/tree.js';

/** What can be checked of the documents without the machine that they describe. */

const repository = join(__dirname, '..');
const documents = [
  'docs/howto.md',
  'docs/containers.md',
  'docs/getting-started.md',
  'docs/precompressed.md',
  'docs/production.md',
  'docs/serve.md',
  'README.md',
] as const;
const texts = new Map(
  documents.map((document) => [document, readFileSync(join(repository, document), 'utf8')]),
);
const HANDSHAKE = '0123456789abcdef0123456789abcdef';
const SERVERS = ['nginx', 'apache', 'lighttpd', 'caddy', 'h2o'];

interface Block {
  readonly document: string;
  readonly line: number;
  readonly code: string;
}

/** Code blocks of a language. */
function blocksOf(language: string): Block[] {
  return [...texts].flatMap(([document, text]) =>
    [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
      .filter(([, each]) => each === language)
      .map(({ index, 2: code = '' }) => ({
        document,
        line: text.slice(0, index).split('\n').length,
        code,
      })),
  );
}

/** Where commands move a file that they have written; without such a command, its own place. */
function installed(code: string, output: string): string {
  const moves = [...code.matchAll(/\bmv (\S+) (\S+)/g)];
  return moves.find(([, from]) => from === output)?.[2] ?? output;
}

/** Arguments of the program in every line that calls it; no argument in the documents is quoted. */
function commands(): { document: string; line: string; argv: string[]; output: string }[] {
  return blocksOf('sh').flatMap(({ document, code }) =>
    [...code.matchAll(/npx xsendfile (config [^>)\n]+)(?:> ([^)\n]+))?/g)].map(
      ([line, args = '', output = '']) => ({
        document,
        line,
        argv: args.trim().split(/\s+/),
        output: installed(code, output.trim()),
      }),
    ),
  );
}

describe('the documents about servers', () => {
  const directory = createTree({ handshake: `${HANDSHAKE}\n` });

  it.each(commands())('have the working command $line', async ({ argv }) => {
    const known = argv.map((each, index) =>
      argv[index - 1] === '--handshake-file' ? join(directory, 'handshake') : each,
    );
    const { exitCode, stdout, stderr } = await runCli(known);
    const expected =
      /.*warning: secret file.*\n|.*(?:accepts the configuration|: not checked: .*)\.\n/g;
    expect([exitCode, stderr.replace(expected, '')]).toEqual([0, '']);
    expect(stdout).toContain(HANDSHAKE);
    expect(stdout).toContain('/srv/files');
  });

  it('write the configuration of every server to where the table says', () => {
    const text = texts.get('docs/howto.md') ?? '';
    const complete = commands().filter(({ document }) => document === 'docs/howto.md');
    for (const server of SERVERS) {
      const [, path] =
        new RegExp(`^\\| \`${server}\` \\|.*?\\| \`(/etc/\\S+)\` \\|`, 'm').exec(text) ?? [];
      const outputs = complete.filter(({ argv }) => argv[1] === server).map(({ output }) => output);
      expect(outputs).toContain(path);
    }
  });

  it.each(blocksOf('js'))(
    'have a program without syntax errors at $document:$line',
    ({ line, code }) => {
      const file = join(directory, `block-${line}.mjs`);
      writeFileSync(file, code);
      const { status, stderr } = spawnSync(process.execPath, ['--check', file], {
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
    },
  );

  function runCompressor(root: string): { status: number | null; stderr: string } {
    const { code = '' } = blocksOf('js').find((each) => each.code.includes('compress.mjs')) ?? {};
    const program = join(directory, 'compress.mjs');
    writeFileSync(program, code);
    return spawnSync(process.execPath, [program, root], { encoding: 'utf8', timeout: 60_000 });
  }

  it('have a program that compresses files for the option "precompressed"', async () => {
    const text = 'a text '.repeat(1000);
    const root = createTree({ 'a.txt': text, 'sub/b.css': text, 'c.bin': text });
    expect(runCompressor(root)).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(root).sort()).toEqual(['a.txt', 'a.txt.br', 'a.txt.gz', 'c.bin', 'sub']);
    const { request } = await createFixture(root, { precompressed: ['br', 'gzip'] });
    for (const [coding, decode] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const headers = { 'Accept-Encoding': coding };
      const response = await request({ target: '/sub/b.css', headers });
      expect(response.headers['content-encoding']).toBe(coding);
      expect(String(decode(response.body))).toBe(text);
    }
  });

  it('have a program that compresses only files, and no files outside of the directory', () => {
    const outside = createTree({ 'secret.txt': 'outside' });
    const root = createTree({
      'chart.js/data.json': 'in a directory',
      'a.txt': 'a text',
      'gone.txt': { link: 'missing' },
      'link.txt': { link: join(outside, 'secret.txt') },
      'link.js': { link: outside },
      'sub/up': { link: '..' },
    });
    expect(spawnSync('mkfifo', [join(root, 'fifo.txt')]).status).toBe(0);
    expect(runCompressor(root)).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(outside)).toEqual(['secret.txt']);
    const written = readdirSync(root).filter((name) => /\.(?:br|gz|tmp)$/.test(name));
    expect(written.sort()).toEqual(['a.txt.br', 'a.txt.gz']);
    const below = readdirSync(join(root, 'chart.js')).sort();
    expect(below).toEqual(['data.json', 'data.json.br', 'data.json.gz']);
  });

  it('have a program that goes on after a file that it cannot compress', () => {
    const root = createTree({
      'a.txt': 'a text',
      'b.txt': 'b text',
      'a.txt.br.tmp/x': 'in the way',
    });
    const { status, stderr } = runCompressor(root);
    expect([status, stderr]).toEqual([1, expect.stringContaining('a.txt.br.tmp')]);
    expect(readdirSync(root)).toEqual(expect.arrayContaining(['a.txt.gz', 'b.txt.br', 'b.txt.gz']));
  });

  it.each(blocksOf('sh'))('have commands without syntax errors at $document:$line', ({ code }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each(blocksOf('yaml'))('have well-indented YAML at $document:$line', ({ code }) => {
    const lines = code.split('\n').filter((line) => line !== '');
    let previous = -2;
    for (const line of lines) {
      const [, spaces = '', dash = '', rest = ''] = /^( *)((?:- )*)(.*)$/.exec(line) ?? [];
      // An item or key, a key in an item, or a scalar in a list.
      expect(rest).toMatch(dash === '' ? /^[\w.-]+:(?: \S.*)?$/ : /^(?:[\w.-]+:(?: \S.*)?|\S+)$/);
      expect(line).not.toMatch(/\t| $/);
      expect(spaces.length % 2).toBe(0);
      expect(spaces.length).toBeLessThanOrEqual(previous + 2);
      previous = spaces.length + dash.length;
      expect((rest.match(/"/g) ?? []).length % 2).toBe(0);
    }
  });
});

describe('README.md and all documents', () => {
  it('write secrets only into files that other users cannot read', () => {
    const all = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'));
    const blocks = ['README.md', ...all.map((name) => `docs/${name}`)].flatMap((document) => {
      const text = readFileSync(join(repository, document), 'utf8');
      return [...text.matchAll(/^```sh\n(.*?)^```$|`([^`\n]+)`/gms)].map(
        ([, block, inline = '']) => block ?? inline,
      );
    });
    // The secret itself, or a configuration that contains it.
    const writing = /openssl rand -hex 32 >|xsendfile config .*--handshake-file .*>/;
    const writers = blocks.flatMap((block) => {
      const lines = block.split('\n');
      const masked = lines.findIndex((line) => line.startsWith('umask 077'));
      return lines
        .filter((line) => writing.test(line))
        .map((line) => ({ line, isMasked: lines.indexOf(line) > masked && masked !== -1 }));
    });
    expect(writers.length).toBeGreaterThan(10);
    const open = writers.filter(
      ({ line, isMasked }) => !isMasked && !line.startsWith('(umask 077; '),
    );
    expect(open).toEqual([]);
  });
});

describeWithPrograms('the service in docs/howto.md', ['systemd'], () => {
  it('is one that systemd accepts without a warning', () => {
    const [{ code = '' } = {}] = blocksOf('ini');
    const unit = join(createTree(), 'portal.service');
    // Only the programs differ from machine to machine.
    writeFileSync(unit, code.replace('/usr/bin/node', process.execPath));
    const { status, stderr } = spawnSync(binaryOf('systemd'), ['verify', unit], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});
