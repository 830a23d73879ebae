import type { IncomingMessage } from 'node:http';
import type { Configuration } from './options.js';
import {
  checkMountPath,
  checkSpelling,
  type SanitizerRules,
  sanitizePath,
  sanitizeTarget,
} from './path-sanitizer.js';
import { respellEnd } from './respell-end.js';
import type { RouteParameters } from './types.js';

export function rulesOf({
  collapseSlashes,
}: Pick<Configuration, 'collapseSlashes'>): SanitizerRules {
  return { collapseSlashes, windows: process.platform === 'win32' };
}

/**
 * The segments that a request names: by the `path` option, or by its URL.
 *
 * @throws {@link RefusedError} 400, 403 or 404.
 */
export function locateSegments(
  req: IncomingMessage,
  path: Configuration['path'],
  rules: SanitizerRules,
): readonly string[] {
  const { url = '', originalUrl } = req as IncomingMessage & { originalUrl?: string };
  if (path !== undefined) {
    const given = path(req as IncomingMessage & RouteParameters);
    const segments = sanitizePath(given, rules);
    const target = originalUrl ?? url;
    const spelt = rules.encodedUnreserved === true ? respellEnd(target, segments) : target;
    if (!rules.collapseSlashes) checkSpelling(spelt, given);
    return segments;
  }
  const segments = sanitizeTarget(url, rules);
  if (!rules.collapseSlashes) {
    checkMountPath(originalUrl, url);
  }
  return segments;
}
