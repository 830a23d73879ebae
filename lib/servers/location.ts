import type { Option } from '../shared/option-reader.js';
import { decodePercent } from '../shared/path-encoding.js';

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
export function isUrlPath(path: string): boolean {
  const decoded = decodePercent(path);
  return (
    URL_PATH.test(path) &&
    decoded !== undefined &&
    !DOTS_OR_NOTHING.test(decoded) &&
    !/%2f|%[01]|%7f/i.test(path)
  );
}
