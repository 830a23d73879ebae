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
const documents = ['docs/howto.md', 'docs/containers.md', 'README.md'] as const;
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

/** Arguments of the program in every line that calls it; no argument in the documents is quoted. */
function commands(): { document: string; line: string; argv: string[]; output: string }[] {
  return blocksOf('sh').flatMap(({ document, code }) =>
    [...code.matchAll(/npx xsendfile (config [^>)\n]+)(?:> ([^)\n]+))?/g)].map(
      ([line, args = '', output = '']) => ({
        document,
        line,
        argv: args.trim().split(/\s+/),
        output: output.trim(),
      }),
    ),
  );
}

describe('docs/howto.md, docs/containers.md and README.md', () => {
  const directory = createTree({ handshake: `${HANDSHAKE}\n` });

  it.each(commands())('have the working command $line', async ({ argv }) => {
    const known = argv.map((each, index) =>
      argv[index - 1] === '--handshake-file' ? join(directory, 'handshake') : each,
    );
    const { exitCode, stdout, stderr } = await runCli(known);
    expect([exitCode, stderr.replace(/.*warning: secret file.*\n/, '')]).toEqual([0, '']);
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
    // Each of them holds the secret.
    const written = complete.map(({ line }) => text.split(line)[0]?.split('\n').at(-1));
    expect(written).toEqual(complete.map(() => '(umask 077; '));
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

  it('have a program that compresses files for the option "precompressed"', async () => {
    const { code = '' } = blocksOf('js').find((each) => each.code.includes('compress.mjs')) ?? {};
    const text = 'a text '.repeat(1000);
    const root = createTree({ 'a.txt': text, 'sub/b.css': text, 'c.bin': text });
    const program = join(directory, 'compress.mjs');
    writeFileSync(program, code);
    const { status, stderr } = spawnSync(process.execPath, [program, root], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
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
