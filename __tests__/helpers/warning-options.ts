/** The options of a warning with a code. */
export function warningOptions(code: string) {
  const page = 'https://github.com/xsendfile/xsendfile/blob/main/docs/errors.md';
  return { code, detail: `See ${page}#${code.toLowerCase()}` };
}
