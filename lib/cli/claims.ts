import type { VerifiedClaims } from '../links/types.js';
import { formatDuration, formatTime, toJson } from './format.js';

/** Claims of a link, ready for JSON. */
export interface DescribedClaims
  extends Omit<VerifiedClaims, 'segments' | 'keyIndex' | 'expires' | 'made' | 'notBefore'> {
  readonly expires: string;
  /** Seconds until then; below 0 if it has expired. */
  readonly expiresIn: number;
  readonly made?: string;
  readonly notBefore?: string;
}

/**
 * @param now - in milliseconds.
 */
export function describeClaims(claims: VerifiedClaims, now: number): DescribedClaims {
  const { segments: _segments, keyIndex: _keyIndex, expires, made, notBefore, ...rest } = claims;
  return {
    ...rest,
    expires: formatTime(expires),
    expiresIn: secondsBetween(now, expires),
    ...(made === undefined ? {} : { made: formatTime(made) }),
    ...(notBefore === undefined ? {} : { notBefore: formatTime(notBefore) }),
  };
}

/** Whole seconds from a moment to another, as links count them. */
export function secondsBetween(now: number, date: Date): number {
  return date.getTime() / 1000 - Math.floor(now / 1000);
}

/** The claims for people, one per line, below a first line that says whether the link is valid. */
export function listClaims(claims: DescribedClaims, secret: string): string {
  const { path, expires, expiresIn, made, notBefore, ip } = claims;
  const { filename, disposition, prefix, id, uses, rate } = claims;
  const left =
    expiresIn < 0 ? `${formatDuration(-expiresIn)} ago` : `in ${formatDuration(expiresIn)}`;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['path', toJson(path)],
    ['expires', `${expires} (${left})`],
    ['made', made],
    ['not before', notBefore],
    ['key', secret],
    ['address', ip],
    ['file name', filename === undefined ? undefined : toJson(filename)],
    ['disposition', disposition],
    ['prefix', prefix === true ? 'valid for everything below a directory' : undefined],
    ['id', id === undefined ? undefined : toJson(id)],
    ['uses', uses?.toString()],
    ['rate', rate === undefined ? undefined : `${rate} bytes per second`],
  ];
  return lines
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `  ${name.padEnd(13)}${text}\n`)
    .join('');
}
