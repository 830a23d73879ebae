/**
 * Encodings of paths in the headers of front ends, tested with the real servers.
 */

/**
 * Percent-encodes every byte of the UTF-8 except unreserved characters and `/`: for nginx, lighttpd,
 * Caddy, h2o and mod_xsendfile 1.0. `encodeURI` is wrong: it does not encode `?` and `#`.
 */
export function encodePercent(path: string): string {
  return encodeURIComponent(path)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Encodes the raw bytes of the path, for mod_xsendfile 0.12, which decodes nothing. Node writes header
 * values as latin1, so each byte of the UTF-8 becomes one character.
 *
 * @returns undefined for a path that a header value cannot represent: control characters, a trailing
 * space or tab.
 */
export function encodeRaw(path: string): string | undefined {
  if (/[\x00-\x08\x0a-\x1f\x7f]|[\t ]$/.test(path)) return undefined;
  return Buffer.from(path).toString('latin1');
}

/** The same as {@link encodePercent}; undefined for a path with control characters, which some servers replace. */
export function encodeUnlessControl(path: string): string | undefined {
  return /[\x00-\x1f\x7f]/.test(path) ? undefined : encodePercent(path);
}

/** Decodes a part of a URL; undefined if its percent-encoding is malformed, or is not of UTF-8. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Formats segments as a URL path in canonical spelling, which the path sanitizer accepts. */
export function formatPath(segments: readonly string[]): string {
  return segments.map((segment) => `/${encodePercent(segment)}`).join('');
}
