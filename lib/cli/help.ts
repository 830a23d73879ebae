/** Meanings of the exit codes; see `EXIT`. */
const MEANINGS = {
  0: 'done',
  1: 'refused',
  2: 'wrong usage or configuration',
  3: 'failure while running',
} as const;

type Meanings = { readonly [code in keyof typeof MEANINGS]?: string };

/**
 * The exit codes of a command, for the end of `--help`.
 *
 * @param meanings - what they stand for there; a code that is not named stands for the usual.
 * @param codes - those that the command has.
 */
export function formatExitCodes(
  meanings: Meanings = {},
  codes: readonly (keyof typeof MEANINGS)[] = [0, 2, 3],
): string {
  const lines = codes.map((code) => `  ${code}  ${meanings[code] ?? MEANINGS[code]}\n`);
  return `\nExit codes:\n${lines.join('')}`;
}

/** Commands to try, for the end of `--help`. */
export function formatExamples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}
