import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { describeMountPath, parseMountPath } from '../links/mount-path.js';
import { parser } from './values.js';

/** A mount path as a command's option. */
export const parseMount = parser(
  (text) => parseMountPath(text, 'percent-encoded'),
  `Give ${describeMountPath('percent-encoded')}.`,
);

/** Prefix of the mount path in an absolute URL: scheme and host, and a path, if any. */
export interface Base {
  readonly origin: string;
  readonly path: string;
}

/**
 * A parser of absolute URLs below which something is mounted.
 *
 * @param example - for the message if it is not such a URL.
 */
export function urlParser(example: string) {
  return parser((text): Base | undefined => {
    if (!URL.canParse(text)) return undefined;
    const { href, origin, pathname, protocol } = new URL(text);
    const path = parseMountPath(pathname, 'percent-encoded');
    const isPlain = /^https?:$/.test(protocol) && href === origin + pathname;
    return isPlain && path !== undefined ? { origin, path } : undefined;
  }, `Give a URL with http: or https: and without user, query and fragment, such as ${example}.`);
}

export const parseBase = urlParser('https://example.com/downloads');

/** Part of a request target below the mount path; undefined if it is not below it. */
export function stripMount(target: string, mount: string): string | undefined {
  if (!target.startsWith(`${mount}/`)) return undefined;
  return target.slice(mount.length);
}

/** What a router adds to a request. */
type MountedRequest = IncomingMessage & { originalUrl?: string; baseUrl?: string };

/**
 * Mounts a handler at a URL path, as a router does.
 *
 * The path has to be spelt as it is here: nothing is normalised.
 *
 * @param elsewhere - handles all other requests.
 */
export function mountAt(
  mount: string,
  handler: (req: IncomingMessage, res: ServerResponse) => void,
  elsewhere: (req: IncomingMessage, res: ServerResponse) => void,
): RequestListener {
  if (mount === '') return handler;
  return (req: MountedRequest, res) => {
    const { url = '' } = req;
    const rest = stripMount(url, mount);
    if (rest === undefined) return elsewhere(req, res);
    Object.assign(req, { originalUrl: url, baseUrl: mount, url: rest });
    handler(req, res);
  };
}
