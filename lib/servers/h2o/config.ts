import { describeHandlers } from '../config/describe.js';
import type { Generator } from '../config/generator.js';
import { quoteForH2o } from '../config/quoting.js';
import type { FilesSettings, FrontEndSettings } from '../config/settings.js';
import { indent, join, type Lines } from '../config/text.js';
import { parseH2oLocation } from '../location.js';
import {
  CONTROL_HEADER,
  CONTROL_HEADERS,
  DEFAULT_LOCATION,
  HANDSHAKE_HEADER,
  removedHeaders,
  SUPPLIED_BY_H2O,
} from '../names.js';
import { H2O_DEFAULT_TYPE, H2O_TYPES } from './types.js';

const OTHER_CONTROL_HEADERS = CONTROL_HEADERS.filter((name) => name !== CONTROL_HEADER.h2o);
/** h2o 2.2. */
export const h2oConfig: Generator = {
  server: 'h2o',
  generate,
  location: (location, option) => parseH2oLocation(location, option).href,
  lost: /^/,
};

function generate(settings: FrontEndSettings): string {
  const { standalone, scratch, user, files } = settings;
  const hosts = [
    applicationOf(settings),
    ...Array.from(groupByHost(files), ([host, group]) => hostOf(host, group, scratch)),
  ];
  return join(
    describeHandlers('h2o 2', files, (location) =>
      location === DEFAULT_LOCATION.h2o ? "'h2o'" : `h2oSender({ location: '${location}' })`,
    ),
    '# h2o drops the headers of the application. Files that need them (attachments, for example) are',
    '# sent by the application itself; all others get the headers below.',
    standalone
      ? '# Check: h2o -t -c this-file. Run: h2o -m worker -c this-file'
      : '# Put this below "hosts:" of h2o.conf. Check: h2o -t -c /etc/h2o/h2o.conf',
    '',
    standalone
      ? [
          user === undefined ? undefined : `user: ${user}`,
          scratch === undefined
            ? undefined
            : [
                'num-threads: 1',
                'access-log:',
                `  path: ${quoteForH2o(`${scratch}/access.log`)}`,
                '  format: "%m %U%q, %s, %b bytes"',
              ],
          `error-log: ${quoteForH2o(`${scratch ?? '/var/log/h2o'}/error.log`)}`,
          'hosts:',
        ]
      : undefined,
    indent('  ', ...hosts),
  );
}

function applicationOf({ host, port, upstream, handshake }: FrontEndSettings): Lines {
  return [
    `"*:${port}":`,
    '  listen:',
    host === undefined ? undefined : `    host: ${quoteForH2o(host.replace(/^\[|\]$/g, ''))}`,
    `    port: ${port}`,
    '  paths:',
    '    "/":',
    indent(
      '      ',
      `proxy.reverse.url: "http://${upstream}/"`,
      'proxy.preserve-host: ON',
      '# Node closes connections that were idle for five seconds; h2o closes them first.',
      'proxy.timeout.keepalive: 4000',
      handshake === undefined
        ? undefined
        : [
            '# "I am the front end": overwrites what a client sends under that name.',
            `proxy.header.set: ${quoteForH2o(`${HANDSHAKE_HEADER}: ${handshake}`)}`,
          ],
      '# Clients must not set these; h2o would add to X-Forwarded-For.',
      ...removedHeaders(handshake === undefined ? [] : [HANDSHAKE_HEADER]).map(
        (name) => `proxy.header.unset: "${name}"`,
      ),
      `# Honours ${CONTROL_HEADER.h2o}.`,
      'reproxy: ON',
      '# If the application uses the header of another server, clients do not see it.',
      ...OTHER_CONTROL_HEADERS.map((name) => `header.unset: "${name}"`),
    ),
  ];
}

/** A host is written once, with the paths of all its roots. */
function groupByHost(files: readonly FilesSettings[]): Map<string, FilesSettings[]> {
  const groups = new Map<string, FilesSettings[]>();
  for (const each of files) {
    const { hostname, port } = new URL(each.location);
    const host = `${hostname}:${port === '' ? '80' : port}`;
    groups.set(host, [...(groups.get(host) ?? []), each]);
  }
  return groups;
}

function hostOf(host: string, files: readonly FilesSettings[], scratch: string | undefined): Lines {
  const socket = `${scratch ?? '/run'}/xsendfile-${host.replace(/:\d+$/, '')}.sock`;
  return [
    '# The files: a host that listens on a socket of its own, so that no client can request it. h2o',
    `# recognises its name in ${CONTROL_HEADER.h2o} and opens no connection.`,
    `"${host}":`,
    '  listen:',
    '    type: unix',
    `    port: ${quoteForH2o(socket)}`,
    '    permission: "600"',
    '  paths:',
    ...files.map(pathOf),
  ];
}

function pathOf({ root, location }: FilesSettings): Lines {
  return [
    `    ${quoteForH2o(decodeURIComponent(new URL(location).pathname))}:`,
    indent(
      '      ',
      `file.dir: ${quoteForH2o(root)}`,
      '# Instead of what the application sends.',
      ...Object.entries(SUPPLIED_BY_H2O).map(
        ([name, value]) => `header.set: ${quoteForH2o(`${name}: ${value}`)}`,
      ),
      `file.mime.setdefaulttype: ${quoteForH2o(H2O_DEFAULT_TYPE)}`,
      'file.mime.settypes:',
      ...extensionsByType().map(
        ([type, extensions]) =>
          `  ${quoteForH2o(type)}: [${extensions.map(quoteForH2o).join(', ')}]`,
      ),
    ),
  ];
}

function extensionsByType(): [type: string, extensions: string[]][] {
  const types = new Map<string, string[]>();
  for (const [extension, type] of H2O_TYPES) {
    types.set(type, [...(types.get(type) ?? []), `.${extension}`]);
  }
  return [...types];
}
