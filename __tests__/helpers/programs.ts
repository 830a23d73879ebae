import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrontEndServer } from '../../lib/frontends/index.js';

/** Programs that tests run, as named in servers.json. */
export type ProgramName =
  | FrontEndServer
  | 'chromium'
  | 'ffmpeg'
  | 'redis'
  | 'openssl'
  | 'python3'
  | 'systemd'
  | 'unzip'
  | '7z'
  | 'bsdtar'
  | 'jar'
  | 'curl';

type Programs = Readonly<Record<ProgramName, { files: [string, ...string[]]; packages: string[] }>>;

const INSTALL = '"XSENDFILE_INSTALL=1 node scripts/front-ends.mjs"';

const programs: Programs = JSON.parse(
  readFileSync(join(__dirname, '../frontends/servers.json'), 'utf8'),
);

/** The path of a program. */
export function binaryOf(name: ProgramName): string {
  return programs[name].files[0];
}

/** Files of a program that are not on this machine. */
function listMissingFiles(name: ProgramName): string[] {
  return programs[name].files.filter((file) => !existsSync(file));
}

/**
 * Describes tests that need programs. Where one is missing they are skipped, and their title says
 * what to install; in CI on Linux, which would otherwise be green without them, they fail.
 */
export function describeWithPrograms(
  title: string,
  names: readonly ProgramName[],
  tests: () => void,
): void {
  const missing = names.filter((name) => listMissingFiles(name).length > 0);
  if (missing.length === 0) {
    describe(title, tests);
    return;
  }
  const files = missing.flatMap(listMissingFiles).join(', ');
  const packages = missing.flatMap((name) => programs[name].packages).join(', ');
  const reason = `needs ${files} (${packages}): run ${INSTALL} as root`;
  if (process.env.CI === 'true' && process.platform === 'linux') {
    it(title, () => {
      throw new Error(`${title} ${reason}`);
    });
  } else {
    describe.skip(`${title} ${reason}`, tests);
  }
}
