import type { Command } from 'commander';
import { parseTokenOptions } from '../links/options.js';
import { createUrlSigner } from '../links/signer.js';
import { CliError, EXIT } from './errors.js';
import { toJson } from './format.js';
import { formatExamples, formatExitCodes } from './help.js';
import type { CliIo } from './io.js';
import { addLinkOptions, type LinkFlags, toTokenOptions } from './link-options.js';
import { parseMount, stripMount } from './mount.js';
import { readSecrets } from './secrets.js';
import { parseClientAddress, parseDate } from './values.js';
import { flattenVerdict, formatVerdict, judgeLink } from './verdict.js';

interface VerifyFlags extends LinkFlags {
  readonly ip?: string;
  readonly at?: Date;
}

/**
 * Adds `xsendfile verify <url>`.
 *
 * @param exit - called with the exit code of the program.
 */
export function addVerifyCommand(program: Command, io: CliIo, exit: (code: number) => void): void {
  const command = program
    .command('verify')
    .summary('say whether a link is valid, or why not')
    .description('Says whether a link is valid and what it is for, or why it is refused.')
    .argument('<url>', 'the link: a URL, or a URL path')
    .option('--mount <urlpath>', 'URL path below which the files are served', parseMount)
    .option('--ip <address>', 'address of the client that uses it', parseClientAddress)
    .option('--at <date>', 'check as of this date: ISO 8601, UTC unless it names a zone', parseDate)
    .option('--json', 'print the result as JSON');
  addLinkOptions(command)
    .addHelpText(
      'after',
      formatExamples([
        'xsendfile verify "$link" --secret-file link-secret',
        'xsendfile verify "https://example.com/downloads$link" --mount /downloads --secret-file link-secret',
        'xsendfile verify "$link" --secret-file new-secret --secret-file old-secret --at 2026-12-31',
      ]) + formatExitCodes({ 0: 'the link is valid', 1: 'the link is refused' }, [0, 1, 2, 3]),
    )
    .action((url: string, flags: VerifyFlags) => exit(verify(url, flags, io)));
}

function verify(url: string, flags: VerifyFlags, io: CliIo): number {
  const { mount = '', ip: clientAddress, at, json } = flags;
  if (flags.limitByIp === true && clientAddress === undefined) {
    throw new CliError("--limit-by-ip needs the client's address. Give it with --ip.");
  }
  const link = stripMount(targetOf(url), mount);
  const now = at === undefined ? io.now() : at.getTime();
  const secrets = readSecrets(flags.secretFile, io);
  const options = { ...toTokenOptions(flags, mount), now: () => now };
  const signer = createUrlSigner(secrets, options);
  const config = parseTokenOptions(options, 'verify');
  const check = { signer, config, secrets: secrets.length, mount, clientAddress, now };
  const verdict = judgeLink(link, check);
  io.stdout.write(
    json === true ? `${toJson(flattenVerdict(verdict))}\n` : formatVerdict(verdict, io),
  );
  return verdict.refusal === undefined ? EXIT.ok : EXIT.refused;
}

/** The request target that a link leads to, as it is: `new URL()` would tidy it up. */
function targetOf(url: string): string {
  const [origin = ''] = /^https?:\/\/[^/?#]+/i.exec(url) ?? [];
  const target = url.slice(origin.length).replace(/#.*/s, '');
  if (target.startsWith('/')) return target;
  if (origin !== '') return `/${target}`;
  throw new CliError(
    `a link is a URL with http: or https:, or a URL path that begins with "/", got ${toJson(url)}.`,
  );
}
