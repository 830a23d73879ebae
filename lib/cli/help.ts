/** The part of `--help` that is the same for all commands. */
export const EXIT_CODES_HELP = `
Exit codes:
  0  done; verify: the link is valid
  1  verify: the link is refused
  2  wrong usage or configuration
  3  failure while running, such as a port in use
`;

/** Commands to try, for the end of `--help`. */
export function formatExamples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}
