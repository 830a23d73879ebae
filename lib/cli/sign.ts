import type { Command } from 'commander';
import { CLAIM_NAMES } from '../links/claims.js';
import { createUrlSigner } from '../links/signer.js';
import type { LinkClaims, UrlSigner, VerifiedClaims } from '../links/types.js';
import { type DescribedClaims, describeClaims } from './claims.js';
import { formatDuration, toJson } from './format.js';
import { addHelp } from './help.js';
import type { CliIo } from './io.js';
import { addLinkOptions, type LinkFlags, pick, toTokenOptions } from './link-options.js';
import { printNotice, printWarning } from './messages.js';
import { type Base, parseBase } from './mount.js';
import { readSecrets } from './secrets.js';

/** Every claim is an option. */
interface SignFlags extends LinkFlags, LinkClaims {
  readonly base?: Base;
}

/** Adds `xsendfile sign <path>`. */
export function addSignCommand(program: Command, io: CliIo): void {
  const command = program
    .command('sign')
    .summary('make a link to a file')
    .description('Makes a link to a file and prints its URL path, or its URL with --base.')
    .argument('<path>', 'path of the file below the root, decoded');
  const help = `
    --mount <urlpath>     URL path below which the files are served
    --base <url>          print an absolute URL below this one
    --json                print URL, expiry and claims as JSON

    Claims of the link (scheme hmac carries all of them):
    --expires-in <time>   how long it is valid: seconds, or 30m, 1h, 2d12h, 1w (default: the timeout)
    --expires <date>      when it expires: ISO 8601, UTC unless it names a zone
    --align <time>        round the expiry up to a multiple of this, so that links made within it are the same
    --not-before <date>   when it becomes valid
    --ip <address>        the only client that may use it, or a network: 192.0.2.0/24
    --filename <name>     file name under which clients store it
    --disposition <type>  whether browsers show or store it
    --prefix              the path is a directory, and the link valid for everything below it
    --id <text>           identifier of the link for your logs; at most 64 characters
    --uses <number>       how many downloads it is for, if the server counts them; links with the same --id share them
    --rate <bytes>        bytes per second for each connection

    $ (umask 077; openssl rand -hex 32 > link-secret)
    $ xsendfile sign reports/q3.pdf --secret-file link-secret --expires-in 2d12h
    $ xsendfile sign q3.pdf --secret-file link-secret --base https://example.com/downloads
    $ xsendfile sign --prefix album --secret-file link-secret --ip 192.0.2.7

    0  the link is printed`;
  addHelp(command, help, { base: parseBase, disposition: ['inline', 'attachment'] });
  addLinkOptions(command).action((path: string, flags: SignFlags) => sign(path, flags, io));
}

function sign(path: string, flags: SignFlags, io: CliIo): void {
  const { base = { origin: '', path: '' }, mount = '' } = flags;
  const prefix = base.path + mount;
  const options = { ...toTokenOptions(flags, prefix), now: io.now };
  const signer = createUrlSigner(readSecrets(flags.secretFile, io), options);
  const claims: LinkClaims = pick(flags, CLAIM_NAMES);
  const link = signer.sign(path, claims);
  const url = base.origin + prefix + link;
  const described = describeClaims(readBack(signer, link, claims), io.now());
  // Not to stdout, which is the link and nothing else.
  if (described.expiresIn < 0) printWarning('this link has expired.', io);
  else if (flags.json !== true) printNotice(sayHowLong(described, flags), io);
  const json = { url, scheme: signer.scheme, ...described, path };
  io.stdout.write(`${flags.json === true ? toJson(json) : url}\n`);
}

function sayHowLong({ expires, expiresIn }: DescribedClaims, flags: SignFlags): string {
  const isDefault = flags.expiresIn === undefined && flags.expires === undefined;
  const hint = isDefault ? '; --expires-in changes that' : '';
  return `valid for ${formatDuration(expiresIn)}, until ${expires}${hint}.`;
}

/** The claims of the link, as its recipient will read them. */
function readBack(signer: UrlSigner, link: string, { prefix, ip }: LinkClaims): VerifiedClaims {
  // A link for a directory is valid for what is in it.
  const { claims } = signer.verify(prefix === true ? `${link}-` : link, {
    clientAddress: ip?.split('/')[0],
  });
  if (claims === undefined) throw new Error(`unreadable link of scheme ${signer.scheme}`);
  return claims;
}
