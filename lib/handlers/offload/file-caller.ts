import type { IncomingMessage, ServerResponse } from 'node:http';
import { openDirectory } from '../../files/open-directory.js';
import type { RootDirectory } from '../../files/root-directory.js';
import type { Site } from '../../pipeline/delivery.js';
import { createSite, run } from '../../pipeline/run.js';
import { otherRootFor, prependsMount } from '../../pipeline/shared-locations.js';
import { rulesOf } from '../../request-path/from-request.js';
import { sanitizePath } from '../../request-path/sanitize.js';
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
  /** Root of another handler whose sender has the same location; undefined if there is none. */
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
const MAX_SITES = 64;

/** Creates the {@link FileCaller} of a handler, which shares the handler's directory and cache. */
export function createFileCaller(site: Site): FileCaller {
  const { config, directory } = site;
  const rules = rulesOf(config);
  const openWith = (dotfiles: DotfilePolicy): RootDirectory =>
    dotfiles === config.dotfiles
      ? directory
      : openDirectory(directory.path, { ...config, dotfiles });
  // Opened in advance, because opening a directory may make synchronous file system calls.
  const directories: Readonly<Record<DotfilePolicy, RootDirectory>> = {
    ignore: openWith('ignore'),
    deny: openWith('deny'),
    allow: openWith('allow'),
  };
  const sites = new Map<string, Site>();

  /** Calls with the same options share a site, and with it the remembered representations. */
  function siteFor({ dotfiles = config.dotfiles, changes }: CallOptions): Site {
    if (dotfiles === config.dotfiles && Object.keys(changes).length === 0) return site;
    const key = JSON.stringify([dotfiles, changes]);
    let found = sites.get(key);
    if (found === undefined) {
      found = createSite(directories[dotfiles], { ...config, ...changes });
      if (sites.size >= MAX_SITES) sites.clear();
      sites.set(key, found);
    }
    return found;
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
    return run(siteFor(options), {
      req,
      res,
      authorize: () => ({ segments: sanitizePath(segments, rules) }),
      isAwaited: true,
      policy: {
        takesAnyMethod: true,
        presets: Object.keys(headers).length === 0 ? undefined : headers,
        hasLocals: false,
        needsHandshake,
        onHandedOver,
      },
    });
  }

  return Object.assign(callFile, {
    prependsMount: prependsMount(config.sender),
    otherRoot: () => otherRootFor(config, directory.path),
  });
}
