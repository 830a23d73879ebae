// Packs the package, installs it into throw-away projects together with every framework, compiles the programs of
// __tests__/frameworks there, and examines them with its battery: npm run test:frameworks [-- names of projects]
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNextSite } from './frameworks/next-site.mjs';
import { NEST, PROGRAMS, PROJECTS } from './frameworks/projects.mjs';
import { buildWebSite, WEB_SITES } from './frameworks/web-sites.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const scratch = mkdtempSync(join(tmpdir(), 'xsendfile-frameworks-'));
const { devDependencies } = readJson(join(repository, 'package.json'));
const chosen = process.argv.slice(2);

/** @type {Record<string, Record<string, string | number>>} */
const rows = {};
try {
  const tarball = pack();
  const pnpm = installPnpm();
  checkTypesAlone(tarball);
  for (const project of PROJECTS) {
    if (chosen.length > 0 && !chosen.includes(project.name)) continue;
    console.log(`\n${project.name}`);
    const began = Date.now();
    try {
      rows[project.name] = examine(project, create(project, tarball, pnpm));
    } catch (error) {
      // The other projects are examined nevertheless.
      console.error(error);
      process.exitCode = 1;
    }
    rows[project.name] = {
      ...rows[project.name],
      seconds: Math.round((Date.now() - began) / 1000),
    };
    rmSync(join(scratch, project.name), { recursive: true, force: true });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.table(rows);

/**
 * Runs a program, and returns its output.
 *
 * @param {string} cwd
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(cwd, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Packs the package, and returns the path of the tarball. */
function pack() {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch];
  const manifest = JSON.parse(execFileSync('npm', args, { cwd: repository, encoding: 'utf8' }));
  const { filename } = Array.isArray(manifest) ? manifest[0] : Object.values(manifest)[0];
  return join(scratch, filename);
}

/** Installs pnpm, and returns the path of its program. */
function installPnpm() {
  const directory = createProject('pnpm', { dependencies: { pnpm: '^10.0.0' } });
  run(directory, 'npm', 'install', '--no-audit', '--no-fund');
  return join(directory, 'node_modules/pnpm/bin/pnpm.cjs');
}

/**
 * Checks that the declarations compile, without skipLibCheck, where no framework is installed.
 *
 * @param {string} tarball
 */
function checkTypesAlone(tarball) {
  const dependencies = {
    xsendfile: `file:${tarball}`,
    '@types/node': devDependencies['@types/node'],
    typescript: 'latest',
  };
  const directory = createProject('types-alone', { type: 'module', dependencies });
  const source = `import { xsendfile } from 'xsendfile';
import { xsendfile as forKoa } from 'xsendfile/koa';
import { xsendfile as forRequests } from 'xsendfile/web';
export const handlers = [xsendfile('/srv/files'), forKoa('/srv/files'), forRequests('/srv/files')];
`;
  writeFileSync(join(directory, 'index.ts'), source);
  writeJson(join(directory, 'tsconfig.json'), {
    compilerOptions: { ...compilerOptionsFor('nodenext'), skipLibCheck: false },
  });
  run(directory, 'npm', 'install', '--no-audit', '--no-fund');
  compile(directory);
}

/**
 * Installs a project, and compiles its programs.
 *
 * @param {import('./frameworks/projects.mjs').Project} project
 * @param {string} tarball
 * @param {string} pnpm
 */
function create({ name, type, manager, module, typescript, programs, packages }, tarball, pnpm) {
  const hasNest = programs.some((program) => program.startsWith('nest-'));
  const names = ['@types/node', ...programs.flatMap((program) => PROGRAMS[program] ?? [])];
  if (hasNest) names.push(...NEST);
  const dependencies = {
    ...Object.fromEntries(names.map((each) => [each, devDependencies[each]])),
    ...packages,
    typescript,
    xsendfile: `file:${tarball}`,
  };
  const directory = createProject(name, { type, dependencies });
  const hasNext = programs.includes('next');
  const parts = [
    'settings',
    'handlers',
    'web-fetch',
    ...(hasNest ? ['nest-filter'] : []),
    ...(hasNext ? ['next-api'] : []),
  ];
  for (const program of [...parts, ...programs]) {
    const file = `${program}.ts`;
    cpSync(join(repository, '__tests__/frameworks/applications', file), join(directory, file));
  }
  // Under its own name, TypeScript would take it for the result of express4.ts.
  const alias = join(repository, '__tests__/helpers/express4.d.ts');
  cpSync(alias, join(directory, 'express4-alias.d.ts'));
  writeJson(join(directory, 'tsconfig.json'), { compilerOptions: compilerOptionsFor(module) });
  if (manager === 'pnpm') run(directory, process.execPath, pnpm, 'install');
  else run(directory, 'npm', 'install', '--no-audit', '--no-fund');
  compile(directory);
  if (hasNext) buildNextSite(directory, (...args) => run(directory, process.execPath, ...args));
  for (const program of programs) {
    const site = WEB_SITES[program];
    if (site === undefined) continue;
    buildWebSite(directory, site, (cwd, ...args) => run(cwd, process.execPath, ...args));
  }
  return directory;
}

/**
 * @param {string} name
 * @param {object} manifest
 */
function createProject(name, manifest) {
  const directory = join(scratch, name);
  mkdirSync(directory);
  writeJson(join(directory, 'package.json'), { name, private: true, ...manifest });
  return directory;
}

/** @param {string} module */
function compilerOptionsFor(module) {
  return {
    target: 'es2022',
    ...(module === 'bundler'
      ? { module: 'esnext', moduleResolution: 'bundler' }
      : { module, moduleResolution: module }),
    types: ['node'],
    strict: true,
    esModuleInterop: true,
    experimentalDecorators: true,
    // For the declarations of the frameworks.
    skipLibCheck: true,
  };
}

/** @param {string} directory */
function compile(directory) {
  run(directory, process.execPath, join(directory, 'node_modules/typescript/bin/tsc'));
}

/**
 * Runs the battery, and returns the numbers of its tests.
 *
 * @param {import('./frameworks/projects.mjs').Project} project
 * @param {string} directory
 */
function examine({ programs, runtime }, directory) {
  const report = join(scratch, 'report.json');
  const [command = process.execPath, ...args] = runtime ?? [];
  const path = runtime === undefined ? command : join(directory, command);
  const test = ['__tests__/frameworks/battery.test.ts', '--json', `--outputFile=${report}`];
  const { status } = spawnSync(process.execPath, [jest, ...test], {
    cwd: repository,
    env: {
      ...process.env,
      FRAMEWORKS: programs.join(),
      FRAMEWORKS_PROJECT: directory,
      FRAMEWORKS_RUNTIME: JSON.stringify([path, ...args]),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) process.exitCode = 1;
  const { numPassedTests: passed, numFailedTests: failed } = readJson(report);
  return { frameworks: programs.length, passed, failed };
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * @param {string} path
 * @param {object} value
 */
function writeJson(path, value) {
  writeFileSync(path, JSON.stringify(value, undefined, 2));
}
