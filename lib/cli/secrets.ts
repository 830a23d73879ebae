import { readFileSync, statSync } from 'node:fs';
import { CliError } from './errors.js';
import { toJson } from './format.js';
import type { CliIo } from './io.js';
import { printWarning } from './messages.js';

/** Sources of secrets: never the command line, which every user of the machine can read. */

/** Names of files, as the examples have them. */
const LINK_SECRET = 'link-secret';
export const HANDSHAKE = 'handshake';
const IN_ARGUMENT = /^--(?:secrets?|key|handshake)(?:=|$)/;
/** Output of openssl, as hexadecimal digits or base64; an unlikely file name. */
const SECRET_LIKE = /^(?!\/)(?=.*\d)(?:[0-9a-f]{32,}|[\w+/-]{40,}={0,2})$/i;
/** Whether others than the owner may read or write. */
const OTHERS = 0o066;

const howToMake = (file: string): string => `(umask 077; openssl rand -hex 32 > ${file})`;

/**
 * Refuses a secret that was given as an argument.
 *
 * @throws {@link CliError}, which does not repeat it.
 */
export function refuseSecretArguments(argv: readonly string[]): void {
  const end = argv.indexOf('--');
  const found = argv.slice(0, end === -1 ? undefined : end).find((arg) => IN_ARGUMENT.test(arg));
  if (found === undefined) return;
  const name = found.replace(/=.*/s, '');
  const [fix, file] =
    name === '--handshake'
      ? ['Give --handshake-file <file>.', HANDSHAKE]
      : ['Give --secret-file <file>, or set XSENDFILE_SECRET.', LINK_SECRET];
  throw new CliError(
    `${name} does not exist: arguments are shown to every user of this machine and kept in the shell's history. ${fix} If this secret is in use, make a new one: ${howToMake(file)}`,
  );
}

/**
 * The secrets of links, the signing one first: from the files, otherwise from the environment.
 *
 * @throws {@link CliError} when no secret is given, or one cannot be read.
 */
export function readSecrets(files: readonly string[] | undefined, io: CliIo): readonly string[] {
  if (files !== undefined) return files.map((file) => readSecretFile(file, io));
  const current = fromEnvironment('XSENDFILE_SECRET', io);
  const previous = fromEnvironment('XSENDFILE_SECRET_PREVIOUS', io);
  if (current === undefined) {
    throw new CliError(
      `there is no secret. Give --secret-file <file>, or set XSENDFILE_SECRET. Make one with: ${howToMake(LINK_SECRET)}`,
    );
  }
  return previous === undefined ? [current] : [current, previous];
}

/**
 * The content of a secret file, without white space around it.
 *
 * @param example - a name for another file, for messages.
 * @throws {@link CliError} when it cannot be read, or is not one line of text.
 */
export function readSecretFile(file: string, io: CliIo, example: string = LINK_SECRET): string {
  const text = decodeSecret(readBytes(file, example), file, example).trim();
  if (text === '') {
    throw new CliError(
      `secret file ${toJson(file)} is empty. Make one with: ${howToMake(toJson(file))}`,
    );
  }
  if (/[\r\n]/.test(text)) {
    throw new CliError(
      `secret file ${toJson(file)} has more than one line. Give a file for each secret.`,
    );
  }
  warnOfOthers(file, io);
  return text;
}

function readBytes(file: string, example: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && SECRET_LIKE.test(file)) {
      throw new CliError(
        `there is no file with the given name of ${file.length} characters, which looks like a secret. Give the name of the file that holds it. If this secret is in use, make a new one: ${howToMake(example)}`,
      );
    }
    const fix = code === 'ENOENT' ? ` Make one with: ${howToMake(toJson(file))}` : '';
    throw new CliError(`secret file ${toJson(file)} cannot be read (${code}).${fix}`, { cause });
  }
}

/**
 * Bytes that are not UTF-8 would be lost in decoding, and with them the secret. The message names another file, because
 * this one may be needed.
 */
function decodeSecret(bytes: Buffer, file: string, example: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliError(
      `secret file ${toJson(file)} is not text. Make one with: ${howToMake(example)}`,
      { cause },
    );
  }
}

/** Windows has no such permissions, and what is not a regular file (a pipe) keeps nothing. */
function warnOfOthers(file: string, io: CliIo): void {
  const stats = statSync(file);
  if (process.platform === 'win32' || !stats.isFile() || (stats.mode & OTHERS) === 0) return;
  const mode = (stats.mode & 0o777).toString(8);
  printWarning(
    `secret file ${toJson(file)} is open to other users (mode ${mode}). Fix: chmod 600 ${toJson(file)}`,
    io,
  );
}

/** A variable that is set but empty is a mistake, not a wish to do without. */
function fromEnvironment(name: string, io: CliIo): string | undefined {
  const text = io.env[name]?.trim();
  if (text !== '') return text;
  throw new CliError(`${name} is set, but empty. Set it to a secret, or unset it.`);
}
