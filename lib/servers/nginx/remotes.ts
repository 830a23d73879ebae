import { RESOURCE_POLICY } from '../../shared/embedding.js';
import { groupBy } from '../config/group-by.js';
import type { FrontEndSettings } from '../config/options.js';
import type { RemoteSettings } from '../config/remotes.js';
import { type Lines, lines } from '../config/text.js';
import { CONTROL_HEADERS, nameForRestoring, REMOTE_HEADER } from '../headers.js';
import { KEPT, readdedHeaders, variableOf } from './headers.js';
import { quote, quoteLiterally } from './quoting.js';
import type { ReportLogs } from './reports.js';
import { MEANT_FOR_BROWSERS, STORE_RESPONSE_HEADERS } from './store-headers.js';
import { nginx, remoteLocationOf } from './traits.js';

const CODING = 'Content-Encoding';

/** Headers that the application sends under other names, so that error pages do not have them. */
const RENAMED = nginx.restored.map(nameForRestoring);

/** Content codings that change no byte; `serve` removes them, too. */
const NO_CODING = '(?:aws-chunked|identity)';

/** RFC 9110 §13.1, for a store that knows its validators. */
const CONDITIONS = ['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since'];

/** All that the parts of a configuration are made of. */
export interface Site {
  readonly settings: FrontEndSettings;
  /** Beginning of the names of whatever may be there once. */
  readonly name: string;
  readonly logs: ReportLogs;
}

/** Configuration outside of the server block: a range for the stores, and one group of connections for each. */
export function remoteUpstreams({ settings: { remotes }, name }: Site): Lines {
  if (remotes.length === 0) return [];
  return lines`
    # Several ranges would be multipart, with the type and the boundaries of the store.
    map $http_range $xsendfile_range {
        default "";
        "~*^bytes=(?:[0-9]+-[0-9]*|-[0-9]+)$" $http_range;
    }
    # Uploads to S3 may have left "aws-chunked", which is not a coding of the bytes.
    map $upstream_http_content_encoding $xsendfile_coding {
        default $upstream_http_content_encoding;
        "~*^[ ,]*(?:${NO_CODING}[ ,]+)*${NO_CODING}?[ ,]*$" "";
        "~*^[ ,]*(?:${NO_CODING}[ ,]+)*(?<xsendfile_codings>[^ ,].*?)(?:[ ,]+${NO_CODING})*[ ,]*$" $xsendfile_codings;
    }

    ${remotes.map((remote, index) => upstreamOf(remote, name, index))}
  `;
}

/** A name that is resolved again and again cannot have connections that are kept. */
function upstreamOf({ origin, resolver }: RemoteSettings, name: string, index: number): Lines {
  if (resolver !== undefined) return [];
  return lines`
    upstream ${upstreamNameOf(name, index)} {
        server ${origin.hostname}:${portOf(origin)};
        keepalive 32;
    }

  `;
}

/** The internal locations of the stores, and what clients get instead of their errors. */
export function remoteLocations(site: Site): Lines {
  const { remotes } = site.settings;
  if (remotes.length === 0) return [];
  return [
    ...remotes.map((remote, index) => ['', locationOf(remote, index, site)]),
    ...[...STATUSES_BY_REFUSAL.keys()].map((status) => ['', refusalOf(status, site.logs)]),
  ];
}

function refusalOf(status: number, logs: ReportLogs): Lines {
  return lines`
    location @xsendfile_remote_${status} {
        # Whatever the application said about the object must not be remembered for this.
        add_header Cache-Control no-store always;
        add_header X-Content-Type-Options nosniff always;
        add_header ${RESOURCE_POLICY} $xsendfile_${variableOf(RESOURCE_POLICY)} always;
        ${status === 503 && 'add_header Retry-After 5 always;'}
        ${logs.write}
        ${status === 416 && IF_EMPTY}
        ${status === 404 ? NOT_FOUND : `return ${status};`}
    }
  `;
}

const NOT_FOUND = lines`
  # nginx copies WWW-Authenticate of a 401, and forgets it where access is permitted in one of several
  # ways. "return" would come before that.
  satisfy any;
  allow all;
  try_files /xsendfile-nothing =404;
`;
const IF_EMPTY = lines`
  # No range applies to an empty object: the client gets it as it is.
  if ($upstream_http_content_range = "bytes */0") { return 200; }
`;

/** The statuses that clients get for some of the store's, as from `serve`. */
const REFUSALS: Readonly<Record<number, number>> = {
  ...{ 401: 404, 403: 404, 404: 404, 410: 404 },
  ...{ 412: 412, 416: 416, 429: 503 },
  // nginx's own, if it cannot reach the store. They look like the store's.
  ...{ 502: 502, 504: 504 },
};

/** Returns the status for clients instead of an error or a redirect of the store; no redirect is followed. */
function refusalFor(status: number): number {
  return REFUSALS[status] ?? (status < 500 ? 502 : 503);
}

/** 304 is not an error, and nginx accepts no page for 499. */
const REFUSED = Array.from({ length: 300 }, (_none, index) => 300 + index).filter(
  (status) => status !== 304 && status !== 499,
);
/** The refusals, each with all statuses of the store for which clients get it: nginx would pass on any other. */
const STATUSES_BY_REFUSAL = groupBy(REFUSED, refusalFor);

function locationOf(remote: RemoteSettings, index: number, site: Site): Lines {
  const { settings, name, logs } = site;
  const { origin, location, resolver, hideHeaders } = remote;
  // The store alone knows whether its bytes are compressed.
  const readded = readdedHeaders(settings.passHeaders).filter((header) => header !== CODING);
  const saved = [...readded, ...RENAMED].map(variableOf);
  const host = resolver === undefined ? upstreamNameOf(name, index) : '$xsendfile_store';
  const hidden = [
    // A store must not send these a second time.
    ...KEPT,
    ...readded,
    CODING,
    ...CONTROL_HEADERS,
    ...RENAMED,
    nginx.downloadIdHeader,
    ...STORE_RESPONSE_HEADERS,
    ...MEANT_FOR_BROWSERS,
    ...hideHeaders,
  ];
  return lines`
    # Objects of ${origin.origin}: "${REMOTE_HEADER}" of the application has their path and query.
    location = ${quoteLiterally(decodeURIComponent(remoteLocationOf(location, origin)))} {
        # A client that requests it gets 404.
        internal;
        # The response is the application's until the store is asked; afterwards these would be the store's.
        set $xsendfile_remote $upstream_http_${variableOf(REMOTE_HEADER)};
        ${saved.map((name) => `set $xsendfile_${name} $upstream_http_${name};`)}
        ${logs.save}
        ${logs.write}
        ${
          resolver !== undefined && [
            `resolver ${resolver} valid=30s;`,
            `set $xsendfile_store ${origin.hostname}:${portOf(origin)};`,
          ]
        }

        # A variable after the name: every byte of the URL stays, which is signed.
        proxy_pass ${origin.protocol}//${host}$xsendfile_remote;
        proxy_http_version 1.1;
        # The URL is signed for GET.
        proxy_method GET;
        # Nothing of the client is for the store, least of all its cookies, but range and conditions.
        proxy_pass_request_headers off;
        proxy_pass_request_body off;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_set_header Host ${quote(origin.host)};
        proxy_set_header Accept-Encoding identity;
        proxy_set_header Range $xsendfile_range;
        proxy_set_header If-Range $http_if_range;
        ${CONDITIONS.map((header) => `proxy_set_header ${header} $http_${variableOf(header)};`)}
        ${origin.protocol === 'https:' && tlsOf(remote)}

        # Streams: no copy on the disk.
        proxy_max_temp_file_size 0;
        proxy_buffer_size 16k;
        proxy_buffers 8 16k;
        # A store has no say in how nginx sends.
        proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Expires Cache-Control Set-Cookie Vary;
        proxy_headers_hash_max_size 2048;
        proxy_headers_hash_bucket_size 128;
        # Its bytes, length, validators and Content-Encoding are passed on, nothing else that is known.
        ${hidden.filter(isFirst).map((header) => `proxy_hide_header ${header};`)}
        add_header ${CODING} $xsendfile_coding;
        gzip off;

        # Its errors are not shown.
        proxy_intercept_errors on;
        ${[...STATUSES_BY_REFUSAL].map(errorPageOf)}

        # Headers of the application that nginx drops; an empty one is not sent.
        ${readded.map((header) => `add_header ${header} $xsendfile_${variableOf(header)};`)}
        # These arrive under other names, because nginx would keep them on errors.
        ${nginx.restored.map(
          (header) => `add_header ${header} $xsendfile_${variableOf(nameForRestoring(header))};`,
        )}
    }
  `;
}

function tlsOf({ origin, trustedCertificates }: RemoteSettings): Lines {
  return lines`
    proxy_ssl_server_name on;
    proxy_ssl_name ${quote(origin.hostname)};
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 5;
    proxy_ssl_trusted_certificate ${quoteLiterally(trustedCertificates)};
  `;
}

function errorPageOf([status, ofStore]: readonly [number, readonly number[]]): string {
  // For an empty object, the location of 416 chooses another status.
  return `error_page ${ofStore.join(' ')} =${status === 416 ? '' : status} @xsendfile_remote_${status};`;
}

function isFirst(header: string, index: number, headers: readonly string[]): boolean {
  return headers.findIndex((each) => each.toLowerCase() === header.toLowerCase()) === index;
}

function upstreamNameOf(name: string, index: number): string {
  return `${name}_remote_${index}`;
}

function portOf({ protocol, port }: URL): string {
  if (port !== '') return port;
  return protocol === 'https:' ? '443' : '80';
}
