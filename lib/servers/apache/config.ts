import { Option } from '../../shared/option-reader.js';
import { hideControlHeaders, requestHeaders } from '../config/headers.js';
import type { FrontEndSettings, Generator } from '../config/options.js';
import { pipedLogOf } from '../config/report-logger.js';
import { join, type Lines, lines } from '../config/text.js';
import { CALLER } from '../config/unwritable.js';
import { HANDSHAKE_HEADER } from '../headers.js';
import { apache } from './traits.js';

/** Headers that Apache sets in requests besides the handshake. */
const FORWARDED = ['X-Forwarded-'];

const MODULES = ['authz_core', 'headers', 'proxy', 'proxy_http', 'xsendfile'];

/** Apache httpd 2.4 with mod_xsendfile. */
export const config: Generator = {
  traits: apache,
  generate,
  lost: /^content-encoding$/i,
  check: {
    programs: ['apache2', 'httpd'],
    args: (file) => ['-t', '-f', file],
    wrap: (part, settings) => [serverOf(settings), part],
  },
};

function generate(settings: FrontEndSettings): string {
  const { standalone, files, scratch, handshake, modules, host, port } = settings;
  // A system's Apache listens on port 80 already.
  const isListening = standalone || port !== 80;
  const texts = [...files.map(({ root }) => root), scratch, handshake, modules];
  return join(lines`
    # Apache httpd 2.4 and mod_xsendfile in front of an application with xsendfile(root, { sender: 'apache' }).
    # That is for mod_xsendfile 0.12, which Debian and Ubuntu have; for 1.0: apacheSender({ encoding: 'percent' }).
    # Debian: apt-get install apache2 libapache2-mod-xsendfile; a2enmod proxy_http headers xsendfile
    ${
      standalone
        ? '# Check: apache2 -t -f this-file. Run: apache2 -DFOREGROUND -f this-file (both with the whole path)'
        : '# Put this into /etc/apache2/sites-enabled/. Check: apachectl configtest'
    }

    ${needsDollar(...texts) && DEFINITION_OF_DOLLAR}
    ${standalone && [serverOf(settings), '']}
    ${isListening && `Listen ${host === undefined ? '' : `${host}:`}${port}`}

    ${reportsOf(settings)}
    ${siteOf(settings)}
  `);
}

function serverOf({ scratch, user, group, modules }: FrontEndSettings): Lines {
  const run = scratch ?? '/run';
  const log = scratch ?? '/var/log/apache2';
  return lines`
    ServerRoot ${quote(scratch ?? '/etc/apache2')}
    ServerName localhost
    DefaultRuntimeDir ${quote(run)}
    PidFile ${quote(`${run}/apache2.pid`)}
    # A file: Apache opens it by name, which fails for the standard error of a child of Node.
    ErrorLog ${quote(`${log}/error.log`)}
    LogLevel error
    ${user !== undefined && [`User ${user}`, `Group ${group}`]}
    ${moduleOf('mpm_event', modules)}
    ${unlessLoaded('unixd', modules)}
    ${MODULES.map((name) => moduleOf(name, modules))}
    # Each of these files may be one of hundreds on a page.
    MaxKeepAliveRequests 0
    ${
      scratch !== undefined && [
        'StartServers 1',
        unlessLoaded('log_config', modules),
        `CustomLog ${quote(`${scratch}/access.log`)} "%r, %>s, %B bytes"`,
      ]
    }
  `;
}

function moduleOf(name: string, modules: string): string {
  return `LoadModule ${name}_module ${quote(`${modules}/mod_${name}.so`)}`;
}

/** Some systems have it built in. */
function unlessLoaded(name: string, modules: string): Lines {
  return lines`
    <IfModule !${name}_module>
        ${moduleOf(name, modules)}
    </IfModule>
  `;
}

/** Keeps the id of a download after its header was removed; a name for each part. */
function noteOf({ port }: FrontEndSettings): string {
  return `xsendfile_download_id_${port}`;
}

function reportsOf(settings: FrontEndSettings): Lines {
  const { reports, modules } = settings;
  if (reports === undefined) return [];
  const note = noteOf(settings);
  const { program, line } = pipedLogOf(reports, {
    id: `%{${note}}n`,
    status: '%>s',
    bytes: '%B',
    sent: '%O',
    end: '%X',
    range: '%{Content-Range}o',
  });
  return lines`
    ${unlessLoaded('logio', modules)}
    # Reports each download to the application, in addition to all other logs.
    GlobalLog "|${program}" "${line}" "expr=-n note('${note}')"

  `;
}

function siteOf(settings: FrontEndSettings): Lines {
  const { files, upstream, host, port, reports } = settings;
  return lines`
    <VirtualHost ${host ?? '*'}:${port}>
        # Together they let the path arrive byte for byte as the client sent it.
        AllowEncodedSlashes NoDecode
        # Node closes connections that were idle for five seconds; with "ttl" Apache closes them first.
        ProxyPass        / http://${upstream}/ nocanon ttl=4
        ProxyPassReverse / http://${upstream}/
        ProxyPreserveHost On
        RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}

        ${requestHeaders(settings, {
          set: (secret) => `RequestHeader set ${HANDSHAKE_HEADER} ${quoteFormat(secret)}`,
          comment: lines`
            # Apache removes what "Connection" of a client names; these are set here, and stay.
            RequestHeader edit* Connection "(?i)${[HANDSHAKE_HEADER, ...FORWARDED].join('|')}" "-"
            # Clients must not set these; mod_proxy would add to X-Forwarded-For, -Host and -Server.
          `,
          remove: (name) => `RequestHeader unset ${name}`,
          overwritten: ['X-Forwarded-Proto'],
        })}
        # Apache itself responds to TRACE with "Max-Forwards: 0", and shows the request that the application would get.
        TraceEnable off

        XSendFile On
        # Files are sent from ${files.length === 1 ? 'this directory' : 'these directories'} only.
        ${files.map(({ root }) => `XSendFilePath ${quote(root)}`)}
        # mod_xsendfile handles responses with status 200 only; on any other the header would reach the client.
        Header unset ${apache.header} "expr=%{REQUEST_STATUS} -ne 200"
        ${
          reports !== undefined && [
            '# Kept for the log.',
            `Header note ${apache.downloadIdHeader} ${noteOf(settings)}`,
          ]
        }
        Header unset ${apache.downloadIdHeader}
        ${hideControlHeaders((name) => `Header unset ${name}`, apache.header)}
    </VirtualHost>
  `;
}

/** A value of RequestHeader is a format, or an expression. */
function quoteFormat(secret: string): string {
  if (/^expr=/i.test(secret)) {
    throw new Option(CALLER, 'handshake').error(
      `Apache takes a handshake that begins with "expr=" for an expression. Choose another one.`,
    );
  }
  return quote(secret.replaceAll('%', '%%'));
}

const DEFINITION_OF_DOLLAR = lines`
  # A dollar sign that does not begin a variable.
  Define XSENDFILE_DOLLAR $

`;

/** Stands for `$` in front of a brace: Apache would expand a variable. */
const DOLLAR = '$' + '{XSENDFILE_DOLLAR}';

/** Quotes a string. */
function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\$(?=\{)/g, () => DOLLAR);
  return `"${escaped}"`;
}

/** Whether {@link quote} uses its variable. */
function needsDollar(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text?.includes('$' + '{') === true);
}
