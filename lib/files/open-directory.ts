import type { Configuration } from '../pipeline/options.js';
import { cacheDirectory } from './caching-directory.js';
import { createRootDirectory, type RootDirectory } from './root-directory.js';

/** The root directory of a configuration, with or without a cache. */
export function openDirectory(root: string, config: Configuration): RootDirectory {
  const directory = createRootDirectory(root, config);
  return config.cache === undefined ? directory : cacheDirectory(directory, config.cache);
}
