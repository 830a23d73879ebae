// Compiles programs that use the packed package as its users do: with the oldest and the newest TypeScript, each way
// of resolving modules, both majors of Express's types and none, and without skipLibCheck. Then compares what three
// compilers say about mistakes.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installInCache } from './install-in-cache.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const consumers = join(root, 'typetests/consumers');

const COMPILERS = {
  typescript54: 'npm:typescript@5.4',
  typescript6: 'npm:typescript@6',
  typescript: 'latest',
};
const LIBRARIES = { '@types/node': '20' };
/** @type {{ name: string, dependencies: Record<string, string>, program: string }[]} */
const PROJECTS = [
  { name: 'types-node', dependencies: {}, program: 'node' },
  { name: 'types-web', dependencies: {}, program: 'web' },
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
      report(`${name}, ${compiler}, ${resolution}`, compile(directory, compiler));
    }
  }
}

const MISTAKES = 'mistakes.mts';
const directory = installInCache('types-mistakes', {
  ...COMPILERS,
  ...LIBRARIES,
  ...{ '@types/express': '5', '@types/koa': '3', fastify: '5', koa: '3' },
  xsendfile: `file:${tarball}`,
});
copyFileSync(join(consumers, 'mistakes.ts'), join(directory, MISTAKES));
const compilerOptions = {
  ...{ strict: true, skipLibCheck: true, noEmit: true, module: 'nodenext' },
  ...{ target: 'es2022', lib: ['es2022'], types: ['node'] },
};
const files = [MISTAKES];
writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
for (const compiler of Object.keys(COMPILERS)) {
  report(`types-mistakes, ${compiler}`, compareMessages(compile(directory, compiler)));
}

/**
 * @param {string} directory
 * @param {string} compiler
 * @returns {string} what the compiler says; nothing if all is well.
 */
function compile(directory, compiler) {
  const tsc = join(directory, 'node_modules', compiler, 'bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8', cwd: directory })
    .stdout;
}

/**
 * @param {string} said
 * @returns {string} messages that are missing or not expected.
 */
function compareMessages(said) {
  const lines = readFileSync(join(consumers, 'mistakes.ts'), 'utf8').split('\n');
  const messages = new Map(
    [...said.matchAll(/^mistakes\.mts\((\d+),.*?: (.*(?:\n .*)*)/gm)].map(([, line, text = '']) => [
      Number(line),
      text,
    ]),
  );
  return lines
    .flatMap((text, index) => {
      const line = index + 1;
      const message = messages.get(line);
      const expected = /^\/\/ error: (.*)/.exec(lines[index - 1] ?? '')?.[1];
      if (expected === undefined ? message === undefined : message?.includes(expected)) return [];
      return `${line}: ${text}\n  expected: ${expected}\n  got: ${message}`;
    })
    .join('\n');
}

/**
 * @param {string} title
 * @param {string} faults
 */
function report(title, faults) {
  console.log(`${faults === '' ? 'pass' : 'FAIL'} ${title}`);
  if (faults === '') return;
  console.log(faults);
  process.exitCode = 1;
}

/** @returns {string} the path of the packed package. */
function pack() {
  const place = installInCache('packed', {});
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', place];
  const manifest = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  const [{ filename }] = Array.isArray(manifest) ? manifest : Object.values(manifest);
  return join(place, basename(filename));
}
