import {
  type Configuration,
  configForContent,
  configForStore,
  parseOptions,
} from '../pipeline/options.js';
import {
  createHandlerState,
  type HandlerState,
  type RequestPolicy,
} from '../pipeline/request-state.js';
import type { Responder } from '../pipeline/responder.js';
import type { RequestedFile } from '../pipeline/run.js';
import { recordLocation } from '../pipeline/shared-locations.js';
import { rulesOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { show } from '../shared/option-checks.js';
import { Option } from '../shared/option-reader.js';
import { contentSource } from '../sources/content.js';
import { openDirectory } from '../sources/directory/caching-directory.js';
import { directorySource } from '../sources/directory/directory-source.js';
import { parseRoot } from '../sources/directory/root-option.js';
import { checkRemoteObject } from '../sources/store/remote-object.js';
import { type RemoteStore, storeOf } from '../sources/store/remote-store.js';
import { storeSource } from '../sources/store/store-source.js';
import type {
  Content,
  FileOnlyOption,
  RemoteObject,
  RemoteOptions,
  RemoteRoot,
  XSendfileOptions,
} from '../types.js';
import { archiveOf, prepareArchive } from './archive-content.js';
import { createMemberFiles, type MemberFiles, type ViewRequest } from './member-files.js';
import { confine } from './requested-file.js';

/** Source and options of a handler. */
export interface Root {
  /** For warnings: the path of the directory, or the origins. */
  readonly name: string;
  readonly config: Configuration;
  /** Whether requests can be made by a path. */
  readonly hasPaths: boolean;
  /** Public properties of the handler. */
  readonly properties: { readonly root: string } | { readonly remote: RemoteRoot };
  /** Handlers share the directory and its cache. */
  createState(config: Configuration): HandlerState;
  /** Returns the methods of a handler. */
  methodsOf(state: HandlerState): Methods;
  /** Returns the files of a handler for archives; undefined without a directory. */
  membersOf(state: HandlerState, viewOf: ViewRequest): MemberFiles | undefined;
}

/** The methods of a handler, by name; each prepares what the application names for `run()`. */
type Methods = Readonly<Record<string, Prepare>>;

/** @throws for what is not of the right kind. */
export type Prepare = (given: never) => Prepared;

/** The state with the source, and the function that finds the file when the request has been accepted. */
export interface Prepared {
  readonly state: HandlerState;
  readonly authorize: (responder: Responder) => RequestedFile;
  /** A field that responses without the file vary by. */
  readonly refusalsVaryBy?: string | undefined;
  /** @default that of requests to a handler */
  readonly policy?: RequestPolicy | undefined;
}

/**
 * Opens the directory or the stores for a handler, and checks its options.
 *
 * @throws {@link BadRootError}, {@link BadSenderError} or {@link BadOptionError}.
 */
export function openRoot(
  root: string | URL | RemoteRoot,
  options: XSendfileOptions | RemoteOptions | undefined,
  caller: string,
): Root {
  const store = storeOf(root);
  if (store === undefined) {
    const name = parseRoot(root, caller);
    const config = parseOptions(options, caller);
    recordLocation(config, name, caller);
    const directory = openDirectory(name, config);
    const source = directorySource(directory);
    return {
      name,
      config,
      hasPaths: true,
      properties: { root: name },
      createState: (each) => createHandlerState(source, each),
      methodsOf: methodsForFiles,
      membersOf: (state, viewOf) => createMemberFiles(directory, state, viewOf),
    };
  }
  const remote = root as RemoteRoot;
  const hasPaths = store.locate !== undefined;
  return {
    name: remote.origins.join(' '),
    config: parseRemoteOptions(options, hasPaths, caller),
    hasPaths,
    properties: { remote },
    createState: (each) => createHandlerState(storeSource(store, each), each),
    methodsOf: (state) => ({ sendRemote: prepareObject(store, state) }),
    membersOf: () => undefined,
  };
}

function methodsForFiles(state: HandlerState): Methods {
  const { config, source } = state;
  const { root } = source;
  const rules = rulesOf(config);
  const contentState = createHandlerState(source, configForContent(config));
  return {
    send: (file: string | readonly string[]) => ({
      state,
      authorize: (responder) => ({
        segments: sanitizePath(file, rules),
        within: confine(responder, state),
      }),
    }),
    sendContent: (given: Uint8Array | Content) => {
      const archive = archiveOf(given);
      if (archive !== undefined) return prepareArchive(archive, contentState);
      return {
        state: { ...contentState, source: contentSource(root, given) },
        // Bytes have no name.
        authorize: () => ({ segments: ['read' in given ? given.name : ''] }),
      };
    },
  };
}

function prepareObject(store: RemoteStore, state: HandlerState): Prepare {
  return (given: RemoteObject) => {
    const checked = checkRemoteObject(given, store, 'xsendfile: sendRemote()');
    const source = storeSource(store, state.config, checked);
    return { state: { ...state, source }, authorize: () => ({ segments: [given.name] }) };
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
    throw new Option(caller, name).error(
      `${name} is for files on a disk, not for remote objects. ${FOR_FILES[name]}`,
    );
  }
  if (typeof given.etag === 'function') {
    throw new Option(caller, 'etag').error(
      `etag must be true or false for remote objects, got ${show(given.etag)}. Set etag on the object instead.`,
    );
  }
  for (const name of FOR_PATHS) {
    if (hasPaths || given[name] === undefined) continue;
    throw new Option(caller, name).error(`${name} needs remoteRoot({ locate }).`);
  }
  return configForStore(config);
}
