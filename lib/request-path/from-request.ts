import type { IncomingMessage } from 'node:http';
import type { ApplicationView, RequestView } from '../shared/views.js';
import { createWarning } from '../shared/warning.js';
import type { RouteParameters, XSendfileOptions } from '../types.js';
import { canonicalizeTail } from './canonicalize-tail.js';
import {
  checkMountPath,
  checkSpelling,
  type SanitizerRules,
  sanitizePath,
  sanitizeTarget,
  withoutQuery,
} from './sanitize.js';

/** Returns the rules that follow from the options and the platform. */
export function rulesOf({
  collapseSlashes,
}: {
  readonly collapseSlashes: boolean;
}): SanitizerRules {
  return { collapseSlashes, windows: process.platform === 'win32' };
}

/**
 * Returns the path segments of the requested file, from the `path` option or from the URL.
 *
 * @throws {@link RefusedError} 400, 403 or 404.
 */
export function segmentsOf(
  { request, subject }: Pick<ApplicationView, 'subject'> & { readonly request: RequestView },
  path: XSendfileOptions['path'],
  rules: SanitizerRules,
): readonly string[] {
  const { url: rest = '', originalUrl: original, baseUrl: mountPath } = request;
  if (path !== undefined) {
    const given = path(subject as IncomingMessage & RouteParameters);
    const segments = sanitizePath(given, rules);
    checkMountPath({ original, rest, mountPath }, rules);
    const target = original ?? rest;
    const spelt = rules.encodedUnreserved === true ? canonicalizeTail(target, segments) : target;
    checkSpelling(spelt, given, rules);
    return segments;
  }
  if (isEatenByMount(request)) warnOfEatenPath();
  const segments = sanitizeTarget(rest, rules);
  checkMountPath({ original, rest, mountPath }, rules);
  return segments;
}

/** Whether a wildcard in the mount path has matched the whole path and left nothing for the handler. */
function isEatenByMount({ url = '', baseUrl, params }: RequestView): boolean {
  if (!baseUrl || !/^\/?(?:\?|$)/.test(url)) return false;
  // Express 5 has an array for a wildcard, Express 4 a numeric name.
  return Object.entries(params ?? {}).some(
    ([name, value]) => Array.isArray(value) || (/^\d+$/.test(name) && value !== ''),
  );
}

/**
 * Whether parameters of a route are only a part of the path that is searched for, as in `/files/a.txt` for the route
 * `/files/:name`. Parameters in the mount path are not.
 */
export function isRouteInPath({ baseUrl = '', params }: RequestView, url: string): boolean {
  const mounted = namesIn(baseUrl);
  const values = Object.values(params ?? {}).flatMap((value) => String(value).split(/[,/]/));
  const isParameter = (name: string): boolean => values.includes(name);
  const names = namesIn(withoutQuery(url));
  const isRoute = names.some((name) => isParameter(name) && !mounted.includes(name));
  return isRoute && !names.every(isParameter);
}

function namesIn(path: string): readonly string[] {
  return decodeURIComponent(path)
    .split('/')
    .filter((name) => name !== '');
}

const warnOfEatenPath = createWarning(
  'XSENDFILE_WILDCARD_MOUNT',
  'xsendfile: the handler is mounted at a path with a wildcard, which matches the whole path of each request, so every file is 403. ' +
    "Mount it at a prefix, as in app.use('/files', handler), or set the path option: { path: (req) => req.params.path }.",
);
