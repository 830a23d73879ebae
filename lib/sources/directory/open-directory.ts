import type { CacheBounds } from './cache.js';
import { cacheDirectory } from './caching-directory.js';
import { createRootDirectory, type RootDirectory, type RootPolicies } from './root-directory.js';

/** Options of {@link openDirectory}. */
export interface DirectoryOptions extends RootPolicies {
  /** Undefined for no cache. */
  readonly cache: CacheBounds | undefined;
}

/** Opens a root directory, with or without a cache. */
export function openDirectory(root: string, options: DirectoryOptions): RootDirectory {
  const directory = createRootDirectory(root, options);
  return options.cache === undefined ? directory : cacheDirectory(directory, options.cache);
}
