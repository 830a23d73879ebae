import { CommanderError } from 'commander';
import { isXSendfileError } from '../shared/errors.js';
import { stackOf } from '../shared/stack.js';
import type { CliIo } from './io.js';
import { formatError } from './messages.js';

/** Exit codes, as `--help` documents them. */
export const EXIT = { ok: 0, refused: 1, usage: 2, failure: 3 } as const;

/** Why a command cannot be carried out: a sentence with the bad value and the fix. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

function isCliError(thrown: unknown): thrown is CliError {
  return (thrown as Partial<CliError> | null | undefined)?.name === 'CliError';
}

/** Options of the library whose flag is spelt differently; they are replaced everywhere. */
const CAMEL_CASE = 'expiresIn|notBefore|mountPath|limitByIp|maxLifetime|clockTolerance|passHeaders';
/** Those that are also words: replaced only where a message names an option. */
const WORDS =
  'expires|ip|filename|disposition|prefix|id|uses|rate|cookie|scheme|algorithm|timeout|purpose|location|files|upstream|listen|user|group|modules|scratch';
/** Quoted values come first, so that they stay as they are. */
const OPTION = new RegExp(
  `"(?:[^"\\\\]|\\\\.)*"|\\b(?:${CAMEL_CASE})\\b|(?<=^|carry |has no |and )(?:${WORDS})\\b`,
  'g',
);

/** A message of the library in the words of the command line. */
export function translateMessage(message: string): string {
  return message
    .replace(/^\w+: /, '')
    .replace(', or a function', '')
    .replace(OPTION, (found) =>
      found.startsWith('"')
        ? found
        : `--${found.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    );
}

/** Prints what ended a command, unless that was done, and returns the exit code. */
export function reportError(error: unknown, io: CliIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const print = (text: string): unknown => io.stderr.write(formatError(text, io));
  if (isCliError(error)) {
    print(error.message);
    return error.exitCode;
  }
  if (isXSendfileError(error)) {
    print(translateMessage(error.message));
    io.stderr.write(`See ${error.help}\n`);
    return EXIT.usage;
  }
  print(`this should not have happened: ${stackOf(error)}`);
  return EXIT.failure;
}
