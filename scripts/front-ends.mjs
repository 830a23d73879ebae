// Looks for the servers that the tests in __tests__/frontends run against, and installs missing ones from Debian's
// packages where nobody minds: in CI, or when asked to by XSENDFILE_INSTALL=1, and by root only.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install, isRoot, mayInstall } from './debian.mjs';

/**
 * Each server with the files that it consists of and the packages that bring them. The tests read the same table.
 *
 * @type {Record<string, { files: string[], packages: string[] }>}
 */
const servers = JSON.parse(
  readFileSync(new URL('../__tests__/frontends/servers.json', import.meta.url), 'utf8'),
);

const isCi = process.env.CI === 'true';

if (mayInstall && listMissing().length > 0) {
  try {
    await install(listMissing().flatMap((name) => servers[name]?.packages ?? []));
  } catch (error) {
    console.error(`front-ends: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}

const missing = listMissing();
const script = fileURLToPath(import.meta.url);
for (const name of missing) {
  if (isCi) {
    const packages = servers[name]?.packages.join(' ');
    const why = isRoot ? 'could not be installed' : 'only root can install it';
    console.error(`front-ends: ${name} is needed in CI, and ${why} (packages: ${packages}).`);
  } else {
    const enable = `${isRoot ? '' : 'sudo env '}XSENDFILE_INSTALL=1 node ${script}`;
    console.log(`front-ends: no ${name}, so its tests are skipped. Enable them with: ${enable}`);
  }
}
if (isCi && missing.length > 0) process.exitCode = 1;

function listMissing() {
  return Object.keys(servers).filter((name) => !servers[name]?.files.every(existsSync));
}
