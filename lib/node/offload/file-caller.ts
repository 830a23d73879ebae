import type { IncomingMessage, ServerResponse } from 'node:http';
import { confine } from '../../handlers/requested-file.js';
import { createHandlerState, type HandlerState } from '../../pipeline/request-state.js';
import { run } from '../../pipeline/run.js';
import { otherRootFor, prependsMount } from '../../pipeline/shared-locations.js';
import { rulesOf } from '../../request-path/from-request.js';
import { sanitizePath } from '../../request-path/sanitize.js';
import { NodeResponder } from '../../respond/node/node-responder.js';
import { openDirectory } from '../../sources/directory/caching-directory.js';
import { directorySource } from '../../sources/directory/directory-source.js';
import type { Source } from '../../sources/source.js';
import type { DotfilePolicy, Outcome } from '../../types.js';
import type { CallOptions } from './call-options.js';

/** A call of `res.sendFile()` for a file below a handler's root. */
export interface FileCall {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Segments of the path relative to the root, not checked yet. */
  readonly segments: readonly string[];
  readonly options: CallOptions;
  /** Whether the front end is used only if the request has the handshake. @default true */
  readonly needsHandshake?: boolean;
  /** Called when the file has been handed over to a front end. */
  readonly onHandedOver: () => void;
}

/** Sends one file as `handler.send()` does, with the options of a call. */
export interface FileCaller {
  (call: FileCall): Promise<Outcome>;
  /** Whether names for the front end begin with the mount path of the handler. */
  readonly prependsMount: boolean;
  /** Root of another handler whose sender has the same location, if any. */
  otherRoot(): string | undefined;
}

/**
 * Property of a handler that creates its {@link FileCaller}.
 *
 * A registered symbol, so that offload() of one build of this package finds it on handlers created by
 * the other build.
 */
export const CREATE_FILE_CALLER: unique symbol = Symbol.for('xsendfile.createFileCaller');

/** More combinations of options than applications use. */
const MAX_STATES = 64;

/** Creates the {@link FileCaller} of a handler, which shares the handler's directory and cache. */
export function createFileCaller(state: HandlerState): FileCaller {
  const { config, source } = state;
  const { root } = source;
  const rules = rulesOf(config);
  const openWith = (dotfiles: DotfilePolicy): Source =>
    dotfiles === config.dotfiles
      ? source
      : directorySource(openDirectory(root, { ...config, dotfiles }));
  // Opened in advance, because opening a directory may make synchronous file system calls.
  const sources: Readonly<Record<DotfilePolicy, Source>> = {
    ignore: openWith('ignore'),
    deny: openWith('deny'),
    allow: openWith('allow'),
  };
  const states = new Map<string, HandlerState>();

  /** Calls with the same options share a state, and with it the remembered representations. */
  function stateFor({ dotfiles = config.dotfiles, changes }: CallOptions): HandlerState {
    if (dotfiles === config.dotfiles && Object.keys(changes).length === 0) return state;
    const key = JSON.stringify([dotfiles, changes]);
    const known = states.get(key);
    if (known !== undefined) return known;
    const created = createHandlerState(sources[dotfiles], { ...config, ...changes });
    if (states.size >= MAX_STATES) states.clear();
    states.set(key, created);
    return created;
  }

  async function callFile({
    req,
    res,
    segments,
    options,
    needsHandshake = true,
    onHandedOver,
  }: FileCall): Promise<Outcome> {
    const { headers } = options;
    return run(stateFor(options), {
      responder: new NodeResponder(req, res),
      authorize: (responder) => ({
        segments: sanitizePath(segments, rules),
        within: confine(responder, state),
      }),
      isAwaited: true,
      policy: {
        methods: undefined,
        presets: Object.keys(headers).length === 0 ? undefined : headers,
        hasLocals: false,
        needsHandshake,
        onHandedOver,
      },
    });
  }

  return Object.assign(callFile, {
    prependsMount: prependsMount(config.sender),
    otherRoot: () => otherRootFor(config, root),
  });
}
