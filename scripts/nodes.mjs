// Runs the tests with each supported version of Node, from npm's packages of its binaries:
//   npm run test:nodes [-- paths and options of jest]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The newest version of each line that is supported. */
const VERSIONS = ['20', '22', '24', 'latest'];

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const directory = join(root, 'node_modules/.cache/nodes');
const report = join(directory, 'report.json');

/**
 * Installs a version, and returns the path of its program.
 *
 * @param {string} version
 */
function install(version) {
  const place = join(directory, version);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{ "private": true }');
  const name = `node-${process.platform}-${process.arch}`;
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', `${name}@${version}`];
  execFileSync('npm', args, { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] });
  return join(place, 'node_modules', name, 'bin/node');
}

/** @type {Record<string, object>} */
const rows = {};
for (const version of VERSIONS) {
  const node = install(version);
  const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n${name}`);
  const began = Date.now();
  writeFileSync(report, '{}');
  const args = [jest, ...process.argv.slice(2), '--json', `--outputFile=${report}`];
  const { status } = spawnSync(node, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  rows[name] = {
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests,
    seconds: Math.round((Date.now() - began) / 1000),
  };
  if (status !== 0) process.exitCode = 1;
}
console.table(rows);
