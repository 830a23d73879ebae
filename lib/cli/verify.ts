import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { parseTokenOptions } from '../links/options.js';
import { createUrlSigner } from '../links/signer.js';
import { CliError, EXIT } from './errors.js';
import { toJson } from './format.js';
import { addHelp } from './help.js';
import type { CliIo } from './io.js';
import { addLinkOptions, type LinkFlags, toTokenOptions } from './link-options.js';
import { stripMount } from './mount.js';
import { readSecrets } from './secrets.js';
import { parseClientAddress } from './values.js';
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
    .argument('<url>', 'the link: a URL, or a URL path; -: one per line of the standard input');
  const help = `
    --mount <urlpath>  URL path below which the files are served
    --ip <address>     address of the client that uses it
    --at <date>        check as of this date: ISO 8601, UTC unless it names a zone
    --json             print the result as JSON, one line per link

    $ xsendfile verify "$link" --secret-file link-secret
    $ xsendfile verify "https://example.com/downloads$link" --mount /downloads --secret-file link-secret
    $ xsendfile verify "$link" --secret-file new-secret --secret-file old-secret --at 2026-12-31
    $ xsendfile verify - --secret-file link-secret < links.txt

    0  the link is valid, or all are
    1  the link is refused, or one of them is`;
  addHelp(command, help, { ip: parseClientAddress });
  addLinkOptions(command).action(async (url: string, flags: VerifyFlags) =>
    exit(await verify(url, flags, io)),
  );
}

async function verify(url: string, flags: VerifyFlags, io: CliIo): Promise<number> {
  const { mount = '', ip: clientAddress, at } = flags;
  if (flags.limitByIp === true && clientAddress === undefined) {
    throw new CliError("--limit-by-ip needs the client's address. Give it with --ip.");
  }
  const now = at === undefined ? io.now() : at.getTime();
  const secrets = readSecrets(flags.secretFile, io);
  const options = { ...toTokenOptions(flags, mount), now: () => now };
  const signer = createUrlSigner(secrets, options);
  const config = parseTokenOptions(options, 'verify');
  const check = { signer, config, secrets: secrets.length, mount, clientAddress, now };

  /** Prints the verdict; returns whether the link is valid. */
  function judge(target: string | undefined, prefix = ''): boolean {
    const link = target === undefined ? undefined : stripMount(target, mount);
    const verdict = judgeLink(link, check);
    const json = () => `${toJson(flattenVerdict(verdict))}\n`;
    io.stdout.write(flags.json === true ? json() : prefix + formatVerdict(verdict, io));
    return verdict.refusal === undefined;
  }

  if (url !== '-') {
    const target = targetOf(url);
    if (target !== undefined) return judge(target) ? EXIT.ok : EXIT.refused;
    throw new CliError(
      `a link is a URL with http: or https:, or a URL path that begins with "/", got ${toJson(url)}.`,
    );
  }
  const results: boolean[] = [];
  let number = 0;
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Infinity })) {
    number += 1;
    const text = line.trim();
    if (text !== '') results.push(judge(targetOf(text), `line ${number}: `));
  }
  if (results.length > 0) return results.includes(false) ? EXIT.refused : EXIT.ok;
  throw new CliError('the standard input has no link. Give it one URL, or URL path, per line.');
}

/** The request target that a link leads to, as it is: `new URL()` would tidy it up. Undefined for anything else. */
function targetOf(url: string): string | undefined {
  const [origin = ''] = /^https?:\/\/[^/?#]+/i.exec(url) ?? [];
  const target = url.slice(origin.length).replace(/#.*/s, '');
  if (target.startsWith('/')) return target;
  return origin === '' ? undefined : `/${target}`;
}
