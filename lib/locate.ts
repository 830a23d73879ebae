import type { IncomingMessage } from 'node:http';
import type { Configuration } from './options.js';
import {
  checkMountPath,
  type SanitizerRules,
  sanitizePath,
  sanitizeTarget,
} from './path-sanitizer.js';
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
  if (path !== undefined) {
    return sanitizePath(path(req as IncomingMessage & RouteParameters), rules);
  }
  const { url = '' } = req;
  const segments = sanitizeTarget(url, rules);
  if (!rules.collapseSlashes) {
    checkMountPath((req as { originalUrl?: unknown }).originalUrl, url);
  }
  return segments;
}
