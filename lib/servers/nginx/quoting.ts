/** Stands for `$`, which a quoted string cannot contain otherwise; see {@link needsDollar}. */
const DOLLAR = '$' + '{xsendfile_dollar}';

/** Quotes a string in which variables are expanded. */
export function quote(text: string): string {
  return quoteLiterally(text).replaceAll('$', () => DOLLAR);
}

/** Quotes a string in which `$` is a letter like any other: in the path of a location. */
export function quoteLiterally(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Whether {@link quote} uses its variable. */
export function needsDollar(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text?.includes('$') === true);
}
