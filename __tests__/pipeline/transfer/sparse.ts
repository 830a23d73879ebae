import { closeSync, ftruncateSync, openSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OLD } from '../../helpers/tree.js';

/** More than the system buffers for a connection, so that a transfer to a paused reader stands still. */
export const LARGE = 64 * 1024 * 1024;

/** Creates a file of that size which takes no space but for these texts at these positions. */
export function createSparse(
  root: string,
  name: string,
  size: number,
  texts: Readonly<Record<number, string>> = {},
): string {
  const path = join(root, name);
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, size);
  for (const [position, text] of Object.entries(texts)) {
    writeSync(descriptor, text, Number(position));
  }
  closeSync(descriptor);
  utimesSync(path, OLD, OLD);
  return path;
}
