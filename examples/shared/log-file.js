// @ts-check
// Prints what a server writes to a log file. Every server supports files, but some cannot write to the
// standard output of a child process.
import { fchownSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const INTERVAL_MS = 100;

/**
 * Creates a log file, and prints each line that is added to it.
 *
 * @param {string} path
 * @param {(line: string) => void} print
 * @param {number | undefined} writer - id of the user who writes it, if that is another one
 * @returns {() => void} prints the remaining lines
 */
export function followLog(path, print, writer) {
  const file = openSync(path, 'a+', 0o600);
  // lighttpd opens it after it has dropped root privileges.
  if (writer !== undefined) fchownSync(file, writer, -1);
  const buffer = Buffer.alloc(64 * 1024);
  const decoder = new StringDecoder();
  let position = 0;
  let unfinished = '';

  const read = () => {
    for (;;) {
      const length = readSync(file, buffer, 0, buffer.length, position);
      if (length === 0) return;
      position += length;
      const lines = `${unfinished}${decoder.write(buffer.subarray(0, length))}`.split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) print(line);
    }
  };
  setInterval(read, INTERVAL_MS).unref();
  return read;
}
