// Runs the tests with each supported version of Node, from npm's packages of its binaries:
//   npm run test:nodes [-- paths and options of jest]
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installInCache } from './install-in-cache.mjs';

/** The newest version of each line that is supported. */
const VERSIONS = ['20', '22', '24', 'latest'];

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const packageName = `node-${process.platform}-${process.arch}`;

/** @type {Record<string, object>} */
const rows = {};
for (const version of VERSIONS) {
  const directory = installInCache(`node-${version}`, { [packageName]: version });
  const node = join(directory, 'node_modules', packageName, 'bin/node');
  const report = join(directory, 'report.json');
  const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n${name}`);
  const began = Date.now();
  rmSync(report, { force: true });
  const args = [jest, ...process.argv.slice(2), '--json', `--outputFile=${report}`];
  const { status } = spawnSync(node, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exitCode = 1;
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rows[name] = {
    passed: result.numPassedTests,
    failed: result.numFailedTests,
    skipped: result.numPendingTests,
    seconds: Math.round((Date.now() - began) / 1000),
  };
}
console.table(rows);
