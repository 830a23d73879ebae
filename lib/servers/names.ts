/**
 * What applications and front ends must spell alike: the senders and the generated configurations
 * take it from here.
 */

/** The response header that tells each server what to send. */
export const CONTROL_HEADER = {
  nginx: 'X-Accel-Redirect',
  apache: 'X-Sendfile',
  lighttpd: 'X-Sendfile',
  caddy: 'X-Accel-Redirect',
  h2o: 'X-Reproxy-URL',
} as const;

/** Servers that can send files on behalf of an application. @useDeclaredType */
export type FrontEndServer = keyof typeof CONTROL_HEADER;

/** Names of the servers that can send files on behalf of an application. */
export const FRONT_END_SERVERS = Object.keys(CONTROL_HEADER) as readonly FrontEndServer[];

/** The default location of the files for servers that take a URI. */
export const DEFAULT_LOCATION = {
  nginx: '/-internal-/',
  caddy: '/',
  h2o: 'http://files.internal:81/',
} as const;

/** The response header that tells nginx which path and query of a store to fetch. */
export const REMOTE_HEADER = 'X-Sendfile-Remote';

/** The default prefix of the internal locations for remote objects. */
export const DEFAULT_REMOTE_LOCATION = '/-remote-/';

/**
 * Returns the internal location for the objects of one origin.
 *
 * @param prefix - with a slash at its end.
 */
export function remoteLocationOf(prefix: string, { protocol, host }: URL): string {
  return `${prefix}${protocol.slice(0, -1)}/${host}`;
}

/** The request header by which a front end authenticates. */
export const HANDSHAKE_HEADER = 'X-Sendfile-Handshake';

/**
 * The request header with which a configuration of nginx says that it restores {@link RESTORED_HEADERS}: the
 * handshake's secret, too. Configurations from before 1.0.0-rc.2 do not.
 */
export const CONFIG_HEADER = 'X-Sendfile-Config';

/**
 * Headers of a file that nginx would keep on an error page of its own. The application sends them under other
 * names, which nginx drops, and the location of the files restores them if there is no error.
 */
export const RESTORED_HEADERS = ['Cache-Control', 'Expires', 'Content-Disposition'] as const;

/** Returns the name under which the application sends a header that nginx restores. */
export function nameForRestoring(header: string): string {
  return `X-Sendfile-${header}`;
}

/**
 * Headers that tell one server or another what to send. In a response, none of them is for
 * visitors; in a request, none of them is for an application that might believe it.
 */
export const CONTROL_HEADERS = [
  'X-Sendfile',
  'X-Sendfile2',
  'X-Sendfile-Temporary',
  'X-Accel-Redirect',
  'X-Reproxy-URL',
  'X-LIGHTTPD-send-file',
  'X-LIGHTTPD-send-tempfile',
  'X-LiteSpeed-Location',
  'X-Sendfile-Remote',
] as const;

/** Whether a header is for front ends: it decides what the client gets, or how. */
export function isControlHeader(name: string): boolean {
  return CONTROL_NAME.test(name);
}

const CONTROL_NAME = /^x-(?:accel-|send-?file|lighttpd-|litespeed-|reproxy-)/i;

/** Response headers by which an application tells each server how to send, not what. */
export const TUNING_HEADERS = {
  nginx: ['X-Accel-Limit-Rate', 'X-Accel-Buffering', 'X-Accel-Charset', 'X-Accel-Expires'],
  lighttpd: ['X-LIGHTTPD-KBytes-per-second'],
} as const;

/**
 * Response headers from which the log of each server takes the id of a download. Clients do not see
 * them: nginx drops them, Apache's configuration removes them, lighttpd sends none of that prefix.
 */
export const DOWNLOAD_ID_HEADER = {
  nginx: 'X-Sendfile-Download-Id',
  apache: 'X-Sendfile-Download-Id',
  lighttpd: 'X-LIGHTTPD-Download-Id',
} as const;

/** Request headers by which other libraries let a front end choose the header and the location. */
export const CHOICE_HEADERS = ['X-Sendfile-Type', 'X-Accel-Mapping'] as const;

/** Request headers in which proxies name the client, and what it requested; frameworks may believe them. */
const FORWARDING_HEADERS = [
  'Forwarded',
  'X-Real-IP',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Proto',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
] as const;

/** Returns the request headers that a front end must remove, because clients must not set them. @param overwritten - those that it sets itself */
export function removedHeaders(overwritten: readonly string[]): readonly string[] {
  return [
    HANDSHAKE_HEADER,
    CONFIG_HEADER,
    ...CONTROL_HEADERS,
    ...CHOICE_HEADERS,
    ...FORWARDING_HEADERS,
  ].filter((name) => !overwritten.includes(name));
}

/**
 * Headers of an application's response that matter to the client, and that some servers
 * drop when they send the file.
 */
export const FORGOTTEN_HEADERS = [
  'Content-Encoding',
  'Content-Language',
  'Content-Security-Policy',
  'Content-Security-Policy-Report-Only',
  'Vary',
  'Link',
  'Referrer-Policy',
  'Permissions-Policy',
  'Strict-Transport-Security',
  'X-Frame-Options',
  'X-Robots-Tag',
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
  'Cross-Origin-Embedder-Policy',
  'Cross-Origin-Opener-Policy',
  'Cross-Origin-Resource-Policy',
] as const;

/** What h2o's configuration sets instead of the application's headers: the defaults of this package. */
export const SUPPLIED_BY_H2O = {
  'Cache-Control': 'private, no-cache',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;
