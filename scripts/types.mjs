// Compiles programs that use the packed package as its users do: with the oldest and the newest TypeScript, each way
// of resolving modules, both majors of Express's types and none, and without skipLibCheck.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installInCache } from './install-in-cache.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const consumers = join(root, 'typetests/consumers');

const COMPILERS = { typescript54: 'npm:typescript@5.4', typescript: 'latest' };
const LIBRARIES = { '@types/node': '20' };
/** @type {{ name: string, dependencies: Record<string, string>, program: string }[]} */
const PROJECTS = [
  { name: 'types-node', dependencies: {}, program: 'node' },
  { name: 'types-express4', dependencies: { '@types/express': '4' }, program: 'express' },
  { name: 'types-express5', dependencies: { '@types/express': '5' }, program: 'express' },
];

/** @type {{ name: string, options: Record<string, string>, extensions: string[], compilers: string[] }[]} */
const RESOLUTIONS = [
  {
    name: 'nodenext',
    options: { module: 'nodenext' },
    extensions: ['.mts', '.cts'],
    compilers: Object.keys(COMPILERS),
  },
  {
    name: 'bundler',
    options: { module: 'esnext', moduleResolution: 'bundler' },
    extensions: ['.ts'],
    compilers: ['typescript'],
  },
  {
    name: 'node10',
    options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '5.0' },
    extensions: ['.ts'],
    // TypeScript 7 does not have it any more.
    compilers: ['typescript54'],
  },
];

const tarball = pack();
for (const { name, dependencies, program } of PROJECTS) {
  const directory = installInCache(name, {
    ...COMPILERS,
    ...LIBRARIES,
    ...dependencies,
    xsendfile: `file:${tarball}`,
  });
  for (const extension of ['.ts', '.mts', '.cts']) {
    copyFileSync(join(consumers, `${program}.ts`), join(directory, program + extension));
  }
  for (const { name: resolution, options, extensions, compilers } of RESOLUTIONS) {
    const files = extensions.map((extension) => program + extension);
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
      ...{ target: 'es2020', lib: ['es2020'], types: ['node'], ...options },
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    for (const compiler of compilers) {
      const tsc = join(directory, 'node_modules', compiler, 'bin/tsc');
      const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', directory], {
        encoding: 'utf8',
      });
      console.log(`${status === 0 ? 'pass' : 'FAIL'} ${name}, ${compiler}, ${resolution}`);
      if (status === 0) continue;
      console.log(stdout);
      process.exitCode = 1;
    }
  }
}

/** @returns {string} the path of the packed package. */
function pack() {
  const place = installInCache('packed', {});
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', place];
  const manifest = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  const [{ filename }] = Array.isArray(manifest) ? manifest : Object.values(manifest);
  return join(place, basename(filename));
}
