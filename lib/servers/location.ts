import type { Option } from '../shared/option-reader.js';
import { isHost } from './host.js';
import { DEFAULT_LOCATION } from './names.js';

/** A location is a URI of the server's: one that could mean `@name`, arguments or a parent is a mistake. */
const URL_PATH = /^\/[\w.~!$&'()*+,;=:@%/-]*$/;
const DOTS_OR_NOTHING = /\/\.{0,2}(?=\/)/;

/**
 * A location with a slash at its end.
 *
 * @throws {@link BadOptionError} for anything but a percent-encoded URL path below `/`.
 */
export function checkLocation(location: unknown, option: Option): string {
  if (typeof location === 'string') {
    const withSlash = location.endsWith('/') ? location : `${location}/`;
    if (withSlash !== '/' && isUrlPath(withSlash)) return withSlash;
  }
  throw option.wrong('the path of an internal location, such as "/-internal-/"', location);
}

/** Whether both the path and what the server makes of it are harmless. */
function isUrlPath(path: string): boolean {
  const decoded = decodeLocation(path);
  return (
    URL_PATH.test(path) &&
    decoded !== undefined &&
    !DOTS_OR_NOTHING.test(decoded) &&
    !/%2f|%[01]|%7f/i.test(path)
  );
}

function decodeLocation(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Caddy's location, with a slash at its end. */
export function parseCaddyLocation(location: unknown, option: Option): string {
  if (location === undefined || location === DEFAULT_LOCATION.caddy) return DEFAULT_LOCATION.caddy;
  return checkLocation(location, option);
}

/**
 * h2o's location, with a slash at its end.
 *
 * @throws {@link BadOptionError}
 */
export function parseH2oLocation(location: unknown, option: Option): URL {
  const given = location === undefined ? DEFAULT_LOCATION.h2o : location;
  if (typeof given === 'string' && URL.canParse(given)) {
    const written = given.endsWith('/') ? given : `${given}/`;
    const url = new URL(written);
    // The parser removes dots, users and the like: what it has changed could not be found in h2o's file.
    const plain = `http://${url.host}${url.pathname}`;
    const isUnchanged = plain.toLowerCase() === written.toLowerCase().replace(/:80(?=\/)/, '');
    if (isUnchanged && isHost(url.hostname) && isUrlPath(url.pathname)) return url;
  }
  throw option.wrong(`the URL of an internal host, such as "${DEFAULT_LOCATION.h2o}"`, location);
}
