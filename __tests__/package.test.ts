import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtPackage } from './helpers/built-package.js';
import { createTree } from './helpers/tree.js';

/** The package as npm would publish it, installed and used from both module systems. */

const repository = join(__dirname, '..');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const scratch = createTree({ 'files/a.txt': 'text' });

beforeAll(() => {
  const packed = execFileSync(
    npm,
    ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch],
    { cwd: builtPackage(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const manifest = JSON.parse(packed);
  const { filename } = Array.isArray(manifest) ? manifest[0] : Object.values(manifest)[0];
  mkdirSync(join(scratch, 'app'));
  writeFileSync(join(scratch, 'app/package.json'), '{ "name": "app", "private": true }');
  execFileSync(npm, ['install', '--no-audit', '--no-fund', join(scratch, filename)], {
    cwd: join(scratch, 'app'),
    stdio: 'ignore',
  });
}, 120_000);

const PROGRAM = `
  const handler = xsendfile(${JSON.stringify(join(scratch, 'files'))}, { sender: 'serve' });
  const server = createServer((req, res) => handler(req, res)).listen(0, async () => {
    const response = await fetch('http://localhost:' + server.address().port + '/a.txt');
    process.stdout.write(response.status + ' ' + (await response.text()));
    server.close();
  });
`;

function run(file: string, code: string): string {
  const path = join(scratch, 'app', file);
  writeFileSync(path, code);
  return execFileSync(process.execPath, [path], { encoding: 'utf8' });
}

describe('the packed package', () => {
  it('works when imported', () => {
    const imports = `import { createServer } from 'node:http';\nimport { xsendfile } from 'xsendfile';`;
    expect(run('program.mjs', imports + PROGRAM)).toBe('200 text');
  });

  it('works when required', () => {
    const imports = `const { createServer } = require('node:http');\nconst { xsendfile } = require('xsendfile');`;
    expect(run('program.cjs', imports + PROGRAM)).toBe('200 text');
  });

  it.each([
    ['xsendfile', ['xsendfile', 'nginxSender']],
    ['xsendfile/web', ['authToken', 'outcomeOf', 'xsendfile']],
  ])('exports the same names of %s to both, and no default', (subpath, expected) => {
    const names = 'process.stdout.write(Object.keys(all).sort().join())';
    const imported = run('names.mjs', `import * as all from '${subpath}';\n${names}`);
    const required = run('names.cjs', `const all = require('${subpath}');\n${names}`);
    expect(imported).toBe(required);
    expect(imported.split(',')).toEqual(expect.arrayContaining(expected));
    expect(imported.split(',')).not.toContain('default');
  });

  it('contains the documents and pictures that the README links to, and no other screenshots', () => {
    const installed = join(scratch, 'app/node_modules/xsendfile');
    const readme = readFileSync(join(installed, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\((docs\/[\w./-]+)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) {
      const isPicture = link.startsWith('docs/images/');
      if (isPicture) expect(existsSync(join(installed, link))).toBe(true);
      else expect(readFileSync(join(installed, link), 'utf8')).toMatch(/^# /);
    }
    const pictures = readdirSync(join(installed, 'docs/images')).map(
      (name) => `docs/images/${name}`,
    );
    const large = pictures.filter((path) => path.endsWith('.png'));
    expect(links).toEqual(expect.arrayContaining(large));
  });

  it('contains nothing that no entry reaches', () => {
    const files = readdirSync(join(scratch, 'app/node_modules/xsendfile/dist'), {
      recursive: true,
    }) as string[];
    expect(files).toContain(join('esm', 'cli', 'bin.js'));
    expect(files.filter((file) => file.startsWith(join('cjs', 'cli')))).toEqual([]);
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
    const declarations = files.filter((file) => file.startsWith('esm') && file.endsWith('.d.ts'));
    expect(declarations.length).toBe(SUBPATHS.length);
  });

  it('names the declarations of each subpath for the old way of resolving modules, too', () => {
    for (const [subpath, entry] of SUBPATHS) {
      const name = subpath.replace('./', '');
      const types = name === '.' ? manifest.types : manifest.typesVersions['*'][name]?.[0];
      expect([name, types]).toEqual([name, entry.require.types]);
    }
  });
});

interface Entry {
  readonly require: { readonly types: string };
}

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
const SUBPATHS = Object.entries<Entry | string>(manifest.exports).filter(
  (entry): entry is [string, Entry] => typeof entry[1] !== 'string',
);
