import { openDirectory } from '../files/open-directory.js';
import { parseRoot } from '../files/root-option.js';
import type { Site } from '../pipeline/delivery.js';
import { type Configuration, parseOptions } from '../pipeline/options.js';
import { createRemoteSite, createSite } from '../pipeline/run.js';
import { noteLocation } from '../pipeline/shared-locations.js';
import { BadOptionError } from '../shared/errors.js';
import { show } from '../shared/option-checks.js';
import { storeOf } from '../shared/remote-store.js';
import type {
  FileOnlyOption,
  RemoteHandler,
  RemoteOptions,
  RemoteRoot,
  XSendfileHandler,
  XSendfileOptions,
} from '../types.js';
import { createHandler } from './file-handler.js';
import { createRemoteHandler } from './remote-handler.js';

/** Where the files of a handler are: in a directory, or in remote stores. */
export interface Place {
  /** For warnings: the path of the directory, or the origins. */
  readonly name: string;
  readonly config: Configuration;
  /** Whether requests can be made by a path. */
  readonly hasPaths: boolean;
  /** Sites share the directory and its cache. */
  createSite(config: Configuration): Site;
  createHandler(config: Configuration): XSendfileHandler | RemoteHandler;
}

/**
 * Opens the directory or the stores for a handler, and checks its options.
 *
 * @throws {@link BadRootError}, {@link BadSenderError} or {@link BadOptionError}.
 */
export function openPlace(
  root: string | URL | RemoteRoot,
  options: XSendfileOptions | RemoteOptions | undefined,
  caller: string,
): Place {
  const store = storeOf(root);
  if (store === undefined) {
    const name = parseRoot(root, caller);
    const config = parseOptions(options, caller);
    noteLocation(config, name, caller);
    const directory = openDirectory(name, config);
    return {
      name,
      config,
      hasPaths: true,
      createSite: (each) => createSite(directory, each),
      createHandler: (each) => createHandler(createSite(directory, each)),
    };
  }
  const remote = root as RemoteRoot;
  const hasPaths = store.locate !== undefined;
  const config = parseRemoteOptions(options, hasPaths, caller);
  return {
    name: remote.origins.join(' '),
    config,
    hasPaths,
    createSite: (each) => createRemoteSite(store, each),
    createHandler: (each) => createRemoteHandler(remote, store, createRemoteSite(store, each)),
  };
}

/** Options that have no meaning for remote objects, and what to do instead. */
const FOR_FILES: { readonly [option in FileOnlyOption]: string } = {
  within: 'Let locate, or the caller of sendRemote(), name only objects of the right tenant.',
  dotfiles: 'Let locate return undefined for names that must not be sent.',
  symlinks: 'Stores have no symbolic links.',
  contentEncoding: 'The Content-Encoding of the store is passed on.',
  precompressed: 'Compress objects before they are stored, with their Content-Encoding.',
  cache: 'Nothing of a remote object is cached.',
};

/** Options for requests by a path. */
const FOR_PATHS = ['path', 'collapseSlashes', 'fallthrough'] as const;

function parseRemoteOptions(
  given: XSendfileOptions = {},
  hasPaths: boolean,
  caller: string,
): Configuration {
  // Wrong names and types first.
  const config = parseOptions(given, caller);
  for (const name of Object.keys(FOR_FILES) as FileOnlyOption[]) {
    if (given[name] === undefined) continue;
    throw new BadOptionError(
      `${caller}: ${name} is for files on a disk, not for remote objects. ${FOR_FILES[name]}`,
    );
  }
  if (typeof given.etag === 'function') {
    throw new BadOptionError(
      `${caller}: etag must be true or false for remote objects, got ${show(given.etag)}. Give the object its etag.`,
    );
  }
  for (const name of FOR_PATHS) {
    if (hasPaths || given[name] === undefined) continue;
    throw new BadOptionError(
      `${caller}: ${name} is for requests by a path, which remoteRoot() needs the option locate for.`,
    );
  }
  // Whether bytes are compressed is known to the store alone.
  return Object.freeze({ ...config, contentEncoding: false });
}
