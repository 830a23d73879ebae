import type { SignerConfiguration } from '../links/options.js';
import type { UrlSigner, VerifiedClaims } from '../links/types.js';
import type { RefusalCode } from '../shared/errors.js';
import { type DescribedClaims, describeClaims, listClaims, secondsBetween } from './claims.js';
import { paint } from './colours.js';
import { formatDuration } from './format.js';
import type { CliIo } from './io.js';
import { signedOptions } from './link-options.js';

/** How a link is checked. */
interface LinkCheck {
  /** Made with `config`. */
  readonly signer: UrlSigner;
  readonly config: Pick<SignerConfiguration, 'clockTolerance' | 'maxLifetime'>;
  /** How many secrets there are. */
  readonly secrets: number;
  /** URL path below which the files are. */
  readonly mount: string;
  readonly clientAddress: string | undefined;
  /** The moment, in milliseconds. */
  readonly now: number;
}

/** Why a link is refused: a word for programs, a sentence for people. */
interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Result of the verification of a link. */
export interface Verdict {
  readonly scheme: string;
  /** Undefined if the link is valid. */
  readonly refusal: (Refusal & { readonly code: RefusalCode }) | undefined;
  /** Claims of a genuine link. */
  readonly claims: DescribedClaims | undefined;
  /** Number of the secret that signed it, from 1. */
  readonly secret: number | undefined;
  /** Number of secrets. */
  readonly secrets: number;
}

/**
 * Checks a link.
 *
 * @param link - below the mount path; undefined if it is not there.
 */
export function judgeLink(link: string | undefined, check: LinkCheck): Verdict {
  const { signer, secrets, now } = check;
  const { code, claims } = link === undefined ? MALFORMED : parseLink(link, check);
  return {
    scheme: signer.scheme,
    refusal:
      code === undefined ? undefined : { ...explainRefusal(code, link, claims, check), code },
    claims: claims === undefined ? undefined : describeClaims(claims, now),
    secret: claims === undefined ? undefined : claims.keyIndex + 1,
    secrets,
  };
}

/** The verdict for programs: one object without others in it. */
export function flattenVerdict({ refusal, claims, ...rest }: Verdict): object {
  return { valid: refusal === undefined, ...refusal, ...claims, ...rest };
}

/** The verdict for people, on stdout. */
export function formatVerdict({ refusal, claims, secret, secrets }: Verdict, io: CliIo): string {
  const first =
    refusal === undefined
      ? paint('valid', 'green', 'stdout', io)
      : `${paint('refused:', 'red', 'stdout', io)} ${refusal.reason}: ${refusal.message}`;
  return `${first}\n${claims === undefined ? '' : listClaims(claims, `secret ${secret} of ${secrets}`)}`;
}

/** Result of the signer: a reason if the link is refused, and the claims if it is genuine. */
interface ParsedLink {
  readonly code: RefusalCode | undefined;
  readonly claims: VerifiedClaims | undefined;
}

const MALFORMED: ParsedLink = { code: 'ERR_XSENDFILE_TOKEN_MALFORMED', claims: undefined };

function parseLink(link: string, { signer, clientAddress }: LinkCheck): ParsedLink {
  // The link for a directory as it was made; it is valid for what is in there.
  const isDirectory = link.endsWith('/');
  const result = signer.verify(isDirectory ? `${link}-` : link, { clientAddress });
  const { claims } = result;
  const code = result.ok ? undefined : result.error.code;
  if (!isDirectory || claims === undefined) return { code, claims };
  if (claims.prefix !== true) return MALFORMED;
  return { code, claims: { ...claims, path: claims.path.slice(0, -1) } };
}

/**
 * Explains the refusal of a link.
 *
 * @param link - below the mount path; undefined if it is not there.
 * @param claims - what it says, if the signature was right.
 */
function explainRefusal(
  code: RefusalCode,
  link: string | undefined,
  claims: VerifiedClaims | undefined,
  check: LinkCheck,
): Refusal {
  if (claims === undefined) {
    return code === 'ERR_XSENDFILE_TOKEN_FORGED'
      ? { reason: 'forged', message: explainForgery(check) }
      : { reason: 'malformed', message: explainMalformation(link, check) };
  }
  const { clientAddress, config, now } = check;
  const left = secondsBetween(now, claims.expires);
  switch (code) {
    case 'ERR_XSENDFILE_TOKEN_ADDRESS': {
      const message =
        clientAddress === undefined
          ? `it is for ${claims.ip} only; give the client's address with --ip`
          : `it is for ${claims.ip}, not for ${clientAddress}`;
      return { reason: 'wrong address', message };
    }
    case 'ERR_XSENDFILE_TOKEN_NOT_YET_VALID': {
      const seconds = secondsUntilValid(claims, check);
      return { reason: 'not yet valid', message: `it will be valid in ${formatDuration(seconds)}` };
    }
    case 'ERR_XSENDFILE_TOKEN_LIFETIME': {
      const message = `it is valid for ${formatDuration(left)} from now, and --max-lifetime is ${formatDuration(config.maxLifetime)}`;
      return { reason: 'lifetime', message };
    }
    default:
      return { reason: 'expired', message: `it expired ${formatDuration(-left)} ago` };
  }
}

function secondsUntilValid(
  { made, notBefore }: VerifiedClaims,
  { config, now }: LinkCheck,
): number {
  return Math.max(
    made === undefined ? 0 : secondsBetween(now, made) - config.clockTolerance,
    notBefore === undefined ? 0 : secondsBetween(now, notBefore),
  );
}

function explainForgery({ secrets, signer }: LinkCheck): string {
  const which =
    secrets === 1 ? 'it does not match the secret' : `it matches none of the ${secrets} secrets`;
  const options = signedOptions(signer.scheme).join(', ');
  return `${which}; it was changed, or made with another secret or other options (${options})`;
}

function explainMalformation(link: string | undefined, check: LinkCheck): string {
  const { mount, signer } = check;
  if (link === undefined) {
    return mount === '' ? 'it has no path' : `it does not begin with ${mount}/, the --mount path`;
  }
  const missing = findMount(link, check);
  if (missing !== undefined)
    return `it looks like a link below ${mount}${missing}; give --mount ${mount}${missing}`;
  return /[^\x21-\x7e]/.test(link)
    ? 'it contains characters that must be percent-encoded'
    : `it is not a link of scheme ${signer.scheme}`;
}

/** The missing mount path: what precedes the part of a URL path that is a link. */
function findMount(link: string, { signer, clientAddress }: LinkCheck): string | undefined {
  const isLink = (text: string): boolean => {
    const result = signer.verify(text, { clientAddress });
    return result.ok || result.error.code !== 'ERR_XSENDFILE_TOKEN_MALFORMED';
  };
  const slashes = [...link.matchAll(/(?<!^)\//g)].map(({ index }) => index);
  const end = slashes.find((slash) => isLink(link.slice(slash)));
  return end === undefined ? undefined : link.slice(0, end);
}
