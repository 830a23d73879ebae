import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { InvalidArgumentError } from 'commander';
import { describeMountPath, parseMountPath } from '../links/mount-path.js';

/** A mount path as a command's option. */
export function parseMount(text: string): string {
  const mount = parseMountPath(text, 'percent-encoded');
  if (mount === undefined)
    throw new InvalidArgumentError(`Give ${describeMountPath('percent-encoded')}.`);
  return mount;
}

/** Prefix of the mount path in an absolute URL: scheme and host, and a path, if any. */
export interface Base {
  readonly origin: string;
  readonly path: string;
}

/** An absolute URL below which the links are. */
export function parseBase(text: string): Base {
  return parseUrl(text, 'https://example.com/downloads');
}

/** @param example - for the message if it is not such a URL. */
export function parseUrl(text: string, example: string): Base {
  try {
    const url = new URL(text);
    const { origin, pathname, protocol, username, password } = url;
    const isPlain = url.href === `${origin}${pathname}` && username === '' && password === '';
    if (isPlain && /^https?:$/.test(protocol)) return { origin, path: parseMount(pathname) };
  } catch {
    // Reported below.
  }
  throw new InvalidArgumentError(
    `Give a URL with http: or https: and without user, query and fragment, such as ${example}.`,
  );
}

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
