/** Lines of a configuration; undefined or false for one that is not needed. */
export type Lines = readonly (string | undefined | false | Lines)[];

/** All lines, ended. */
export function join(...lines: Lines): string {
  return `${flatten(lines).join('\n')}\n`;
}

/** The same, further to the right; empty lines stay empty. */
export function indent(indentation: string, ...lines: Lines): Lines {
  return flatten(lines).map((line) => (line === '' ? '' : indentation + line));
}

function flatten(lines: Lines): string[] {
  return lines.flatMap((line) =>
    typeof line === 'string' ? line.split('\n') : line ? flatten(line) : [],
  );
}
