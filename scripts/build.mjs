// Builds both module formats with the TypeScript compiler alone. dist/cjs says of itself that it is CommonJS,
// because the package as a whole is "type": "module".
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
// Built beside the old one, which stays usable until the new one is complete.
const fresh = `${root}dist.new`;

rmSync(fresh, { recursive: true, force: true });
for (const { project, format } of [
  { project: 'tsconfig.build.json', format: 'esm' },
  { project: 'tsconfig.cjs.json', format: 'cjs' },
]) {
  const argv = [tsc, '-p', project, '--outDir', `${fresh}/${format}`];
  execFileSync(process.execPath, argv, { cwd: root, stdio: 'inherit' });
}
writeFileSync(`${fresh}/cjs/package.json`, '{ "type": "commonjs" }\n');
rmSync(`${root}dist`, { recursive: true, force: true });
renameSync(fresh, `${root}dist`);
