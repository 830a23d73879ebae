import { paint } from './colours.js';
import type { CliIo } from './io.js';

/** The lines on stderr: why a command has failed, and what its user should know. */

export function formatError(text: string, io: CliIo): string {
  return `${paint('xsendfile:', 'red', 'stderr', io)} ${text}\n`;
}

/** The command continues. */
export function printWarning(text: string, io: CliIo): void {
  io.stderr.write(`xsendfile: ${paint('warning:', 'yellow', 'stderr', io)} ${text}\n`);
}

export function printNotice(text: string, io: CliIo): void {
  io.stderr.write(`xsendfile: ${text}\n`);
}
