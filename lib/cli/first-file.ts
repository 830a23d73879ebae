import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { XSendfileOptions } from '../types.js';

/** More directories than this are not searched: it is only an example. */
const MAX_DIRECTORIES = 100;

/**
 * Path of a file that can be requested, in segments; undefined if there is none close to the top, or
 * the directories cannot be read.
 */
export async function findFirstFile(
  root: string,
  dotfiles: XSendfileOptions['dotfiles'],
): Promise<readonly string[] | undefined> {
  const waiting: (readonly string[])[] = [[]];
  for (let count = 0; count < MAX_DIRECTORIES; count += 1) {
    const segments = waiting.shift();
    if (segments === undefined) return undefined;
    try {
      for await (const entry of await opendir(join(root, ...segments))) {
        const path = [...segments, entry.name];
        if (/\p{Cc}|\uFFFD/u.test(entry.name)) continue;
        if (entry.name.startsWith('.') && dotfiles !== 'allow') continue;
        if (entry.isFile()) return path;
        if (entry.isDirectory() && waiting.length < MAX_DIRECTORIES) waiting.push(path);
      }
    } catch {
      // A directory that may not be read has no example.
    }
  }
  return undefined;
}
