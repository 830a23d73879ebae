// Runs the tests that need neither other servers nor POSIX, as CI does on macOS and Windows: npm run test:portable
// __tests__/portable.json lists their folders and files. In these, tests for one system say so: see __tests__/helpers/needs.ts.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const list = new URL('../__tests__/portable.json', import.meta.url);
/** @type {string[]} */
const names = JSON.parse(readFileSync(list, 'utf8'));
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const args = [jest, ...names.map((name) => `__tests__/${name}`), ...process.argv.slice(2)];
const cwd = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
process.exitCode = status ?? 1;
