import {
  type Configuration,
  configForContent,
  configForStore,
  parseOptions,
} from '../pipeline/options.js';
import { createHandlerState, type HandlerState } from '../pipeline/request-state.js';
import { recordLocation } from '../pipeline/shared-locations.js';
import { rulesOf } from '../request-path/from-request.js';
import { sanitizePath } from '../request-path/sanitize.js';
import { show } from '../shared/option-checks.js';
import { Option } from '../shared/option-reader.js';
import { contentSource } from '../sources/content.js';
import { directorySource } from '../sources/directory/directory-source.js';
import { openDirectory } from '../sources/directory/open-directory.js';
import { parseRoot } from '../sources/directory/root-option.js';
import { checkRemoteObject } from '../sources/store/remote-object.js';
import { type RemoteStore, storeOf } from '../sources/store/remote-store.js';
import { storeSource } from '../sources/store/store-source.js';
import type {
  Content,
  FileOnlyOption,
  RemoteHandler,
  RemoteObject,
  RemoteOptions,
  RemoteRoot,
  XSendfileHandler,
  XSendfileOptions,
} from '../types.js';
import { CREATE_FILE_CALLER, createFileCaller } from './offload/file-caller.js';
import { createRequestHandler, createSendMethod } from './request-handler.js';
import { confine } from './requested-file.js';

/** Where the files of a handler are, and its options. */
export interface Root {
  /** For warnings: the path of the directory, or the origins. */
  readonly name: string;
  readonly config: Configuration;
  /** Whether requests can be made by a path. */
  readonly hasPaths: boolean;
  /** Handlers share the directory and its cache. */
  createHandler(config: Configuration): XSendfileHandler | RemoteHandler;
  createState(config: Configuration): HandlerState;
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
    const source = directorySource(openDirectory(name, config));
    const createState = (each: Configuration) => createHandlerState(source, each);
    return {
      name,
      config,
      hasPaths: true,
      createState,
      createHandler: (each) => createFileHandler(createState(each)),
    };
  }
  const remote = root as RemoteRoot;
  const hasPaths = store.locate !== undefined;
  const config = parseRemoteOptions(options, hasPaths, caller);
  const createState = (each: Configuration) => createHandlerState(storeSource(store, each), each);
  return {
    name: remote.origins.join(' '),
    config,
    hasPaths,
    createState,
    createHandler: (each) => createRemoteHandler(remote, store, createState(each)),
  };
}

function createFileHandler(state: HandlerState): XSendfileHandler {
  const { config, source } = state;
  const { root } = source;
  const rules = rulesOf(config);
  const contentState = createHandlerState(source, configForContent(config));
  const methods = {
    root,
    send: createSendMethod<string | readonly string[]>('send(req, res, path)', (file, req) => [
      state,
      () => ({ segments: sanitizePath(file, rules), within: confine(req, state) }),
    ]),
    sendContent: createSendMethod<Uint8Array | Content>(
      'sendContent(req, res, content)',
      (given) => [
        { ...contentState, source: contentSource(root, given) },
        // Bytes have no name.
        () => ({ segments: ['read' in given ? given.name : ''] }),
      ],
    ),
    [CREATE_FILE_CALLER]: () => createFileCaller(state),
  };
  return Object.freeze(Object.assign(createRequestHandler(state), methods)) as XSendfileHandler;
}

function createRemoteHandler(
  remote: RemoteRoot,
  store: RemoteStore,
  state: HandlerState,
): RemoteHandler {
  const sendRemote = createSendMethod<RemoteObject>('sendRemote(req, res, object)', (given) => {
    const checked = checkRemoteObject(given, store, 'xsendfile: sendRemote()');
    const source = storeSource(store, state.config, checked);
    return [{ ...state, source }, () => ({ segments: [given.name] })];
  });
  return Object.freeze(
    Object.assign(createRequestHandler(state), { remote, sendRemote }),
  ) as RemoteHandler;
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
      `etag must be true or false for remote objects, got ${show(given.etag)}. Give the object its etag.`,
    );
  }
  for (const name of FOR_PATHS) {
    if (hasPaths || given[name] === undefined) continue;
    throw new Option(caller, name).error(
      `${name} is for requests by a path, which remoteRoot() needs the option locate for.`,
    );
  }
  return configForStore(config);
}
