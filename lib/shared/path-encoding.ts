/**
 * How paths are written into the headers of front ends. What each of them decodes was tried with
 * the servers themselves.
 */

/**
 * Every byte but the unreserved ones as `%XX` of its UTF-8, `/` kept: right for nginx, lighttpd,
 * Caddy, h2o and mod_xsendfile 1.0. `encodeURI` is not: it leaves `?` and `#` alone.
 */
export function encodePercent(path: string): string {
  return encodeURIComponent(path)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The bytes of the path as they are, for mod_xsendfile 0.12, which decodes nothing. Node writes a
 * header value as latin1, so each byte of the UTF-8 has to be a character of its own.
 *
 * @returns undefined for a path that a header value cannot hold: control characters, a blank at its end.
 */
export function encodeRaw(path: string): string | undefined {
  if (/[\x00-\x08\x0a-\x1f\x7f]|[\t ]$/.test(path)) return undefined;
  return Buffer.from(path).toString('latin1');
}
