import type { Command } from 'commander';
import type { TokenOptions, TokenSchemeName } from '../links/types.js';
import { addHelp } from './help.js';
import { collectTexts } from './values.js';

/** The schemes, each with the options that must be the same for making and checking links. */
const SCHEMES: { readonly [name in TokenSchemeName]: readonly string[] } = {
  hmac: ['--algorithm', '--purpose'],
  'wsgi-xsendfile': ['--algorithm'],
  'mod-auth-token': ['--limit-by-ip', '--ip'],
  'secure-link': ['--mount', '--mount-path', '--limit-by-ip', '--ip'],
  secdownload: ['--algorithm'],
};

/** Names of the options about links that all commands share, besides those about secrets. */
export const LINK_OPTIONS = [
  'scheme',
  'algorithm',
  'timeout',
  'maxLifetime',
  'clockTolerance',
  'purpose',
  'mountPath',
  'limitByIp',
] as const satisfies readonly (keyof TokenOptions)[];

/** Options of the commands about links, as commander parses them. */
export interface LinkFlags extends Pick<TokenOptions, (typeof LINK_OPTIONS)[number]> {
  readonly secretFile?: readonly string[];
  readonly mount?: string;
  readonly json?: boolean;
}

/** Adds the options about links that all commands share. */
export function addLinkOptions(command: Command): Command {
  const help = `
    Secret and scheme of links:
    --secret-file <file>      file with the secret; repeated: the first signs, all are valid (default: the environment variables XSENDFILE_SECRET and XSENDFILE_SECRET_PREVIOUS)
    --scheme <name>           format of links (default: "hmac")
    --algorithm <name>        hash of schemes hmac, wsgi-xsendfile and secdownload
    --timeout <time>          how long links without an expiry are valid (default: 120)
    --max-lifetime <time>     the longest time that any link may still be valid
    --clock-tolerance <time>  how far in the future a link may have been made (default: the timeout)
    --purpose <text>          separates links for different uses; scheme hmac
    --mount-path <path>       decoded path that is signed before the file's; scheme secure-link (default: that of --mount)
    --limit-by-ip             sign the client's address; schemes mod-auth-token and secure-link

    Options:`;
  return addHelp(command, help, { secretFile: collectTexts, scheme: Object.keys(SCHEMES) });
}

/**
 * The library's options.
 *
 * @param prefix - URL path before the links, which secure-link signs by default.
 */
export function toTokenOptions(flags: LinkFlags, prefix = ''): TokenOptions {
  const isPrefixSigned = flags.scheme === 'secure-link' && prefix !== '';
  const mountPath = flags.mountPath ?? (isPrefixSigned ? decodeURIComponent(prefix) : undefined);
  return { ...pick(flags, LINK_OPTIONS), mountPath };
}

/** Only the properties with these names. */
export function pick<Flags extends object, Name extends keyof Flags>(
  flags: Flags,
  names: readonly Name[],
): Pick<Flags, Name> {
  return Object.fromEntries(names.map((name) => [name, flags[name]])) as Pick<Flags, Name>;
}

/** Options that change the signature of a scheme's links. */
export function signedOptions(scheme: string): readonly string[] {
  return SCHEMES[scheme as TokenSchemeName];
}
