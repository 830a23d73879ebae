/** Types whose scripts browsers run. */
const ACTIVE =
  /^\s*(?:text\/(?:html|xml|xsl)|application\/xml|multipart\/x-mixed-replace|[^;\s]*\+xml)\s*(?:;|$)/i;

/** Whether browsers run scripts in a response of this type. */
export function isActiveType(type: string): boolean {
  return ACTIVE.test(type);
}
