import { splitList } from '../shared/headers.js';

/**
 * Whether a client accepts a content coding (RFC 9110 §12.5.3); without the header, it accepts all.
 *
 * @param acceptEncoding - value of the request header.
 */
export function acceptsCoding(acceptEncoding: string | undefined, coding: string): boolean {
  return acceptEncoding === undefined || weighing(acceptEncoding)(coding) > 0;
}

/**
 * Returns the codings that a client accepts, the preferred one first; those with equal weights keep
 * their order. Codings to which the client prefers `identity` are omitted. Without the header there are
 * none: most clients that do not send it cannot decode anything.
 *
 * @param acceptEncoding - value of the request header.
 */
export function preferredCodings<Coding extends string>(
  acceptEncoding: string | undefined,
  codings: readonly Coding[],
): Coding[] {
  if (acceptEncoding === undefined) return [];
  const weightOf = weighing(acceptEncoding);
  const plain = weightOf('identity');
  return codings
    .filter((coding) => weightOf(coding) > 0 && weightOf(coding) >= plain)
    .sort((one, other) => weightOf(other) - weightOf(one));
}

/** Returns the weights that an Accept-Encoding gives, from 0 to 1; 0 for what it does not mention. */
function weighing(acceptEncoding: string): (coding: string) => number {
  const weights = new Map<string, number>();
  for (const element of splitList(acceptEncoding.toLowerCase())) {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim());
    // RFC 9110 §8.4.1: x-gzip and x-compress are other names.
    const coding = name.replace(/^x-/, '');
    if (!weights.has(coding)) weights.set(coding, weightIn(parameters));
  }
  return (coding) => weights.get(coding) ?? weights.get('*') ?? 0;
}

/** A malformed weight counts as none. */
function weightIn(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [, weight] = /^q\s*=\s*([01](?:\.\d*)?)$/.exec(parameter) ?? [];
    if (weight !== undefined) return Math.min(Number(weight), 1);
  }
  return 1;
}
