import { isIPv6 } from 'node:net';
import { BadOptionError } from '../shared/errors.js';
import { show } from '../shared/option-checks.js';

/** A location is a URI of the server's: one that could mean `@name`, arguments or a parent is a mistake. */
const URL_PATH = /^\/[\w.~!$&'()*+,;=:@%/-]*$/;
const DOTS_OR_NOTHING = /\/\.{0,2}(?=\/)/;

/**
 * A location with a slash at its end.
 *
 * @param caller - name of the factory, for messages.
 * @throws {@link BadOptionError} for anything but a percent-encoded URL path below `/`.
 */
export function checkLocation(location: unknown, caller: string): string {
  if (typeof location === 'string') {
    const withSlash = location.endsWith('/') ? location : `${location}/`;
    if (withSlash !== '/' && isUrlPath(withSlash)) return withSlash;
  }
  throw new BadOptionError(
    `${caller}: location must be the path of an internal location, such as "/-internal-/", got ${show(location)}.`,
  );
}

/** Whether both the path and what the server makes of it are harmless. */
export function isUrlPath(path: string): boolean {
  const decoded = decode(path);
  return (
    URL_PATH.test(path) &&
    decoded !== undefined &&
    !DOTS_OR_NOTHING.test(decoded) &&
    !/%2f|%[01]|%7f/i.test(path)
  );
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** RFC 952 and its relatives: letters, digits, dots, hyphens and underscores. */
const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i;

/**
 * Whether the host of a URL is a name, an IPv4 address, or an IPv6 address in brackets. URLs allow much
 * more, such as `;` and quotation marks, which mean something to a server's configuration.
 */
export function isHost(hostname: string): boolean {
  if (/^\[.*\]$/.test(hostname)) return isIPv6(hostname.slice(1, -1));
  return HOST_NAME.test(hostname);
}
