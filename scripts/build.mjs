// Builds the package: TypeScript compiles lib, and Rollup puts each folder of it into one file, in both module formats.
// A program that imports the package then loads a dozen files, not a hundred; each costs almost a millisecond.
//
// The package contains what its entries reach, and nothing else: no internal declarations, and the command line
// program in one format. Both formats share one set of declarations, so that their types are the same.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = join(root, 'dist.compiled');
// Built beside the old one, which stays usable until the new one is complete.
const fresh = join(root, 'dist.new');

/** @typedef {{ types: string, default: string }} Entry */
/** @type {{ bin: Record<string, string>, exports: Record<string, string | { import: Entry, require: Entry }> }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const exported = Object.values(manifest.exports).filter((entry) => typeof entry !== 'string');

for (const directory of [compiled, fresh]) rmSync(directory, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', compiled], {
  cwd: root,
  stdio: 'inherit',
});

const imported = exported.map((entry) => entry.import.default);
await bundle('esm', [...imported, ...Object.values(manifest.bin)]);
await bundle(
  'cjs',
  exported.map((entry) => entry.require.default),
);
writeFileSync(join(fresh, 'cjs/package.json'), '{ "type": "commonjs" }\n');
moveDeclarations(exported.map((entry) => entry.require.types));
for (const entry of exported) {
  const target = join(fresh, relative('./dist', entry.import.types));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, reexport(entry));
}
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(fresh, join(root, 'dist'));
rmSync(compiled, { recursive: true });

/**
 * @param {'esm' | 'cjs'} format
 * @param {string[]} entries - paths of the manifest.
 */
async function bundle(format, entries) {
  const bundled = await rollup({
    input: Object.fromEntries(
      entries.map((path) => [nameOf(path), join(compiled, `${nameOf(path)}.js`)]),
    ),
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    // A warning would be a mistake in lib, such as folders that import each other.
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  await bundled.write({
    dir: join(fresh, format),
    format,
    chunkFileNames: ({ name }) =>
      name.startsWith('internal/') ? '[name].js' : 'internal/[name].js',
    // What the main entry loads is named like the folders, so that stack traces say where; the rest by who loads it.
    manualChunks: (id, { getModuleInfo }) => {
      if (!reachedFrom(join(compiled, 'index.js'), getModuleInfo).has(id)) return undefined;
      const [folder, ...names] = relative(compiled, id).split(sep);
      return names.length === 0 ? undefined : `internal/${folder}`;
    },
    hoistTransitiveImports: false,
    // What TypeScript does: a module of Node is its own default export.
    interop: (id) => (id?.startsWith('node:') === true ? 'default' : 'auto'),
    externalLiveBindings: false,
    freeze: false,
  });
  await bundled.close();
}

/**
 * The modules that are imported from this one, directly or not.
 *
 * @param {string} entry
 * @param {import('rollup').GetModuleInfo} getModuleInfo
 * @returns {Set<string>}
 */
function reachedFrom(entry, getModuleInfo) {
  const reached = new Set([entry]);
  for (const id of reached) {
    for (const imported of getModuleInfo(id)?.importedIds ?? []) reached.add(imported);
  }
  return reached;
}

/**
 * @param {string} path - a program of the manifest, such as ./dist/esm/uses/index.js.
 * @returns {string} its name below lib, such as uses/index.
 */
function nameOf(path) {
  return path.replace(/^(?:\.\/)?dist\/(?:esm|cjs)\//, '').replace(/\.js$/, '');
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
 * Moves these declarations, and all that they import, to the CommonJS build.
 *
 * @param {string[]} entries - paths of the manifest.
 */
function moveDeclarations(entries) {
  const pending = entries.map((path) => join(compiled, relative('./dist/cjs', path)));
  const reached = new Set(pending);
  for (const file of reached) {
    const text = readFileSync(file, 'utf8');
    for (const [, specifier = ''] of text.matchAll(
      /(?:from |import\()["'](\.{1,2}\/[^"']+)\.js["']/g,
    )) {
      reached.add(`${resolve(dirname(file), specifier)}.d.ts`);
    }
    const target = join(fresh, 'cjs', relative(compiled, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}
