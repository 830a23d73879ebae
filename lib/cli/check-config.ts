import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { FrontEndConfigOptions, FrontEndServer } from '../frontends/index.js';
import { GENERATORS, generateForCheck } from '../servers/generators.js';
import { codeOf } from '../shared/thrown.js';
import { CliError, EXIT } from './errors.js';
import { toJson } from './format.js';
import type { CliIo } from './io.js';
import { printNotice, printWarning } from './messages.js';

/** Servers are there, but not every user has these directories in PATH. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const TIMEOUT_MS = 60_000;

/**
 * Lets a server check the syntax of its configuration, if it is installed. What it writes goes to a private directory.
 *
 * @throws {@link CliError} with the output of the server, when it refuses the configuration, and for a `scratch` that is
 * missing on the machine of the server.
 */
export function checkConfig(
  server: FrontEndServer,
  options: FrontEndConfigOptions,
  io: CliIo,
): void {
  const { programs, args, accepted } = GENERATORS[server].check;
  const scratch = mkdtempSync(join(tmpdir(), 'xsendfile-config-'));
  try {
    const file = join(scratch, 'server.conf');
    writeFileSync(file, generateForCheck(server, options, scratch), { mode: 0o600 });
    const PATH = [io.env.PATH, ...SYSTEM_DIRECTORIES].join(delimiter);
    const env = { ...io.env, PATH, XDG_CONFIG_HOME: scratch, XDG_DATA_HOME: scratch };
    const run = (program: string) =>
      spawnSync(program, args(file, scratch), { env, encoding: 'utf8', timeout: TIMEOUT_MS });
    const result = programs.map(run).find(({ error }) => codeOf(error) !== 'ENOENT');
    if (result === undefined) {
      printWarning(`not checked: ${server} is not installed on this machine.`, io);
      return;
    }
    const output = [result.error?.message, result.stdout, result.stderr].join('\n');
    if (result.status !== 0 && (accepted === undefined || !output.includes(accepted))) {
      const shown = output.replaceAll(`${scratch}/`, '').trim();
      throw new CliError(`${server} refuses the configuration:\n${shown}`, {
        exitCode: EXIT.refused,
      });
    }
    checkScratch(options.scratch);
    printNotice(`${server} accepts the configuration.`, io);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The server has checked another one. */
function checkScratch(scratch: string | undefined): void {
  if (scratch === undefined || (existsSync(scratch) && statSync(scratch).isDirectory())) return;
  throw new CliError(`--scratch must be an existing directory, got ${toJson(scratch)}.`);
}
