import type { Embedding } from '../../types.js';
import { describeHandlers } from '../config/describe.js';
import { groupBy } from '../config/group-by.js';
import { hideControlHeaders, requestHeaders } from '../config/headers.js';
import type { FilesSettings, FrontEndSettings, Generator } from '../config/options.js';
import { join, type Lines, lines } from '../config/text.js';
import { HANDSHAKE_HEADER } from '../headers.js';
import { withoutBrackets } from '../host.js';
import { defaultHeaders, h2o, parseLocation } from './traits.js';
import { H2O_DEFAULT_TYPE, H2O_TYPES, typeInH2o } from './types.js';

/** h2o 2.2. */
export const config: Generator = {
  traits: h2o,
  generate,
  location: parseLocation,
  lost: /^/,
  check: {
    programs: ['h2o'],
    args: (file) => ['-t', '-c', file],
    wrap: (part, settings) => [serverOf(settings), part],
  },
};

function generate(settings: FrontEndSettings): string {
  const { standalone, files } = settings;
  return join(lines`
    ${describeHandlers('h2o 2', files, h2o)}
    # h2o drops the headers of the application. Files that need them (attachments, for example) are
    # sent by the application itself; all others get the headers below.
    ${
      standalone
        ? '# Check: h2o -t -c this-file. Run: h2o -m worker -c this-file'
        : '# Put this below "hosts:" of h2o.conf. Check: h2o -t -c /etc/h2o/h2o.conf'
    }

    ${standalone && serverOf(settings)}
      ${applicationOf(settings)}
      ${Array.from(groupBy(files, nameOfHost), ([host, group]) => hostOf(host, group, settings))}
  `);
}

function serverOf({ scratch, user }: FrontEndSettings): Lines {
  return lines`
    ${user !== undefined && `user: ${user}`}
    ${scratch !== undefined && logOf(scratch)}
    error-log: ${quote(`${scratch ?? '/var/log/h2o'}/error.log`)}
    hosts:
  `;
}

function logOf(scratch: string): Lines {
  return lines`
    num-threads: 1
    access-log:
      path: ${quote(`${scratch}/access.log`)}
      format: "%m %U%q, %s, %b bytes"
  `;
}

function applicationOf(settings: FrontEndSettings): Lines {
  const { host, port, upstream } = settings;
  return lines`
    "*:${port}":
      listen:
        ${host !== undefined && `host: ${quote(withoutBrackets(host))}`}
        port: ${port}
      paths:
        "/":
          proxy.reverse.url: "http://${upstream}/"
          proxy.preserve-host: ON
          # Node closes connections that were idle for five seconds; h2o closes them first.
          proxy.timeout.keepalive: 4000
          ${requestHeaders(settings, {
            set: (secret) => `proxy.header.set: ${quote(`${HANDSHAKE_HEADER}: ${secret}`)}`,
            comment: '# Clients must not set these; h2o would add to X-Forwarded-For.',
            remove: (name) => `proxy.header.unset: "${name}"`,
          })}
          # Honours ${h2o.header}.
          reproxy: ON
          ${hideControlHeaders((name) => `header.unset: "${name}"`, h2o.header)}
  `;
}

/** A host is written once, with the paths of all its roots. */
function nameOfHost({ location }: FilesSettings): string {
  const { hostname, port } = new URL(location);
  return `${hostname}:${port === '' ? '80' : port}`;
}

function hostOf(
  host: string,
  files: readonly FilesSettings[],
  { scratch, embedding }: FrontEndSettings,
): Lines {
  const socket = `${scratch ?? '/run'}/xsendfile-${host.replace(/:\d+$/, '')}.sock`;
  return lines`
    # The files: a host that listens on a socket of its own, so that no client can request it. h2o
    # recognises its name in ${h2o.header} and opens no connection.
    "${host}":
      listen:
        type: unix
        port: ${quote(socket)}
        permission: "600"
      paths:
        ${files.map((each) => pathOf(each, embedding))}
  `;
}

function pathOf({ root, location }: FilesSettings, embedding: Embedding): Lines {
  const headers = Object.entries(defaultHeaders(embedding));
  const extensions = [...H2O_TYPES.keys()].map((extension) => `.${extension}`);
  const types = [...groupBy(extensions, typeInH2o)];
  return lines`
    ${quote(decodeURIComponent(new URL(location).pathname))}:
      file.dir: ${quote(root)}
      # Instead of what the application sends.
      ${headers.map(([name, value]) => `header.set: ${quote(`${name}: ${value}`)}`)}
      file.mime.setdefaulttype: ${quote(H2O_DEFAULT_TYPE)}
      file.mime.settypes:
        ${types.map(([type, names]) => `${quote(type)}: [${names.map(quote).join(', ')}]`)}
  `;
}

/** To YAML they are line ends or a mark at the beginning of a file, to JSON characters like any other. */
const SPECIAL_IN_YAML = /[\x80-\x9f\u2028\u2029\ufeff]/g;

/** Quotes a string as in JSON, which YAML accepts. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    SPECIAL_IN_YAML,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
