import { hideControlHeaders, requestHeaders } from '../config/headers.js';
import type { FrontEndSettings, Generator } from '../config/options.js';
import { pipedLogOf } from '../config/report-logger.js';
import { join, type Lines, lines } from '../config/text.js';
import { unwritable } from '../config/unwritable.js';
import { HANDSHAKE_HEADER } from '../headers.js';
import { withoutBrackets } from '../host.js';
import { lighttpd } from './traits.js';

/** lighttpd 1.4. */
export const config: Generator = {
  traits: lighttpd,
  generate,
  check: {
    programs: ['lighttpd'],
    args: (file) => ['-tt', '-f', file],
    wrap: (part, settings) => [serverOf(settings), part],
  },
};

function generate(settings: FrontEndSettings): string {
  const { standalone, host, port } = settings;
  // A system's lighttpd listens on port 80 already.
  const hasSocket = !standalone && port !== 80;
  return join(lines`
    # lighttpd 1.4 in front of an application with xsendfile(root, { sender: 'lighttpd' }).
    ${
      standalone
        ? '# Check: lighttpd -tt -f this-file. Run: lighttpd -D -f this-file'
        : '# Put this into /etc/lighttpd/conf-enabled/. Check: lighttpd -tt -f /etc/lighttpd/lighttpd.conf'
    }

    server.modules ${standalone ? '=' : '+='} ( ${modulesOf(settings)} )
    ${standalone && [serverOf(settings), accessLogOf(settings)]}

    ${
      hasSocket && [
        '# These two are for all sites. ":=" replaces what other files say, so that several of these can be',
        '# included: one for port 80 first.',
      ]
    }
    # Without it lighttpd caches metadata for a second: a client that requests a file in the second in which it
    # changes would get the wrong length, the wrong bytes or "not modified".
    server.stat-cache-engine ${hasSocket ? ':=' : '='} "disable"
    # The path arrives byte for byte as the client sent it. (Decide nothing by $HTTP["url"] then.)
    server.http-parseopts ${hasSocket ? ':=' : '+='} ( "url-normalize" => "disable" )

    ${
      hasSocket
        ? lines`
            $SERVER["socket"] == "${host ?? ''}:${port}" {
                ${reportsOf(settings, true)}
                ${siteOf(settings, '=')}
            }
          `
        : [reportsOf(settings, false), siteOf(settings, '+=')]
    }
  `);
}

/** @param assign - in a condition, "+=" would add to the lists outside of it, which cannot hold a name twice. */
function siteOf(settings: FrontEndSettings, assign: '=' | '+='): Lines {
  const { files, upstream } = settings;
  const colon = upstream.lastIndexOf(':');
  return lines`
    setenv.set-request-header ${assign} (
        ${requestHeaders(settings, {
          set: (secret) => `"${HANDSHAKE_HEADER}" => ${quote(secret, 'handshake')},`,
          comment:
            '# Clients must not set these; an empty value sends nothing. mod_proxy would add to X-Forwarded-For.',
          remove: (name) => `"${name}" => "",`,
        })}
    )
    ${hideControlHeaders(
      (name) => `    "${name}" => "",`,
      lighttpd.header,
      `setenv.set-response-header ${assign} (`,
    )}
    )

    proxy.server = ( "" => ((
        "host" => "${withoutBrackets(upstream.slice(0, colon))}",
        "port" => ${upstream.slice(colon + 1)},
        "x-sendfile" => "enable",
        # Files are sent from ${files.length === 1 ? 'this directory' : 'these directories'} only. Without this line: any file that lighttpd can read.
        "x-sendfile-docroot" => ( ${files.map(({ root }) => quote(`${root}/`, 'root')).join(', ')} )
    )))
  `;
}

function modulesOf({ standalone, scratch, reports }: FrontEndSettings): string {
  const hasLog = reports !== undefined || (standalone && scratch !== undefined);
  return `${hasLog ? '"mod_accesslog", ' : ''}"mod_setenv", "mod_proxy"`;
}

/** lighttpd has one access log. It ignores conditions for parts of it, so it has all responses. */
function reportsOf({ reports, standalone }: FrontEndSettings, isInCondition: boolean): Lines {
  if (reports === undefined) return [];
  const { program, line } = pipedLogOf(reports, {
    id: `%{${lighttpd.downloadIdHeader}}o`,
    status: '%>s',
    bytes: '%b',
    end: '%X',
    range: '%{Content-Range}o',
  });
  const assign = standalone || isInCondition ? '=' : ':=';
  return lines`
    # Reports each download to the application. lighttpd has one access log: this replaces any other.
    accesslog.filename ${assign} "|${program}"
    accesslog.format ${assign} "${line}"

  `;
}

function serverOf(settings: FrontEndSettings): Lines {
  const { scratch, user, group, host, port } = settings;
  const log = scratch ?? '/var/log/lighttpd';
  return lines`
    server.bind = "${withoutBrackets(host ?? '')}"
    server.port = ${port}
    ${user !== undefined && [`server.username = "${user}"`, `server.groupname = "${group}"`]}
    # Required, but nothing is sent from here.
    server.document-root = ${quote(scratch ?? '/var/empty', 'scratch')}
    server.upload-dirs = ( ${quote(scratch ?? '/var/tmp', 'scratch')} )
    server.errorlog = ${quote(`${log}/error.log`, 'scratch')}
  `;
}

function accessLogOf({ scratch, reports }: FrontEndSettings): Lines {
  if (scratch === undefined || reports !== undefined) return [];
  return lines`
    accesslog.filename = ${quote(`${scratch}/access.log`, 'scratch')}
    accesslog.format = "%r, %>s, %b bytes"
  `;
}

/**
 * Quotes a string: a backslash is one, except before a quotation mark.
 *
 * @throws {@link BadOptionError} for a string that ends in a backslash.
 */
function quote(text: string, option: string): string {
  if (text.endsWith('\\')) throw unwritable(text, option, 'with a backslash at its end');
  return `"${text.replaceAll('"', '\\"')}"`;
}
