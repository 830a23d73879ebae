/** Lines of a configuration; undefined or false for one that is not needed. */
export type Lines = readonly (string | undefined | false | Lines)[];

/** Stands for a value in a template: no configuration contains it. */
const VALUE = '\0';

/**
 * Returns the lines of a template that begins and ends with a newline, without the indentation of its first line.
 *
 * A value that is alone on its line stands for all of its lines, as far to the right, or for none.
 */
export function lines(
  template: TemplateStringsArray,
  ...values: readonly (Lines[number] | number)[]
): Lines {
  const remaining = values.values();
  const next = () => remaining.next().value;
  const written = template.join(VALUE).split('\n').slice(1, -1);
  const margin = written[0]?.search(/\S/) ?? 0;
  return written.map((line) => {
    const text = line.slice(margin);
    const indentation = text.endsWith(VALUE) ? text.slice(0, -1) : undefined;
    return indentation?.trim() === ''
      ? indent(indentation, next() as Lines[number])
      : text.replaceAll(VALUE, () => String(next()));
  });
}

/** All lines, ended. */
export function join(...all: Lines): string {
  return `${flatten(all).join('\n')}\n`;
}

/** The same, further to the right; empty lines stay empty. */
function indent(indentation: string, ...all: Lines): Lines {
  return flatten(all).map((line) => (line === '' ? '' : indentation + line));
}

function flatten(all: Lines): string[] {
  return all.flatMap((line) =>
    typeof line === 'string' ? line.split('\n') : line ? flatten(line) : [],
  );
}
