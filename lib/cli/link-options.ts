import type { Command } from 'commander';
import type { TokenOptions, TokenSchemeName } from '../links/types.js';
import { choiceOption } from './choice.js';
import { decodeMount } from './mount.js';
import { collect, parseSeconds } from './values.js';

/** The schemes, each with the options that must be the same for making and checking links. */
const SCHEMES: { readonly [name in TokenSchemeName]: readonly string[] } = {
  hmac: ['--algorithm', '--purpose'],
  'wsgi-xsendfile': ['--algorithm'],
  'mod-auth-token': ['--limit-by-ip', '--ip'],
  'secure-link': ['--mount', '--mount-path', '--limit-by-ip', '--ip'],
  secdownload: ['--algorithm'],
};

/** What commander makes of the options of {@link addLinkOptions}. */
export interface LinkFlags {
  readonly scheme?: TokenSchemeName;
  readonly algorithm?: string;
  readonly timeout?: number;
  readonly maxLifetime?: number;
  readonly clockTolerance?: number;
  readonly purpose?: string;
  readonly mountPath?: string;
  readonly limitByIp?: boolean;
}

/** Files with secrets, as {@link addLinkOptions} reads them. */
export interface SecretFlags {
  readonly secretFile?: readonly string[];
}

/** Adds the options about links that all commands share. */
export function addLinkOptions(command: Command): Command {
  return command
    .optionsGroup('Secret and scheme of links:')
    .option(
      '--secret-file <file>',
      'file with the secret; repeated: the first signs, all are valid (default: the environment variables XSENDFILE_SECRET and XSENDFILE_SECRET_PREVIOUS)',
      collect,
    )
    .addOption(
      choiceOption('--scheme <name>', 'format of links (default: "hmac")', Object.keys(SCHEMES)),
    )
    .option('--algorithm <name>', 'hash of schemes hmac, wsgi-xsendfile and secdownload')
    .option(
      '--timeout <time>',
      'how long links without an expiry are valid (default: 120)',
      parseSeconds,
    )
    .option(
      '--max-lifetime <time>',
      'the longest time that any link may still be valid',
      parseSeconds,
    )
    .option(
      '--clock-tolerance <time>',
      'how far in the future a link may have been made (default: the timeout)',
      parseSeconds,
    )
    .option('--purpose <text>', 'separates links for different uses; scheme hmac')
    .option(
      '--mount-path <path>',
      "decoded path that is signed before the file's; scheme secure-link (default: that of --mount)",
    )
    .option('--limit-by-ip', "sign the client's address; schemes mod-auth-token and secure-link")
    .optionsGroup('Options:');
}

/**
 * The library's options.
 *
 * @param prefix - URL path before the links, which secure-link signs by default.
 */
export function toTokenOptions(flags: LinkFlags, prefix = ''): TokenOptions {
  const { scheme, algorithm, timeout, maxLifetime, clockTolerance, purpose, limitByIp } = flags;
  const isPrefixSigned = scheme === 'secure-link' && prefix !== '';
  return {
    scheme,
    algorithm,
    timeout,
    maxLifetime,
    clockTolerance,
    purpose,
    mountPath: flags.mountPath ?? (isPrefixSigned ? decodeMount(prefix) : undefined),
    limitByIp,
  };
}

/** Names of the options about links that were given, besides those about secrets. */
export function givenLinkOptions(flags: LinkFlags): readonly string[] {
  const names: { readonly [name in keyof Required<LinkFlags>]: string } = {
    scheme: '--scheme',
    algorithm: '--algorithm',
    timeout: '--timeout',
    maxLifetime: '--max-lifetime',
    clockTolerance: '--clock-tolerance',
    purpose: '--purpose',
    mountPath: '--mount-path',
    limitByIp: '--limit-by-ip',
  };
  return Object.entries(names)
    .filter(([name]) => flags[name as keyof LinkFlags] !== undefined)
    .map(([, option]) => option);
}

/** Options that change the signature of a scheme's links. */
export function signedOptions(scheme: string): readonly string[] {
  return SCHEMES[scheme as TokenSchemeName];
}
