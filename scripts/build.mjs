// Builds both module formats with the TypeScript compiler alone. dist/cjs says of itself that it is CommonJS,
// because the package as a whole is "type": "module".
//
// The package contains what its entries reach, and nothing else: no internal declarations, and the command line
// program in one format. Both formats share one set of declarations, so that their types are the same.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
/** An import in any form that the compiler writes. */
const RELATIVE_IMPORT = /\b(?:from |import |import\(|require\()["'](\.{1,2}\/[^"']+\.js)["']/g;
const compiled = join(root, 'dist.compiled');
// Built beside the old one, which stays usable until the new one is complete.
const fresh = join(root, 'dist.new');

/** @typedef {{ types: string, default: string }} Entry */
/** @type {{ bin: Record<string, string>, exports: Record<string, string | { import: Entry, require: Entry }> }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

for (const directory of [compiled, fresh]) rmSync(directory, { recursive: true, force: true });
for (const { project, format, declarations } of [
  { project: 'tsconfig.build.json', format: 'esm', declarations: 'false' },
  { project: 'tsconfig.cjs.json', format: 'cjs', declarations: 'true' },
]) {
  const options = ['--outDir', join(compiled, format), '--declaration', declarations];
  execFileSync(process.execPath, [tsc, '-p', project, ...options], { cwd: root, stdio: 'inherit' });
}
writeFileSync(join(compiled, 'cjs/package.json'), '{ "type": "commonjs" }\n');

const entries = [join(compiled, 'cjs/package.json')];
for (const program of Object.values(manifest.bin)) entries.push(inCompiled(program));
for (const entry of Object.values(manifest.exports)) {
  if (typeof entry === 'string') continue;
  writeFileSync(inCompiled(entry.import.types), reexport(entry));
  for (const { types, default: program } of [entry.import, entry.require]) {
    entries.push(inCompiled(types), inCompiled(program));
  }
}
for (const file of reachedFrom(entries)) {
  const target = join(fresh, relative(compiled, file));
  mkdirSync(dirname(target), { recursive: true });
  renameSync(file, target);
}
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(fresh, join(root, 'dist'));
rmSync(compiled, { recursive: true });

/**
 * @param {string} path - a path of the manifest, below ./dist.
 * @returns {string}
 */
function inCompiled(path) {
  return join(compiled, relative('./dist', path));
}

/**
 * The declarations of the ESM build: those of the other one.
 *
 * @param {{ import: Entry, require: Entry }} entry
 * @returns {string}
 */
function reexport({ import: { types }, require: { default: program } }) {
  return `export * from '${relative(dirname(types), program).replaceAll('\\', '/')}';\n`;
}

/**
 * The files that are imported from these, directly or not, and these.
 *
 * @param {string[]} files
 * @returns {Set<string>}
 */
function reachedFrom(files) {
  /** @type {Set<string>} */
  const reached = new Set();
  const pending = [...files];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT)) {
      const target = resolve(dirname(file), specifier);
      pending.push(file.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target);
    }
  }
  return reached;
}
