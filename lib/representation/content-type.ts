/** Types whose scripts browsers run. */
const ACTIVE =
  /^\s*(?:text\/(?:html|xml|xsl)|application\/xml|multipart\/x-mixed-replace|[^;\s]*\+xml)\s*(?:;|$)/i;

/** Whether browsers run scripts in a response of this type. */
export function isActiveType(type: string): boolean {
  return ACTIVE.test(type);
}

/**
 * Whether a client accepts a content coding (RFC 9110 §12.5.3); without the header, it accepts all.
 *
 * @param acceptEncoding - value of the request header.
 */
export function acceptsCoding(acceptEncoding: string | undefined, coding: string): boolean {
  if (acceptEncoding === undefined) return true;
  let wildcard = false;
  for (const element of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    const isTaken = !parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter));
    if (name === coding || name === `x-${coding}`) return isTaken;
    if (name === '*') wildcard = isTaken;
  }
  return wildcard;
}
