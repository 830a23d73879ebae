import { readdirSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';
import { eventually } from '../../helpers/eventually.js';

/** How many files below a directory this process has open, deleted ones included; 0 where it cannot be told. */
export function countOpenFiles(root: string): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(root + sep);
    } catch {
      return false; // the directory that was just read
    }
  }).length;
}

/** Fails if a file below the directory stays open. */
export async function expectAllClosed(root: string): Promise<void> {
  await eventually(() => countOpenFiles(root) === 0);
  expect(countOpenFiles(root)).toBe(0);
}
