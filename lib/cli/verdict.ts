import type { VerifiedClaims } from '../links/types.js';
import type { RefusalCode } from '../shared/errors.js';
import { type DescribedClaims, describeClaims, listClaims } from './claims.js';
import { paint } from './colours.js';
import type { CliIo } from './io.js';
import { explainRefusal, type LinkCheck, type Refusal } from './refusals.js';

/** What there is to say about a link. */
export interface Verdict {
  readonly scheme: string;
  /** Undefined if the link is valid. */
  readonly refusal: (Refusal & { readonly code: RefusalCode }) | undefined;
  /** What a genuine link says. */
  readonly claims: DescribedClaims | undefined;
  /** Which secret signed it, from 1. */
  readonly secret: number | undefined;
  /** How many secrets there are. */
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

/** What the signer says: a reason if the link is refused, and the claims if it is genuine. */
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
