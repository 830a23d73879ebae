import type { Command } from 'commander';
import { examine } from '../doctor/examiner/examine.js';
import { formatDiagnosis, isHealthy, toJsonReport } from '../doctor/examiner/format.js';
import { hasColours } from './colours.js';
import { CliError, EXIT } from './errors.js';
import { toJson } from './format.js';
import { addHelp } from './help.js';
import type { CliIo } from './io.js';
import { urlParser } from './mount.js';
import { readSecrets } from './secrets.js';
import { collectTexts } from './values.js';

interface DoctorFlags {
  readonly secretFile?: readonly string[];
  readonly direct?: URL;
  readonly json?: boolean;
}

const parseOrigin = urlParser('https://example.com/-doctor');

/**
 * Adds `xsendfile doctor <url>`.
 *
 * @param exit - called with the exit code of the program.
 */
export function addDoctorCommand(program: Command, io: CliIo, exit: (code: number) => void): void {
  const command = program
    .command('doctor')
    .summary('examine a running system from outside')
    .description(
      'Examines a running system through its front end, and reports each fault with its fix. ' +
        'The application must mount doctorProbe(files, { secret }).',
    )
    .argument('<url>', 'URL of the mounted probe, as clients reach it', parseProbeUrl);
  const help = `
    --secret-file <file>  file with the probe's secret (default: the environment variable XSENDFILE_SECRET)
    --direct <url>        URL of the probe at the application itself
    --json                print the result as JSON

    $ xsendfile doctor https://example.com/-doctor --secret-file doctor-secret
    $ xsendfile doctor https://example.com/-doctor --secret-file doctor-secret --direct http://127.0.0.1:3000/-doctor

    0  all is well
    1  something is wrong
    2  it could not be examined: wrong usage, no response, no probe, another secret`;
  addHelp(command, help, { secretFile: collectTexts, direct: parseProbeUrl }).action(
    async (url: URL, flags: DoctorFlags) => exit(await doctor(url, flags, io)),
  );
}

async function doctor(url: URL, { secretFile, direct, json }: DoctorFlags, io: CliIo) {
  const secret = readSecrets(secretFile, io);
  const diagnosis = await examine({ url, direct, secret, now: io.now }).catch((error: Error) => {
    if (error.name === 'CannotExamine') throw new CliError(error.message, { cause: error });
    throw error;
  });
  const text =
    json === true
      ? `${toJson(toJsonReport(diagnosis, url.href))}\n`
      : formatDiagnosis(diagnosis, url.href, hasColours(io.stdout, io.env));
  io.stdout.write(text);
  return isHealthy(diagnosis) ? EXIT.ok : EXIT.refused;
}

function parseProbeUrl(text: string): URL {
  const { origin, path } = parseOrigin(text);
  return new URL(origin + path);
}
