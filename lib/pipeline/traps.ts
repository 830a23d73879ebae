import { isRouteInPath } from '../request-path/from-request.js';
import { createWarning } from '../shared/warning.js';
import type { Outcome } from '../types.js';
import type { HandlerState } from './request-state.js';
import type { Responder } from './responder.js';

/** Warns of mistakes of the application that look like files which do not exist. */
export function warnOfTraps(
  { status, path }: Outcome,
  { source: { root }, config }: HandlerState,
  { responder, isAwaited }: { readonly responder: Responder; readonly isAwaited: boolean },
  url: string,
): void {
  if (status !== 404) return;
  if (!isAwaited && config.path === undefined) {
    if (isRouteInPath(responder.request, url)) warnOfRoute();
  } else if (root !== '' && `/${path}`.startsWith(`${root}/`)) {
    warnOfAbsolutePath();
  }
}

const warnOfRoute = createWarning(
  'XSENDFILE_ROUTE_WITHOUT_PATH',
  'xsendfile: the handler is on a route with parameters, but has no path option, so it looks for the whole path of the URL below its root: ' +
    "for app.get('/files/:name', handler), files/a.txt. Set the path option: { path: (req) => req.params.name }; or mount the handler: app.use('/files', handler).",
);

const warnOfAbsolutePath = createWarning(
  'XSENDFILE_ABSOLUTE_PATH',
  'xsendfile: send() or the path option got an absolute path below the root, but paths are relative to the root. Use path.relative(handler.root, file).',
);
