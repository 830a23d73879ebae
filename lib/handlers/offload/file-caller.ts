import type { IncomingMessage, ServerResponse } from 'node:http';
import { openDirectory } from '../../files/open-directory.js';
import type { RootDirectory } from '../../files/root-directory.js';
import type { Configuration } from '../../pipeline/options.js';
import { createFlow } from '../../pipeline/run.js';
import { rulesOf } from '../../request-path/from-request.js';
import { sanitizePath } from '../../request-path/sanitize.js';
import type { DotfilePolicy, Outcome } from '../../types.js';
import type { CallOptions } from './call-options.js';

/** A call of `res.sendFile()` for a file below a handler's root. */
export interface FileCall {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Names below the root, not checked yet. */
  readonly segments: readonly string[];
  readonly options: CallOptions;
  /** Called when the file has been left to a front end. */
  readonly onHandedOver: () => void;
}

/** Sends one file as `handler.send()` does, with the options of a call. */
export type FileCaller = (call: FileCall) => Promise<Outcome>;

/**
 * Where a handler keeps what makes its {@link FileCaller}.
 *
 * A registered symbol, so that offload() of one build of this package finds it on handlers that the
 * other build has made.
 */
export const CREATE_FILE_CALLER: unique symbol = Symbol.for('xsendfile.createFileCaller');

/** @param directory - that of the handler, whose cache is shared. */
export function createFileCaller(
  root: string,
  config: Configuration,
  directory: RootDirectory,
): FileCaller {
  const rules = rulesOf(config);
  const openWith = (dotfiles: DotfilePolicy): RootDirectory =>
    dotfiles === config.dotfiles ? directory : openDirectory(root, { ...config, dotfiles });
  // All of them now: opening one may take synchronous looks at the disk.
  const directories: Readonly<Record<DotfilePolicy, RootDirectory>> = {
    ignore: openWith('ignore'),
    deny: openWith('deny'),
    allow: openWith('allow'),
  };

  return async function callFile({ req, res, segments, options, onHandedOver }) {
    const { dotfiles = config.dotfiles, headers, changes } = options;
    const run = createFlow(directories[dotfiles], { ...config, ...changes });
    return run({
      req,
      res,
      locate: () => ({ segments: sanitizePath(segments, rules) }),
      call: { headers, onHandedOver },
    });
  };
}
