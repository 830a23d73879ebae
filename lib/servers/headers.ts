/**
 * Headers that applications and front ends must spell alike: the senders and the generated configurations
 * take them from here. What only one server knows is in its {@link Traits}.
 */

/** Response header with the path and query that a front end fetches from a store. */
export const REMOTE_HEADER = 'X-Sendfile-Remote';

/** The request header by which a front end authenticates. */
export const HANDSHAKE_HEADER = 'X-Sendfile-Handshake';

/**
 * The request header with which a configuration says that it restores headers, see {@link Traits.restored}: the
 * handshake's secret, too. Configurations from before 1.0.0-rc.2 do not.
 */
export const CONFIG_HEADER = 'X-Sendfile-Config';

/** Returns the name under which the application sends a header that the configuration restores. */
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

/** Request headers by which other libraries let a front end choose the header and the location. */
export const CHOICE_HEADERS = ['X-Sendfile-Type', 'X-Accel-Mapping'] as const;

/** Request headers in which proxies name the client, and what it requested; frameworks may believe them. */
const FORWARDING_HEADERS: readonly string[] = [
  'Forwarded',
  'X-Real-IP',
  ...'For Host Port Prefix Proto Scheme Server Ssl'.split(' ').map((name) => `X-Forwarded-${name}`),
];

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

/** Headers of an application's response that describe the file, and that all servers but h2o keep. */
export const KEPT_HEADERS = [
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
] as const;

const DROPPED =
  'Content-Encoding Content-Language Content-Security-Policy Content-Security-Policy-Report-Only ' +
  'Vary Link Referrer-Policy Permissions-Policy Strict-Transport-Security X-Frame-Options ' +
  'X-Robots-Tag Access-Control-Allow-Origin Access-Control-Allow-Credentials ' +
  'Access-Control-Expose-Headers Cross-Origin-Embedder-Policy Cross-Origin-Opener-Policy ' +
  'Cross-Origin-Resource-Policy';

/**
 * Headers of an application's response that matter to the client, and that some servers
 * drop when they send the file.
 */
export const DROPPED_HEADERS: readonly string[] = DROPPED.split(' ');
