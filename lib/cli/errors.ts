import { CommanderError, type Option } from 'commander';
import { isXSendfileError } from '../shared/errors.js';
import { stackOf } from '../shared/thrown.js';
import type { CliIo } from './io.js';
import { formatError } from './messages.js';

/** Exit codes, as `--help` documents them. */
export const EXIT = { ok: 0, refused: 1, usage: 2, failure: 3 } as const;

interface CliErrorOptions extends ErrorOptions {
  readonly exitCode?: number;
}

/** Why a command cannot be carried out: a sentence with the bad value and the fix. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, { exitCode = EXIT.usage, ...options }: CliErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

function isCliError(thrown: unknown): thrown is CliError {
  return (thrown as Partial<CliError> | null | undefined)?.name === 'CliError';
}

function isOptionError(thrown: unknown): thrown is OptionError {
  return typeof (thrown as Partial<OptionError> | null | undefined)?.option === 'string';
}

/** An error about an option or a claim, with its name. */
type OptionError = Error & { readonly option?: string | undefined };

/** Names of the library for options that no word of a sentence resembles; quoted values stay as they are. */
const CAMEL_CASE = /"(?:[^"\\]|\\.)*"|\b[a-z]+[A-Z]\w*/g;

/**
 * The message of an error of the library in the words of the command line.
 *
 * @param options - those of the command.
 */
export function translateError(error: OptionError, options: readonly Option[]): string {
  const flags = new Map(options.map((option) => [option.attributeName(), option.long]));
  const toFlag = (name: string): string => flags.get(name) ?? name;
  const [name = ''] = error.option?.split(/[.[]/) ?? [];
  return (
    error.message
      .replace(/^\w+: /, '')
      .replace(', or a function', '')
      // Once: `rate` is also a word.
      .replace(new RegExp(`\\b${name}\\b`), toFlag)
      .replace(CAMEL_CASE, toFlag)
  );
}

/**
 * Prints what ended a command, unless that was done, and returns the exit code.
 *
 * @param options - those of the command.
 */
export function reportError(error: unknown, io: CliIo, options: readonly Option[] = []): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const print = (text: string): unknown => io.stderr.write(formatError(text, io));
  if (isCliError(error)) {
    print(error.message);
    return error.exitCode;
  }
  if (isXSendfileError(error) || isOptionError(error)) {
    print(translateError(error, options));
    if ('help' in error) io.stderr.write(`See ${error.help}\n`);
    return EXIT.usage;
  }
  print(`this should not have happened: ${stackOf(error)}`);
  return EXIT.failure;
}
