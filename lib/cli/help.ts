import { type Command, Option } from 'commander';
import { parseMount } from './mount.js';
import { parseDate, parserOf, parseSeconds, parseWholeNumber } from './values.js';

/** Reads the value of an option: a parser, as commander calls it, or all values that it may have. */
type Reader = ((text: string, previous: never) => unknown) | readonly string[];

/** Readers by the word that stands for the value in the help. */
const READERS: Readonly<Record<string, Reader>> = {
  time: parseSeconds,
  date: parseDate,
  bytes: parseWholeNumber,
  number: parseWholeNumber,
  urlpath: parseMount,
};

const EXIT_CODES = { 0: 'done', 2: 'wrong usage or configuration', 3: 'failure while running' };

/**
 * Adds options, examples and exit codes to a command, as its help shows them.
 *
 * @param help - a line for each: of an option, with two spaces before its description; `$` before an example; the
 * number of an exit code that does not have its usual meaning; any other line is the title of a group of options.
 * @param readers - by the names of the options; otherwise {@link READERS} apply, and any text is a value.
 */
export function addHelp(
  command: Command,
  help: string,
  readers: Readonly<Record<string, Reader>> = {},
): Command {
  const examples: string[] = [];
  const codes: Record<string, string> = { ...EXIT_CODES };
  for (const line of help.split('\n').map((text) => text.trim())) {
    const [, flags, description] = /^(-.*?) {2,}(.*)$/.exec(line) ?? [];
    const [, code, meaning] = /^(\d) {2}(.*)$/.exec(line) ?? [];
    if (flags !== undefined) {
      const option = new Option(flags, description);
      const [, word = ''] = /<(\w+)>/.exec(flags) ?? [];
      const reader = readers[option.attributeName()] ?? READERS[word];
      if (typeof reader === 'object') option.choices(reader).argParser(parserOf(reader));
      else if (reader !== undefined) option.argParser(reader as (text: string) => unknown);
      command.addOption(option);
    } else if (line.startsWith('$ ')) examples.push(line);
    else if (code !== undefined) codes[code] = String(meaning);
    else if (line !== '') command.optionsGroup(line);
  }
  if (examples.length === 0) return command;
  const list = Object.entries(codes).map(([code, meaning]) => `${code}  ${meaning}`);
  const format = (title: string, lines: readonly string[]) =>
    `\n${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
  return command.addHelpText('after', format('Examples', examples) + format('Exit codes', list));
}
