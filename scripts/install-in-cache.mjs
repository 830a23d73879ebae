import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../node_modules/.cache/xsendfile', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Installs packages into a project of its own, where they cannot get in the way of the development dependencies.
 * npm keeps what it has downloaded, so that only the first time takes long.
 *
 * @param {string} name - of the project.
 * @param {Record<string, string>} dependencies
 * @returns {string} the project's directory.
 */
export function installInCache(name, dependencies) {
  const directory = join(cache, name);
  mkdirSync(directory, { recursive: true });
  // A tarball that is packed again has the same name and version.
  rmSync(join(directory, 'node_modules/xsendfile'), { recursive: true, force: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const options = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  execFileSync(npm, ['install', ...options], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return directory;
}
