import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NAME = 'xsendfile';

/**
 * The version of the package that a file belongs to: that of the next package.json above it with
 * its name, as the builds have files of that name, too.
 */
export function findVersion(file: string): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const { name, version } = readManifest(join(directory, 'package.json'));
    if (name === NAME && typeof version === 'string') return version;
    if (directory === dirname(directory)) return 'unknown';
  }
}

function readManifest(path: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) ?? {};
  } catch {
    return {};
  }
}
