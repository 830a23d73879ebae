import type { Generator } from '../config/generator.js';
import { quoteForLighttpd } from '../config/quoting.js';
import { pipedLogOf } from '../config/report-logger.js';
import type { FrontEndSettings } from '../config/settings.js';
import { indent, join, type Lines } from '../config/text.js';
import {
  CONTROL_HEADER,
  CONTROL_HEADERS,
  DOWNLOAD_ID_HEADER,
  HANDSHAKE_HEADER,
  removedHeaders,
} from '../names.js';

const OTHER_CONTROL_HEADERS = CONTROL_HEADERS.filter((name) => name !== CONTROL_HEADER.lighttpd);

/** lighttpd 1.4. */
export const lighttpdConfig: Generator = {
  server: 'lighttpd',
  generate,
  takesReports: true,
};

function generate(settings: FrontEndSettings): string {
  const { standalone, host, port } = settings;
  // A system's lighttpd listens on port 80 already.
  const hasSocket = !standalone && port !== 80;
  return join(
    "# lighttpd 1.4 in front of an application with xsendfile(root, { sender: 'lighttpd' }).",
    standalone
      ? '# Check: lighttpd -tt -f this-file. Run: lighttpd -D -f this-file'
      : '# Put this into /etc/lighttpd/conf-enabled/. Check: lighttpd -tt -f /etc/lighttpd/lighttpd.conf',
    '',
    standalone ? serverOf(settings) : `server.modules += ( ${modulesOf(settings)} )`,
    '',
    hasSocket
      ? [
          '# These two are for all sites. ":=" replaces what other files say, so that several of these can be',
          '# included: one for port 80 first.',
        ]
      : undefined,
    '# Without it lighttpd caches metadata for a second: a client that requests a file in the second in which it',
    '# changes would get the wrong length, the wrong bytes or "not modified".',
    `server.stat-cache-engine ${hasSocket ? ':=' : '='} "disable"`,
    '# The path arrives byte for byte as the client sent it. (Decide nothing by $HTTP["url"] then.)',
    `server.http-parseopts ${hasSocket ? ':=' : '+='} ( "url-normalize" => "disable" )`,
    '',
    hasSocket
      ? [
          `$SERVER["socket"] == "${host ?? ''}:${port}" {`,
          indent('    ', reportsOf(settings, true), siteOf(settings, '=')),
          '}',
        ]
      : [reportsOf(settings, false), siteOf(settings, '+=')],
  );
}

/** @param assign - in a condition, "+=" would add to the lists outside of it, which cannot hold a name twice. */
function siteOf(settings: FrontEndSettings, assign: '=' | '+='): Lines {
  const { files, upstream, handshake, caller } = settings;
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(upstream) ?? [];
  return [
    `setenv.set-request-header ${assign} (`,
    handshake === undefined
      ? undefined
      : [
          '    # "I am the front end": overwrites what a client sends under that name.',
          `    "${HANDSHAKE_HEADER}" => ${quoteForLighttpd(handshake, 'handshake', caller)},`,
        ],
    '    # Clients must not set these; an empty value sends nothing. mod_proxy would add to X-Forwarded-For.',
    ...removedHeaders(handshake === undefined ? [] : [HANDSHAKE_HEADER]).map(
      (name) => `    "${name}" => "",`,
    ),
    ')',
    '# If the application uses the header of another server, clients do not see it.',
    `setenv.set-response-header ${assign} (`,
    ...OTHER_CONTROL_HEADERS.map((name) => `    "${name}" => "",`),
    ')',
    '',
    'proxy.server = ( "" => ((',
    `    "host" => "${host.replace(/^\[|\]$/g, '')}",`,
    `    "port" => ${port},`,
    '    "x-sendfile" => "enable",',
    `    # Files are sent from ${files.length === 1 ? 'this directory' : 'these directories'} only. Without this line: any file that lighttpd can read.`,
    `    "x-sendfile-docroot" => ( ${files.map(({ root }) => quoteForLighttpd(`${root}/`, 'root', caller)).join(', ')} )`,
    ')))',
  ];
}

function modulesOf({ standalone, scratch, reports }: FrontEndSettings): string {
  const hasLog = reports !== undefined || (standalone && scratch !== undefined);
  return [...(hasLog ? ['mod_accesslog'] : []), 'mod_setenv', 'mod_proxy']
    .map((name) => `"${name}"`)
    .join(', ');
}

/** lighttpd has one access log. It ignores conditions for parts of it, so it has all responses. */
function reportsOf({ reports, standalone }: FrontEndSettings, isInCondition: boolean): Lines {
  if (reports === undefined) return [];
  const { program, line } = pipedLogOf(reports, {
    id: `%{${DOWNLOAD_ID_HEADER.lighttpd}}o`,
    status: '%>s',
    bytes: '%b',
    end: '%X',
    range: '%{Content-Range}o',
  });
  const assign = standalone || isInCondition ? '=' : ':=';
  return [
    '# Reports each download to the application. lighttpd has one access log: this replaces any other.',
    `accesslog.filename ${assign} "|${program}"`,
    `accesslog.format ${assign} "${line}"`,
    '',
  ];
}

function serverOf(settings: FrontEndSettings): Lines {
  const { scratch, user, group, host, port, caller, reports } = settings;
  const quoted = (path: string) => quoteForLighttpd(path, 'scratch', caller);
  return [
    `server.modules = ( ${modulesOf(settings)} )`,
    `server.bind = "${host?.replace(/^\[|\]$/g, '') ?? ''}"`,
    `server.port = ${port}`,
    user === undefined
      ? undefined
      : [`server.username = "${user}"`, `server.groupname = "${group}"`],
    '# Required, but nothing is sent from here.',
    `server.document-root = ${quoted(scratch ?? '/var/empty')}`,
    `server.upload-dirs = ( ${quoted(scratch ?? '/var/tmp')} )`,
    `server.errorlog = ${quoted(`${scratch ?? '/var/log/lighttpd'}/error.log`)}`,
    scratch === undefined || reports !== undefined
      ? undefined
      : [
          `accesslog.filename = ${quoted(`${scratch}/access.log`)}`,
          'accesslog.format = "%r, %>s, %b bytes"',
        ],
  ];
}
