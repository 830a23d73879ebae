import { withDefault } from '../../shared/option-reader.js';
import { describeHandlers } from '../config/describe.js';
import { hideControlHeaders, requestHeaders } from '../config/headers.js';
import type { FilesSettings, FrontEndSettings, Generator } from '../config/options.js';
import { join, type Lines, lines } from '../config/text.js';
import { CONFIG_HEADER, HANDSHAKE_HEADER } from '../headers.js';
import { checkLocation } from '../location.js';
import { addHeader, readdedHeaders } from './headers.js';
import { needsDollar, quote, quoteLiterally } from './quoting.js';
import { remoteLocations, remoteUpstreams, type Site } from './remotes.js';
import { accessLogOf, reportFormat, reportLogs } from './reports.js';
import { nginx } from './traits.js';

/** Headers with which nginx describes a client to the application. */
const FORWARDED = { 'X-Forwarded-For': '$remote_addr', 'X-Forwarded-Proto': '$scheme' };

/** nginx, from 1.15.3 on. */
export const config: Generator = {
  traits: nginx,
  generate,
  location: withDefault(nginx.defaultLocation, checkLocation),
  takesLocations: true,
  check: {
    programs: ['nginx'],
    args: (file, scratch) => ['-t', '-p', scratch, '-c', file],
    accepted: 'syntax is ok',
    wrap: (part, settings) => mainOf(settings, part),
  },
};

function generate(settings: FrontEndSettings): string {
  return join(lines`
    ${describeNginx(settings)}

    ${settings.standalone ? mainOf(settings, siteOf(settings)) : siteOf(settings)}
  `);
}

function describeNginx({ standalone, files, remotes, scratch }: FrontEndSettings): Lines {
  const { defaultLocation, ...traits } = nginx;
  const isDefault = files.some(({ location }) => location === defaultLocation);
  return [
    describeHandlers('nginx', files, traits),
    ...remotes.map(
      ({ origin, location }) =>
        `#   remoteRoot({ origins: ['${origin.origin}'] }), nginxSender({ location: '${location}' })`,
    ),
    isDefault && `# (${defaultLocation} is the default: sender: 'nginx').`,
    standalone
      ? `# Check: nginx -t -c this-file. Run: nginx ${scratch === undefined ? '' : '-e stderr '}-c this-file (both with the whole path)`
      : '# Include this in the http block: /etc/nginx/conf.d/ on most systems. Check: nginx -t',
  ];
}

/** All that nginx reads. */
function mainOf({ scratch, user, group }: FrontEndSettings, site: Lines | string): Lines {
  return lines`
    ${user !== undefined && `user ${user} ${group};`}
    ${scratch === undefined ? SERVICE : foregroundOf(scratch)}
    events {}

    http {
        ${scratch !== undefined && writesOf(scratch)}
        sendfile on;
        default_type application/octet-stream;

        ${site}
    }
  `;
}

const SERVICE = lines`
  worker_processes auto;
  pid /run/nginx.pid;
  error_log /var/log/nginx/error.log;
`;

function foregroundOf(scratch: string): Lines {
  return lines`
    daemon off;
    worker_processes 1;
    pid ${quoteLiterally(`${scratch}/nginx.pid`)};
    error_log ${quoteLiterally(`${scratch}/error.log`)} error;
  `;
}

function writesOf(scratch: string): Lines {
  return lines`
    client_body_temp_path ${quoteLiterally(`${scratch}/body`)};
    ${['proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${quoteLiterally(`${scratch}/${name}`)};`,
    )}
    log_format sent '$request_method $request_uri, $status, $body_bytes_sent bytes';
    ${accessLogOf(scratch, 'sent')}

  `;
}

function siteOf(settings: FrontEndSettings): Lines {
  const { files, handshake, upstream, host, port, scratch } = settings;
  const name = nameOf(settings);
  const site = { settings, name, logs: reportLogs(settings, name) };
  return lines`
    ${needsDollar(...files.map(({ root }) => root), handshake, scratch) && DEFINITION_OF_DOLLAR}
    ${reportFormat(settings, name)}
    upstream ${name} {
        server ${upstream};
        # Node closes connections that were idle for five seconds; nginx has let go by then.
        keepalive 8;
        keepalive_timeout 4s;
    }

    ${remoteUpstreams(site)}
    server {
        ${host === undefined ? [`listen ${port};`, `listen [::]:${port};`] : `listen ${host}:${port};`}
        # Uploads: nginx refuses request bodies of more than 1 MB with 413, before the application sees them.
        # Set the limit here, for example to 100 MB (0: no limit):
        # client_max_body_size 100m;

        location / {
            ${applicationOf(site)}
        }
        ${files.map((each) => ['', locationOf(each, site)])}
        ${remoteLocations(site)}
    }
  `;
}

const DEFINITION_OF_DOLLAR = lines`
  # nginx has no other way to write a dollar sign that does not begin a variable.
  geo $xsendfile_dollar {
      default "$";
  }

`;

/** nginx has one set of names: parts for different applications or addresses need different ones. */
function nameOf({ standalone, host, port, upstream }: FrontEndSettings): string {
  if (standalone) return 'xsendfile_application';
  const listen = host === undefined ? port : `${host}_${port}`;
  return `xsendfile_${listen}_${upstream}`.replace(/[[\]:]+/g, '_');
}

function applicationOf({ settings, name }: Site): Lines {
  return lines`
    # Nothing after the name, not even "/": so the path arrives byte for byte as the client sent it.
    proxy_pass http://${name};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    ${Object.entries(FORWARDED).map(([name, value]) => `proxy_set_header ${name} ${value};`)}

    # A path is up to three times as long when it is encoded; with 4k such a response would be 502.
    proxy_buffer_size 16k;
    proxy_buffers 8 16k;

    ${requestHeaders(settings, {
      set: (secret) => lines`
        proxy_set_header ${HANDSHAKE_HEADER} ${quote(secret)};
        # "My location of the files restores some headers": never without the add_header there.
        proxy_set_header ${CONFIG_HEADER} ${quote(secret)};
      `,
      comment: '# Clients must not set these; an empty value sends nothing.',
      remove: (name) => `proxy_set_header ${name} "";`,
      overwritten: Object.keys(FORWARDED),
      authenticating: [HANDSHAKE_HEADER, CONFIG_HEADER],
    })}
    ${hideControlHeaders((name) => `proxy_hide_header ${name};`, nginx.header)}
  `;
}

function locationOf({ root, location }: FilesSettings, { settings, logs }: Site): Lines {
  return lines`
    # The files: "${nginx.header}: ${location}..." leads here. Location and alias BOTH end with "/":
    # without the first, "../" after it would lead out of the directory. "^~": no location with a
    # regular expression takes precedence.
    location ^~ ${quoteLocation(location)} {
        # A client that requests it gets 404.
        internal;
        alias ${quote(`${root}/`)};
        ${logs.save}
        ${logs.write}
        # nginx does not see that such a file is compressed, and with "gzip on" would compress it again.
        if ($upstream_http_content_encoding) {
            gzip off;
        }
        # nginx keeps these on its own errors, which would look like the file: so they arrive under other names.
        # Without "always", only responses with the file get them.
        ${nginx.restored.map(addHeader)}
        # nginx drops these headers of the application; an empty one is not sent.
        ${readdedHeaders(settings.passHeaders).map(addHeader)}
    }
  `;
}

/** nginx compares with the decoded path. */
function quoteLocation(location: string): string {
  const decoded = decodeURIComponent(location);
  return /^[\w./-]+$/.test(decoded) ? decoded : quoteLiterally(decoded);
}
