/** Stands for `$` in front of a brace: Apache would expand a variable. */
const DOLLAR = '$' + '{XSENDFILE_DOLLAR}';

/** Quotes a string. */
export function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\$(?=\{)/g, () => DOLLAR);
  return `"${escaped}"`;
}

/** Whether {@link quote} uses its variable. */
export function needsDollar(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text?.includes('$' + '{') === true);
}
